import * as fs from 'node:fs'
import {
  baseName,
  isBelow,
  ROOT_PATH,
  ShoalError,
  toByteString,
  type TreePath,
  type Xattr,
} from '../../protocol/index.ts'
import { Beneath, O_PATH } from './beneath.ts'
import { copyRange } from './copy.ts'
import { nodeError, systemError } from './errno.ts'
import { cString, libc } from './libc.ts'
import { flock } from './lock.ts'
import { MetadataSetter } from './metadata.ts'
import { StatReader } from './stat.ts'
import type { InodeMetadata, MetadataRefusal, RenameMode, TreeRoot, TreeStat } from './types.ts'
import { XattrReader } from './xattrs.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const AT_REMOVEDIR = 0x200
const RENAME_FLAGS = { replace: 0, 'no-replace': 1, exchange: 2 } as const
/** Longest text of a symlink, its NUL included (PATH_MAX). */
const LINK_BYTES = 4096

/** openat2 and renameat2 are there: Linux 5.6. Old container runtimes refuse what they do not know with EPERM. */
const NO_OPENAT2 = new Set(['ENOSYS', 'EPERM'])
/** Nothing is there, or a parent is no directory. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR'])

/**
 * Opens a directory as the root of a tree. The path itself is trusted; everything beneath is not.
 * @throws FILE_SYSTEM, KERNEL_UNSUPPORTED (Linux before 5.6 lacks openat2; /proc is not mounted)
 */
export function openTreeRoot(path: string | Buffer): TreeRoot {
  const name = toByteString(typeof path === 'string' ? Buffer.from(path) : path)
  let fd: number
  try {
    fd = fs.openSync(Buffer.from(name, 'latin1'), O_RDONLY | O_DIRECTORY)
  } catch (err) {
    throw nodeError('open', name, err)
  }
  try {
    return new LinuxTreeRoot(name, fd)
  } catch (err) {
    fs.closeSync(fd)
    throw err
  }
}

const unsupported = (why: string): ShoalError =>
  new ShoalError('KERNEL_UNSUPPORTED', `${why}; nothing was read or changed`)

class LinuxTreeRoot implements TreeRoot {
  readonly path: string
  readonly #libc = libc()
  readonly #beneath: Beneath
  readonly #stats: StatReader
  readonly #xattrs: XattrReader
  readonly #metadata: MetadataSetter
  readonly #link = Buffer.alloc(LINK_BYTES)
  readonly #locks: number[] = []
  #fd: number

  constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
    this.#beneath = new Beneath(this.#libc, fd)
    this.#stats = new StatReader(this.#libc)
    this.#xattrs = new XattrReader(this.#libc)
    this.#metadata = new MetadataSetter(this.#libc, this.#xattrs)
    const probe = this.#beneath.open(ROOT_PATH, O_PATH | O_DIRECTORY)
    if (typeof probe === 'number') fs.closeSync(probe)
    else if (NO_OPENAT2.has(probe)) throw unsupported(`openat2 failed with ${probe}: Linux 5.6 or newer is needed`)
    else throw systemError('open', ROOT_PATH, probe)
    if (!fs.existsSync(procPath(fd))) throw unsupported('/proc is not mounted')
  }

  /** A descriptor beneath the root; the caller closes. */
  #open(call: string, path: TreePath, flags: number, mode = 0): number {
    const fd = this.#beneath.open(path, flags, mode)
    if (typeof fd === 'number') return fd
    throw openError(call, path, fd)
  }

  /** Runs `act` with the parent directory's descriptor and the last name. */
  #inParent<T>(call: string, path: TreePath, act: (fd: number, name: string) => T): T {
    const name = lastName(call, path)
    const fd = this.#beneath.parent(path)
    if (typeof fd === 'string') throw openError(call, path, fd)
    try {
      return act(fd, name)
    } finally {
      this.#beneath.release(fd)
    }
  }

  /** One call that returns 0, or fails. */
  #at(call: string, path: TreePath, act: (fd: number, name: Buffer) => number): void {
    this.#inParent(call, path, (fd, name) => {
      if (act(fd, cString(name)) !== 0) throw systemError(call, path, this.#libc.errno())
    })
  }

  batch<T>(work: () => T): T {
    return this.#beneath.batch(work)
  }

  lstat(path: TreePath): TreeStat | undefined {
    const name = lastName('lstat', path)
    const fd = this.#beneath.parent(path)
    const stat = typeof fd === 'string' ? fd : this.#stats.read(fd, cString(name))
    if (typeof fd === 'number') this.#beneath.release(fd)
    if (typeof stat !== 'string') return stat
    if (ABSENT.has(stat)) return undefined
    throw openError('lstat', path, stat)
  }

  readdir(path: TreePath): string[] {
    const fd = this.#open('readdir', path, O_PATH | O_DIRECTORY)
    try {
      // As byte strings at once: a directory may have very many names.
      return fs.readdirSync(procPath(fd), { encoding: 'latin1' })
    } catch (err) {
      throw nodeError('readdir', path, err)
    } finally {
      fs.closeSync(fd)
    }
  }

  readlink(path: TreePath): string {
    return this.#inParent('readlink', path, (fd, name) => {
      const length = this.#libc.readlinkat(fd, cString(name), this.#link, LINK_BYTES)
      if (length < 0) throw systemError('readlink', path, this.#libc.errno())
      return toByteString(this.#link.subarray(0, length))
    })
  }

  listXattrs(path: TreePath): Xattr[] {
    return this.#inParent('listxattr', path, (fd, name) =>
      this.#xattrs.readAt(cString(`/proc/self/fd/${fd}/${name}`), path),
    )
  }

  openRead(path: TreePath): number {
    const fd = this.#open('open', path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fs.fstatSync(fd).isFile()) return fd
    fs.closeSync(fd)
    throw systemError('open', path, 'not a regular file')
  }

  createFile(path: TreePath): number {
    return this.#open('create', path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600)
  }

  openWrite(path: TreePath): number {
    const fd = this.#open('open', path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    const stat = fs.fstatSync(fd)
    if (stat.isFile() && stat.nlink === 1) return fd
    fs.closeSync(fd)
    throw stat.isFile() ? hasOtherNames('open', path) : systemError('open', path, 'not a regular file')
  }

  mkdir(path: TreePath, mode: number): void {
    this.#at('mkdir', path, (fd, name) => this.#libc.mkdirat(fd, name, mode))
  }

  symlink(text: string, path: TreePath): void {
    this.#at('symlink', path, (fd, name) => this.#libc.symlinkat(cString(text), fd, name))
  }

  link(from: TreePath, to: TreePath): void {
    this.#two('link', from, to, (a, aName, b, bName) => this.#libc.linkat(a, aName, b, bName, 0))
  }

  rename(from: TreePath, to: TreePath, mode: RenameMode): void {
    const flags = RENAME_FLAGS[mode]
    this.#two(`rename (${mode})`, from, to, (a, aName, b, bName) => this.#libc.renameat2(a, aName, b, bName, flags))
    this.#beneath.forget(from)
    this.#beneath.forget(to)
  }

  #two(
    call: string,
    from: TreePath,
    to: TreePath,
    act: (fromDir: number, fromName: Buffer, toDir: number, toName: Buffer) => number,
  ): void {
    this.#inParent(call, from, (fromDir, fromName) =>
      this.#inParent(call, to, (toDir, toName) => {
        if (act(fromDir, cString(fromName), toDir, cString(toName)) === 0) return
        const errno = this.#libc.errno()
        // Otherwise EINVAL means that the file system cannot do what the flags ask for.
        const nested = isBelow(to, from) || isBelow(from, to)
        if (errno !== 'EINVAL' || nested) throw systemError(call, to, errno)
        throw systemError(call, to, 'EINVAL', 'KERNEL_UNSUPPORTED')
      }),
    )
  }

  unlink(path: TreePath): void {
    this.#at('unlink', path, (fd, name) => this.#libc.unlinkat(fd, name, 0))
  }

  rmdir(path: TreePath): void {
    this.#at('rmdir', path, (fd, name) => this.#libc.unlinkat(fd, name, AT_REMOVEDIR))
    this.#beneath.forget(path)
  }

  setMetadata(path: TreePath, metadata: InodeMetadata, kind?: 'directory'): MetadataRefusal[] {
    const call = 'set metadata'
    const fd = this.#open(call, path, O_PATH | O_NOFOLLOW)
    try {
      const stat = fs.fstatSync(fd)
      if (!stat.isDirectory() && kind === 'directory') {
        throw systemError(call, path, 'not a directory any more', 'TARGET_MODIFIED')
      }
      if (!stat.isDirectory() && stat.nlink > 1) throw hasOtherNames(call, path)
      return this.#metadata.apply({ fd, path }, metadata)
    } finally {
      fs.closeSync(fd)
    }
  }

  copyRange(fromFd: number, fromOffset: number, toFd: number, toOffset: number, length: number): void {
    copyRange(this.#libc, { fromFd, fromOffset, toFd, toOffset, length })
  }

  space(): { readonly type: number; readonly freeBytes: number; readonly freeInodes: number } {
    try {
      const { type, bavail, bsize, ffree } = fs.statfsSync(procPath(this.#fd))
      return { type, freeBytes: bavail * bsize, freeInodes: ffree }
    } catch (err) {
      throw nodeError('statfs', ROOT_PATH, err)
    }
  }

  syncFileSystem(): void {
    if (this.#libc.syncfs(this.#fd) !== 0) throw systemError('syncfs', ROOT_PATH, this.#libc.errno())
  }

  syncDirectory(path: TreePath): void {
    const fd = this.#open('fsync', path, O_RDONLY | O_DIRECTORY)
    try {
      fs.fsyncSync(fd)
    } catch (err) {
      throw nodeError('fsync', path, err)
    } finally {
      fs.closeSync(fd)
    }
  }

  tryLock(path: TreePath): boolean {
    const fd = this.#open('lock', path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    let taken = false
    try {
      taken = flock(fd, path)
      return taken
    } finally {
      if (taken) this.#locks.push(fd)
      else fs.closeSync(fd)
    }
  }

  close(): void {
    for (const fd of this.#locks.splice(0)) fs.closeSync(fd)
    if (this.#fd >= 0) fs.closeSync(this.#fd)
    // Another file may get the number at once: no later call may use it.
    this.#fd = -1
    this.#beneath.close()
  }
}

const procPath = (fd: number): Buffer => Buffer.from(`/proc/self/fd/${fd}`)

/** Whoever may write to a directory of the tree can give a file from elsewhere a name there. */
const hasOtherNames = (call: string, path: TreePath): ShoalError =>
  systemError(call, path, 'the file has another name, maybe outside', 'TARGET_MODIFIED')

/** A path that would leave the tree is EXDEV to openat2. */
const openError = (call: string, path: TreePath, errno: string): ShoalError =>
  errno === 'EXDEV' ? systemError(call, path, errno, 'PATH_ESCAPES') : systemError(call, path, errno)

/** The component that a call takes by itself, where no kernel would stop `..`: checked again, although every TreePath is one. */
function lastName(call: string, path: TreePath): string {
  if (path === ROOT_PATH) return '.'
  const name = baseName(path)
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    throw systemError(call, path, 'EINVAL', 'PATH_ESCAPES')
  }
  return name
}
