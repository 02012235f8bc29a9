import { closeSync, constants } from 'node:fs'
import { isBelow, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import { cString, type Libc } from './libc.ts'

export const O_PATH = 0o10000000
const O_CLOEXEC = 0o2000000
/** RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS */
const RESOLVE = 0x08 | 0x04 | 0x02
/** Longest path that one call takes. A staged path is longer than the release's own by its prefix. */
const MAX_CALL_BYTES = 4095
/** Directories that a batch keeps open: enough for both ends of a rename and the depth of a walk. */
const MAX_KEPT = 16

/** Opens paths beneath one directory, whatever is swapped meanwhile (FS-1). A descriptor, or the name of the errno. */
export class Beneath {
  readonly #libc: Libc
  #root: number
  /** struct open_how, little-endian: flags, mode, resolve in 64 bits each. */
  readonly #how = Uint32Array.of(0, 0, 0, 0, RESOLVE, 0)
  /** Parents kept open, least recently used first; undefined outside a batch. */
  #kept: Map<TreePath, number> | undefined

  constructor(libc: Libc, root: number) {
    this.#libc = libc
    this.#root = root
  }

  /** The caller closes. `mode` with O_CREAT only. */
  open(path: TreePath, flags: number, mode = 0): number | string {
    let [directory, rest]: [number, string] = [this.#root, path === ROOT_PATH ? '.' : path]
    try {
      while (rest.length > MAX_CALL_BYTES) {
        const cut = rest.lastIndexOf('/', MAX_CALL_BYTES)
        if (cut <= 0) return 'ENAMETOOLONG'
        const next = this.#openat(directory, rest.slice(0, cut), O_PATH | constants.O_DIRECTORY, 0)
        if (typeof next === 'string') return next
        if (directory !== this.#root) closeSync(directory)
        ;[directory, rest] = [next, rest.slice(cut + 1)]
      }
      return this.#openat(directory, rest, flags, mode)
    } finally {
      if (directory !== this.#root) closeSync(directory)
    }
  }

  #openat(directory: number, path: string, flags: number, mode: number): number | string {
    // The kernel would read up to the NUL only.
    if (path.includes('\0')) return 'EINVAL'
    this.#how[0] = (flags | O_CLOEXEC) >>> 0
    this.#how[2] = mode
    const name = cString(path)
    const fd = this.#libc.openat2(directory, name, this.#how)
    return fd >= 0 ? fd : this.#libc.errno()
  }

  /** The directory that holds `path`; given back with `release`. */
  parent(path: TreePath): number | string {
    const directory = parentPath(path)
    if (directory === ROOT_PATH) return this.#root
    const kept = this.#kept?.get(directory)
    const fd = kept ?? this.open(directory, O_PATH | constants.O_DIRECTORY)
    if (this.#kept !== undefined && typeof fd === 'number') this.#keep(this.#kept, directory, fd)
    return fd
  }

  release(fd: number): void {
    if (fd !== this.#root && this.#kept === undefined) closeSync(fd)
  }

  #keep(kept: Map<TreePath, number>, directory: TreePath, fd: number): void {
    kept.delete(directory)
    kept.set(directory, fd)
    const [oldest] = kept
    if (kept.size <= MAX_KEPT || oldest === undefined) return
    kept.delete(oldest[0])
    closeSync(oldest[1])
  }

  /** See TreeRoot.batch. */
  batch<T>(work: () => T): T {
    if (this.#kept !== undefined) return work()
    this.#kept = new Map()
    try {
      return work()
    } finally {
      for (const fd of this.#kept.values()) closeSync(fd)
      this.#kept = undefined
    }
  }

  /** What stands at `path` is another inode now, or gone. */
  forget(path: TreePath): void {
    if (this.#kept === undefined) return
    for (const [directory, fd] of this.#kept) {
      if (directory !== path && !isBelow(directory, path)) continue
      this.#kept.delete(directory)
      closeSync(fd)
    }
  }

  /** The root's descriptor was closed: every later call fails with EBADF. */
  close(): void {
    this.#root = -1
  }
}
