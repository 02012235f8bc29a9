import { constants } from 'node:os'
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

/** One name a number, the first of its aliases: EAGAIN and ENOTSUP, not EWOULDBLOCK and EOPNOTSUPP. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => name !== 'EWOULDBLOCK' && name !== 'EOPNOTSUPP')
    .map(([name, value]) => [value, name]),
)

/** Name of an errno, `EEXIST`. */
export const errnoName = (value: number): string => NAMES.get(value) ?? `errno ${value}`

/** A failed system call: which, on what path, and why. `errno` as in errno(3), or words. `code` where the call says more than the errno. */
export function systemError(
  call: string,
  path: string,
  errno: string,
  code = CODES[errno] ?? 'FILE_SYSTEM',
): ShoalError {
  return new ShoalError(code, `${call} ${quotePath(path)}: ${errno}`, { cause: { errno } })
}

/** The same for a failed call of node:fs; an error of this kind stays as it is. */
export const nodeError = (call: string, path: string, err: unknown): ShoalError =>
  err instanceof ShoalError ? err : systemError(call, path, errnoOf(err) ?? String(err))

/**
 * Name of the errno behind an error of this folder or of node:fs; undefined when there is none.
 * By number: Node.js has no name for some, EDQUOT among them.
 */
export function errnoOf(err: unknown): string | undefined {
  if (err instanceof ShoalError) return errnoOf(err.cause)
  if (typeof err !== 'object' || err === null || !('errno' in err)) return undefined
  if (typeof err.errno === 'string') return err.errno
  return typeof err.errno === 'number' ? errnoName(Math.abs(err.errno)) : undefined
}
