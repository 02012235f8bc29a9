import * as fs from 'node:fs'
import {
  baseName,
  isShoalError,
  parentPath,
  ROOT_PATH,
  toByteString,
  type TreePath,
  type Xattr,
} from '../../protocol/index.ts'
import { systemError } from './errno.ts'
import { type Libc, libc } from './libc.ts'
import { applyMetadata, readXattrs } from './metadata.ts'
import type { InodeMetadata, MetadataRefusal, RenameMode, TreeRoot, TreeStat } from './types.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const O_PATH = 0o10000000
const O_CLOEXEC = 0o2000000
/** RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS */
const RESOLVE = 0x08n | 0x04n | 0x02n
const RENAME_FLAGS = { replace: 0, 'no-replace': 1, exchange: 2 } as const
const LOCK_EX_NB = 2 | 4

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1')
const procPath = (fd: number, name = ''): Buffer =>
  name === '' ? Buffer.from(`/proc/self/fd/${fd}`) : Buffer.from(`/proc/self/fd/${fd}/${name}`, 'latin1')

/**
 * Opens a directory as the root of a tree. The path itself is trusted; everything beneath is not.
 * @throws FILE_SYSTEM, KERNEL_UNSUPPORTED (Linux before 5.6 lacks openat2)
 */
export function openTreeRoot(path: string | Buffer): TreeRoot {
  const name = typeof path === 'string' ? toByteString(Buffer.from(path)) : toByteString(path)
  return new LinuxTreeRoot(name)
}

class LinuxTreeRoot implements TreeRoot {
  readonly path: string
  readonly #fd: number
  readonly #libc: Libc
  readonly #locks: number[] = []

  constructor(path: string) {
    this.path = path
    this.#libc = libc()
    try {
      this.#fd = fs.openSync(Buffer.from(path, 'latin1'), O_RDONLY | O_DIRECTORY)
    } catch (err) {
      throw nodeError('open', path, err)
    }
  }

  /** A descriptor beneath the root, whatever is swapped meanwhile; the caller closes. */
  #open(path: TreePath, flags: number, mode = 0): number {
    const how = Buffer.alloc(24)
    how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0)
    how.writeBigUInt64LE(BigInt(mode), 8)
    how.writeBigUInt64LE(RESOLVE, 16)
    const fd = this.#libc.openat2(this.#fd, cString(path === ROOT_PATH ? '.' : path), how)
    if (fd < 0) throw systemError('open', path, this.#libc.errno())
    return fd
  }

  /** Runs `act` with the parent directory's descriptor and the last name. */
  #inParent<T>(path: TreePath, act: (fd: number, name: string) => T): T {
    if (path === ROOT_PATH) return act(this.#fd, '.')
    const parent = parentPath(path)
    const fd = parent === ROOT_PATH ? this.#fd : this.#open(parent, O_PATH | O_DIRECTORY)
    try {
      return act(fd, baseName(path))
    } finally {
      if (fd !== this.#fd) fs.closeSync(fd)
    }
  }

  /** One Node.js call on `parent/name` through the parent's descriptor. */
  #node<T>(call: string, path: TreePath, act: (target: Buffer) => T): T {
    return this.#inParent(path, (fd, name) => {
      try {
        return act(procPath(fd, name))
      } catch (err) {
        throw nodeError(call, path, err)
      }
    })
  }

  lstat(path: TreePath): TreeStat | undefined {
    try {
      return this.#node('lstat', path, (target) => toTreeStat(fs.lstatSync(target, { bigint: true })))
    } catch (err) {
      if (isShoalError(err) && isAbsent(err)) return undefined
      throw err
    }
  }

  readdir(path: TreePath): string[] {
    const fd = this.#open(path, O_PATH | O_DIRECTORY)
    try {
      return fs.readdirSync(procPath(fd), { encoding: 'buffer' }).map(toByteString)
    } catch (err) {
      throw nodeError('readdir', path, err)
    } finally {
      fs.closeSync(fd)
    }
  }

  readlink(path: TreePath): string {
    return this.#node('readlink', path, (target) => toByteString(fs.readlinkSync(target, { encoding: 'buffer' })))
  }

  listXattrs(path: TreePath): Xattr[] {
    return this.#withInode(path, (target) => readXattrs(this.#libc, target, path))
  }

  #withInode<T>(path: TreePath, act: (target: Buffer) => T): T {
    const fd = this.#open(path, O_PATH | O_NOFOLLOW)
    try {
      return act(procPath(fd))
    } finally {
      fs.closeSync(fd)
    }
  }

  openRead(path: TreePath): number {
    const fd = this.#open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fs.fstatSync(fd).isFile()) return fd
    fs.closeSync(fd)
    throw systemError('open', path, 'not a regular file')
  }

  createFile(path: TreePath): number {
    return this.#open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600)
  }

  openWrite(path: TreePath): number {
    return this.#open(path, O_RDWR | O_NOFOLLOW)
  }

  mkdir(path: TreePath, mode: number): void {
    this.#node('mkdir', path, (target) => fs.mkdirSync(target, { mode }))
  }

  symlink(text: string, path: TreePath): void {
    this.#node('symlink', path, (target) => fs.symlinkSync(Buffer.from(text, 'latin1'), target))
  }

  link(from: TreePath, to: TreePath): void {
    this.#two(from, to, 'link', (a, aName, b, bName) => this.#libc.linkat(a, aName, b, bName, 0))
  }

  rename(from: TreePath, to: TreePath, mode: RenameMode): void {
    const flags = RENAME_FLAGS[mode]
    this.#two(from, to, `rename (${mode})`, (a, aName, b, bName) => this.#libc.renameat2(a, aName, b, bName, flags))
  }

  #two(
    from: TreePath,
    to: TreePath,
    call: string,
    act: (fromDir: number, fromName: Buffer, toDir: number, toName: Buffer) => number,
  ): void {
    this.#inParent(from, (fromDir, fromName) =>
      this.#inParent(to, (toDir, toName) => {
        if (act(fromDir, cString(fromName), toDir, cString(toName)) !== 0)
          throw systemError(call, to, this.#libc.errno())
      }),
    )
  }

  unlink(path: TreePath): void {
    this.#node('unlink', path, (target) => fs.unlinkSync(target))
  }

  rmdir(path: TreePath): void {
    this.#node('rmdir', path, (target) => fs.rmdirSync(target))
  }

  setMetadata(path: TreePath, metadata: InodeMetadata): MetadataRefusal[] {
    return this.#withInode(path, (target) => applyMetadata(this.#libc, target, path, metadata))
  }

  copyRange(fromFd: number, fromOffset: number, toFd: number, toOffset: number, length: number): void {
    const [from, to] = [BigInt64Array.of(BigInt(fromOffset)), BigInt64Array.of(BigInt(toOffset))]
    let left = length
    while (left > 0) {
      const copied = this.#libc.copyFileRange(fromFd, from, toFd, to, left)
      if (copied <= 0) break
      left -= copied
    }
    if (left > 0) copyByReading(fromFd, fromOffset + length - left, toFd, toOffset + length - left, left)
  }

  space(): { readonly type: number; readonly freeBytes: number; readonly freeInodes: number } {
    const { type, bavail, bsize, ffree } = fs.statfsSync(procPath(this.#fd))
    return { type, freeBytes: bavail * bsize, freeInodes: ffree }
  }

  syncFileSystem(): void {
    if (this.#libc.syncfs(this.#fd) !== 0) throw systemError('syncfs', ROOT_PATH, this.#libc.errno())
  }

  syncDirectory(path: TreePath): void {
    const fd = this.#open(path, O_RDONLY | O_DIRECTORY)
    try {
      fs.fsyncSync(fd)
    } catch (err) {
      throw nodeError('fsync', path, err)
    } finally {
      fs.closeSync(fd)
    }
  }

  tryLock(path: TreePath): boolean {
    const fd = this.#open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    if (this.#libc.flock(fd, LOCK_EX_NB) === 0) {
      this.#locks.push(fd)
      return true
    }
    fs.closeSync(fd)
    return false
  }

  close(): void {
    for (const fd of this.#locks.splice(0)) fs.closeSync(fd)
    fs.closeSync(this.#fd)
  }
}

const errnoOf = (err: unknown): string =>
  err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : String(err)

const nodeError = (call: string, path: string, err: unknown) => systemError(call, path, errnoOf(err), err)

/** ENOENT, or a parent that is no directory. */
function isAbsent(err: Error): boolean {
  const errno = err.message.slice(err.message.lastIndexOf(' ') + 1)
  return errno === 'ENOENT' || errno === 'ENOTDIR'
}

const kindOf = (stat: fs.BigIntStats): TreeStat['kind'] =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other'

const toTreeStat = (stat: fs.BigIntStats): TreeStat => ({
  kind: kindOf(stat),
  device: stat.dev,
  inode: stat.ino,
  links: Number(stat.nlink),
  mode: Number(stat.mode & 0o7777n),
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  size: Number(stat.size),
  blocks: Number(stat.blocks),
  mtimeNs: stat.mtimeNs,
  ctimeNs: stat.ctimeNs,
})

function copyByReading(fromFd: number, fromOffset: number, toFd: number, toOffset: number, length: number): void {
  const buffer = Buffer.alloc(Math.min(length, 1 << 20))
  for (let done = 0; done < length;) {
    const read = fs.readSync(fromFd, buffer, 0, Math.min(buffer.length, length - done), fromOffset + done)
    if (read === 0) throw systemError('read', ROOT_PATH, 'unexpected end of file')
    for (let written = 0; written < read;) {
      written += fs.writeSync(toFd, buffer, written, read - written, toOffset + done + written)
    }
    done += read
  }
}

/** The status of an open file, as `lstat` gives it. */
export const fstat = (fd: number): TreeStat => toTreeStat(fs.fstatSync(fd, { bigint: true }))

/**
 * Takes an exclusive lock on a file, made when absent. Returns the function that releases it; undefined when another process holds it.
 * The kernel releases it when this process ends, however it ends.
 */
export function flockFile(path: string): (() => void) | undefined {
  const fd = fs.openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
  if (libc().flock(fd, LOCK_EX_NB) === 0) return () => fs.closeSync(fd)
  fs.closeSync(fd)
  return undefined
}
