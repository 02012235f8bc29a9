import koffi from 'koffi'
import { ShoalError } from '../../protocol/index.ts'

/** The C library calls that Node.js lacks. Each returns -1 and sets errno on failure, as in its manual page. */
export interface Libc {
  openat2(dirfd: number, path: Uint8Array, how: Uint8Array): number
  renameat2(oldDir: number, oldName: Uint8Array, newDir: number, newName: Uint8Array, flags: number): number
  linkat(oldDir: number, oldName: Uint8Array, newDir: number, newName: Uint8Array, flags: number): number
  utimensat(dirfd: number, path: Uint8Array, times: BigInt64Array, flags: number): number
  listxattr(path: Uint8Array, list: Uint8Array, size: number): number
  getxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number): number
  setxattr(path: Uint8Array, name: Uint8Array, value: Uint8Array, size: number, flags: number): number
  removexattr(path: Uint8Array, name: Uint8Array): number
  copyFileRange(
    fromFd: number,
    fromOffset: BigInt64Array,
    toFd: number,
    toOffset: BigInt64Array,
    length: number,
  ): number
  syncfs(fd: number): number
  flock(fd: number, operation: number): number
  /** Name of the last failed call's errno, `EEXIST`. */
  errno(): string
}

/** openat2 has one number on every architecture that came after it. */
const SYS_OPENAT2 = 437

let loaded: Libc | undefined

/** Binds the calls once a process. @throws KERNEL_UNSUPPORTED where there is no GNU C library */
export function libc(): Libc {
  loaded ??= bind()
  return loaded
}

function bind(): Libc {
  let library: ReturnType<typeof koffi.load>
  try {
    library = koffi.load('libc.so.6')
  } catch (err) {
    throw new ShoalError(
      'KERNEL_UNSUPPORTED',
      'the GNU C library (libc.so.6) was not found; Shoal runs on Linux with glibc',
      {
        cause: err,
      },
    )
  }
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]))
  const syscall = library.func('long syscall(long number, long dirfd, const void *path, const void *how, size_t size)')
  return {
    openat2: (dirfd, path, how) => Number(syscall(SYS_OPENAT2, dirfd, path, how, how.length)),
    renameat2: library.func('int renameat2(int, const void *, int, const void *, unsigned int)'),
    linkat: library.func('int linkat(int, const void *, int, const void *, int)'),
    utimensat: library.func('int utimensat(int, const void *, const void *, int)'),
    listxattr: library.func('long listxattr(const void *, void *, size_t)'),
    getxattr: library.func('long getxattr(const void *, const void *, void *, size_t)'),
    setxattr: library.func('int setxattr(const void *, const void *, const void *, size_t, int)'),
    removexattr: library.func('int removexattr(const void *, const void *)'),
    copyFileRange: bindCopy(library),
    syncfs: library.func('int syncfs(int)'),
    flock: library.func('int flock(int, int)'),
    errno: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
  }
}

function bindCopy(library: ReturnType<typeof koffi.load>): Libc['copyFileRange'] {
  const call = library.func('long copy_file_range(int, void *, int, void *, size_t, unsigned int)')
  return (fromFd, fromOffset, toFd, toOffset, length) => Number(call(fromFd, fromOffset, toFd, toOffset, length, 0))
}
