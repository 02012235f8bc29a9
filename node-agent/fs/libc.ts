import { constants } from 'node:os'
import koffi from 'koffi'
import { ShoalError } from '../../protocol/index.ts'
import { errnoName } from './errno.ts'

/** The C library calls that Node.js lacks. Each returns -1 and sets errno on failure, as in its manual page. Strings end with a NUL. */
export interface Libc {
  openat2(dirfd: number, path: Uint8Array, how: Uint32Array): number
  statx(dirfd: number, path: Uint8Array, flags: number, mask: number, result: Uint8Array): number
  readlinkat(dirfd: number, path: Uint8Array, result: Uint8Array, size: number): number
  mkdirat(dirfd: number, path: Uint8Array, mode: number): number
  symlinkat(target: Uint8Array, dirfd: number, path: Uint8Array): number
  unlinkat(dirfd: number, path: Uint8Array, flags: number): number
  renameat2(oldDir: number, oldName: Uint8Array, newDir: number, newName: Uint8Array, flags: number): number
  linkat(oldDir: number, oldName: Uint8Array, newDir: number, newName: Uint8Array, flags: number): number
  utimensat(dirfd: number, path: Uint8Array, times: BigInt64Array, flags: number): number
  listxattr(path: Uint8Array, list: Uint8Array, size: number): number
  llistxattr(path: Uint8Array, list: Uint8Array, size: number): number
  getxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number): number
  lgetxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number): number
  setxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number, flags: number): number
  removexattr(path: Uint8Array, name: Uint8Array): number
  copyFileRange(
    fromFd: number,
    fromOffset: BigInt64Array,
    toFd: number,
    toOffset: BigInt64Array,
    length: number,
  ): number
  /** ioctl(2) with a structure. */
  ioctl(fd: number, request: number, argument: BigInt64Array): number
  syncfs(fd: number): number
  flock(fd: number, operation: number): number
  /** 1 when it was set. */
  mallopt(parameter: number, value: number): number
  mallocTrim(pad: number): number
  /** Name of the last failed call's errno, `EEXIST`. */
  errno(): string
}

/** openat2 has one number on every architecture that came after it. */
const SYS_OPENAT2 = 437
/** Bytes of `struct open_how`: flags, mode, resolve; 64 bits each. */
const OPEN_HOW_BYTES = 24

let loaded: Libc | undefined

/** Binds the calls once a process. @throws KERNEL_UNSUPPORTED where there is no GNU C library */
export function libc(): Libc {
  loaded ??= bind()
  return loaded
}

/** A byte string as C takes it. */
export const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1')

type Library = ReturnType<typeof koffi.load>

function load(): Library {
  try {
    return koffi.load('libc.so.6')
  } catch (err) {
    const message = 'the GNU C library (libc.so.6) was not found; Shoal runs on Linux with glibc'
    throw new ShoalError('KERNEL_UNSUPPORTED', message, { cause: err })
  }
}

/**
 * errno is read by a second call, and in between the engine may have waited for a lock of its own, which leaves its errno:
 * EAGAIN, EINTR or ETIMEDOUT. A failed call changed nothing, so it is made again until it says something of its own.
 */
const NOT_ITS_OWN: ReadonlySet<number> = new Set([
  constants.errno.EAGAIN,
  constants.errno.EINTR,
  constants.errno.ETIMEDOUT,
])
/** Some of these are real: a lock that is held (EAGAIN), a server that does not answer (ETIMEDOUT). */
const MAX_TRIES = 64

let lastErrno = 0

/** A call's result, with errno kept at once. A size has 64 bits, which koffi may give as a bigint. */
function checked<A extends readonly unknown[]>(call: (...args: A) => unknown): (...args: A) => number {
  return (...args) => {
    for (let tries = 1; ; tries++) {
      const result = Number(call(...args))
      if (result >= 0) return result
      lastErrno = koffi.errno()
      if (!NOT_ITS_OWN.has(lastErrno) || tries === MAX_TRIES) return result
    }
  }
}

function bind(): Libc {
  const library = load()
  const call = (prototype: string) => checked(library.func(prototype))
  const syscall = call('long syscall(long number, long dirfd, const void *path, const void *how, size_t size)')
  const copy = call('long copy_file_range(int, void *, int, void *, size_t, unsigned int)')
  return {
    openat2: (dirfd, path, how) => syscall(SYS_OPENAT2, dirfd, path, how, OPEN_HOW_BYTES),
    statx: call('int statx(int, const void *, int, unsigned int, void *)'),
    readlinkat: call('long readlinkat(int, const void *, void *, size_t)'),
    mkdirat: call('int mkdirat(int, const void *, unsigned int)'),
    symlinkat: call('int symlinkat(const void *, int, const void *)'),
    unlinkat: call('int unlinkat(int, const void *, int)'),
    renameat2: call('int renameat2(int, const void *, int, const void *, unsigned int)'),
    linkat: call('int linkat(int, const void *, int, const void *, int)'),
    utimensat: call('int utimensat(int, const void *, const void *, int)'),
    listxattr: call('long listxattr(const void *, void *, size_t)'),
    llistxattr: call('long llistxattr(const void *, void *, size_t)'),
    getxattr: call('long getxattr(const void *, const void *, void *, size_t)'),
    lgetxattr: call('long lgetxattr(const void *, const void *, void *, size_t)'),
    setxattr: call('int setxattr(const void *, const void *, const void *, size_t, int)'),
    removexattr: call('int removexattr(const void *, const void *)'),
    copyFileRange: (from, fromOffset, to, toOffset, length) => copy(from, fromOffset, to, toOffset, length, 0),
    ioctl: call('int ioctl(int, unsigned long, void *)'),
    syncfs: call('int syncfs(int)'),
    flock: call('int flock(int, int)'),
    mallopt: call('int mallopt(int, int)'),
    mallocTrim: call('int malloc_trim(size_t)'),
    errno: () => errnoName(lastErrno),
  }
}
