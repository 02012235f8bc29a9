import { libc } from './libc.ts'

/** What a kernel, or a container's filter, answers for a call that it does not have or does not let through. */
const MISSING = new Set(['ENOSYS', 'EPERM'])
const NOTHING = Buffer.from('\0')
const NO_FD = -1

/** Names of the system calls that Shoal uses and this kernel lacks. Each is asked for something that no kernel can do. @throws KERNEL_UNSUPPORTED without glibc */
export function missingCalls(): readonly string[] {
  const c = libc()
  const no64 = new BigInt64Array(1)
  const calls: readonly (readonly [string, () => number])[] = [
    ['openat2', () => c.openat2(NO_FD, NOTHING, new Uint32Array(6))],
    ['renameat2', () => c.renameat2(NO_FD, NOTHING, NO_FD, NOTHING, 1)],
    ['statx', () => c.statx(NO_FD, NOTHING, 0, 0, new Uint8Array(256))],
    ['syncfs', () => c.syncfs(NO_FD)],
    ['copy_file_range', () => c.copyFileRange(NO_FD, no64, NO_FD, no64, 1)],
  ]
  return calls.filter(([, call]) => call() < 0 && MISSING.has(c.errno())).map(([name]) => name)
}
