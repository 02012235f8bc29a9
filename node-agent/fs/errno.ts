import { type ErrorCode, quotePath, ShoalError } from '../../protocol/index.ts'

/** Codes of the errnos that a person can act on; any other is FILE_SYSTEM. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'TARGET_READ_ONLY',
  EEXIST: 'TARGET_CONFLICT',
  ENOTEMPTY: 'TARGET_CONFLICT',
  EXDEV: 'TARGET_CROSSES_FILESYSTEM',
  ELOOP: 'PATH_ESCAPES',
  ENOSYS: 'KERNEL_UNSUPPORTED',
}

/** A failed system call: which, on what path, and why. `errnoName` as in errno(3). */
export function systemError(call: string, path: string, errnoName: string, cause?: unknown): ShoalError {
  const message = `${call} ${quotePath(path)}: ${errnoName}`
  return new ShoalError(CODES[errnoName] ?? 'FILE_SYSTEM', message, { cause: cause ?? { errno: errnoName } })
}
