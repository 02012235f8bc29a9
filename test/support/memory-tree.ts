import { baseName, isBelow, parentPath, ROOT_PATH, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { InodeMetadata, MetadataRefusal, RenameMode, TreeRoot, TreeStat } from '../../node-agent/fs/index.ts'

/** One inode of the model. `stamp` stands for content and metadata together: whoever reads it reads exactly one stamp. */
export interface Inode {
  readonly id: bigint
  readonly kind: 'file' | 'directory' | 'symlink'
  stamp: string
  readonly text: string
  readonly children: Map<string, Inode>
  links: number
}

/** Stamp of Shoal's own directories. */
export const AREA = 'area'

/** Calls that change the model, as they can be made again on another one. */
export type Operation =
  | readonly ['mkdir', TreePath]
  | readonly ['link' | 'rmdir' | 'unlink', TreePath, TreePath?]
  | readonly ['rename', TreePath, TreePath, RenameMode]
  | readonly ['setMetadata', TreePath, string]
  | readonly ['sync']

export interface MemoryOptions {
  readonly exchange?: boolean
  readonly noReplace?: boolean
  readonly hardlinks?: boolean
}

const fail = (
  code: 'FILE_SYSTEM' | 'TARGET_MODIFIED' | 'TARGET_CONFLICT' | 'KERNEL_UNSUPPORTED',
  errno: string,
): ShoalError => new ShoalError(code, errno, { cause: { errno } })

/** A pure model of a POSIX file system, as far as commits use one: inodes, names, link counts, and renames with the errors of rename(2). */
export class MemoryTree implements TreeRoot {
  readonly path = '/r'
  readonly #options: MemoryOptions
  #nextId = 2n
  top: Inode = { id: 1n, kind: 'directory', stamp: 'top', text: '', children: new Map(), links: 1 }
  /** Told after each operation that changed something. */
  after: (operation: Operation) => void = () => undefined
  /** Told before; what it throws is thrown instead of the operation. */
  before: (operation: Operation) => void = () => undefined

  constructor(options: MemoryOptions = {}) {
    this.#options = options
  }

  /** The same tree, its inodes with the same numbers. */
  clone(): MemoryTree {
    const copy = new MemoryTree(this.#options)
    const seen = new Map<Inode, Inode>()
    const cloneInode = (inode: Inode): Inode => {
      const known = seen.get(inode)
      if (known !== undefined) return known
      const made: Inode = { ...inode, children: new Map() }
      seen.set(inode, made)
      for (const [name, child] of inode.children) made.children.set(name, cloneInode(child))
      return made
    }
    copy.top = cloneInode(this.top)
    copy.#nextId = this.#nextId
    return copy
  }

  /** Makes an inode at a path whose parent is there. Not an operation: for building. */
  put(path: TreePath, kind: Inode['kind'], stamp: string, text = ''): Inode {
    const inode: Inode = { id: this.#nextId++, kind, stamp, text, children: new Map(), links: 1 }
    this.#directory(parentPath(path)).children.set(baseName(path), inode)
    return inode
  }

  /** Gives an inode a further name. Not an operation: for building. */
  name(inode: Inode, path: TreePath): void {
    inode.links++
    this.#directory(parentPath(path)).children.set(baseName(path), inode)
  }

  find(path: TreePath): Inode | undefined {
    let at: Inode | undefined = this.top
    if (path === ROOT_PATH) return at
    for (const name of path.split('/')) {
      if (at === undefined || at.kind !== 'directory') return undefined
      at = at.children.get(name)
    }
    return at
  }

  #directory(path: TreePath): Inode {
    const inode = this.find(path)
    if (inode === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
    if (inode.kind !== 'directory') throw fail('FILE_SYSTEM', 'ENOTDIR')
    return inode
  }

  #did(operation: Operation, change: () => void): void {
    this.before(operation)
    change()
    this.after(operation)
  }

  lstat(path: TreePath): TreeStat | undefined {
    const inode = this.find(path)
    if (inode === undefined) return undefined
    const { id, kind, links } = inode
    const times = { mtimeNs: 0n, ctimeNs: 0n }
    return { kind, device: 1n, inode: id, links, mode: 0o755, uid: 0, gid: 0, size: 0, blocks: 0, ...times }
  }

  readdir(path: TreePath): string[] {
    return [...this.#directory(path).children.keys()]
  }

  readlink(path: TreePath): string {
    return this.find(path)?.text ?? ''
  }

  mkdir(path: TreePath): void {
    this.#did(['mkdir', path], () => {
      if (this.find(path) !== undefined) throw fail('TARGET_CONFLICT', 'EEXIST')
      this.put(path, 'directory', AREA)
    })
  }

  link(from: TreePath, to: TreePath): void {
    this.#did(['link', from, to], () => {
      const inode = this.find(from)
      if (inode === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
      if (inode.kind === 'directory' || this.#options.hardlinks === false) throw fail('FILE_SYSTEM', 'EPERM')
      const parent = this.#directory(parentPath(to))
      if (parent.children.has(baseName(to))) throw fail('TARGET_CONFLICT', 'EEXIST')
      inode.links++
      parent.children.set(baseName(to), inode)
    })
  }

  unlink(path: TreePath): void {
    this.#did(['unlink', path], () => {
      const inode = this.find(path)
      if (inode === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
      if (inode.kind === 'directory') throw fail('FILE_SYSTEM', 'EISDIR')
      inode.links--
      this.#directory(parentPath(path)).children.delete(baseName(path))
    })
  }

  rmdir(path: TreePath): void {
    this.#did(['rmdir', path], () => {
      if (this.#directory(path).children.size > 0) throw fail('TARGET_CONFLICT', 'ENOTEMPTY')
      this.#directory(parentPath(path)).children.delete(baseName(path))
    })
  }

  rename(from: TreePath, to: TreePath, mode: RenameMode): void {
    this.#did(['rename', from, to, mode], () => {
      const { exchange = true, noReplace = true } = this.#options
      if ((mode === 'exchange' && !exchange) || (mode === 'no-replace' && !noReplace)) {
        throw fail('KERNEL_UNSUPPORTED', 'EINVAL')
      }
      const [source, target] = [this.find(from), this.find(to)]
      const [a, b] = [this.#directory(parentPath(from)), this.#directory(parentPath(to))]
      if (source === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
      if (isBelow(to, from) || isBelow(from, to)) throw fail('FILE_SYSTEM', 'EINVAL')
      if (mode === 'exchange') {
        if (target === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
        a.children.set(baseName(from), target)
        b.children.set(baseName(to), source)
        return
      }
      if (target !== undefined) {
        if (mode === 'no-replace') throw fail('TARGET_CONFLICT', 'EEXIST')
        if (target === source) return
        if (source.kind === 'directory' && target.kind !== 'directory') throw fail('FILE_SYSTEM', 'ENOTDIR')
        if (source.kind !== 'directory' && target.kind === 'directory') throw fail('FILE_SYSTEM', 'EISDIR')
        if (target.kind === 'directory' && target.children.size > 0) throw fail('TARGET_CONFLICT', 'ENOTEMPTY')
        target.links--
      }
      a.children.delete(baseName(from))
      b.children.set(baseName(to), source)
    })
  }

  /** What metadata that is set makes of what stands at a path. */
  newStamps: ReadonlyMap<TreePath, string> = new Map()

  setMetadata(path: TreePath, _metadata: InodeMetadata): MetadataRefusal[] {
    const stamp = this.newStamps.get(path)
    this.#did(['setMetadata', path, stamp ?? ''], () => {
      const inode = this.find(path)
      if (inode === undefined) throw fail('FILE_SYSTEM', 'ENOENT')
      if (inode.kind !== 'directory' && inode.links > 1) throw fail('TARGET_MODIFIED', 'another name')
      if (stamp !== undefined) inode.stamp = stamp
    })
    return []
  }

  syncFileSystem(): void {
    this.#did(['sync'], () => undefined)
  }

  syncDirectory(): void {
    this.syncFileSystem()
  }

  /** Makes an operation that was recorded; one that cannot be made is left out, as a file system would. */
  replay(operation: Operation): void {
    try {
      const [call, path = ROOT_PATH, other = ROOT_PATH, mode = 'replace'] = operation
      if (call === 'mkdir') this.mkdir(path)
      else if (call === 'link') this.link(path, other as TreePath)
      else if (call === 'unlink') this.unlink(path)
      else if (call === 'rmdir') this.rmdir(path)
      else if (call === 'rename') this.rename(path, other as TreePath, mode)
      else if (call === 'setMetadata') {
        const inode = this.find(path)
        if (inode !== undefined && other !== '') inode.stamp = other
      }
    } catch (err) {
      if (!(err instanceof ShoalError)) throw err
    }
  }

  /** Every inode that has a name, the directories above it included. */
  inodes(from: Inode = this.top, found = new Map<bigint, Inode>()): Map<bigint, Inode> {
    found.set(from.id, from)
    for (const child of from.children.values()) this.inodes(child, found)
    return found
  }

  batch<T>(work: () => T): T {
    return work()
  }
  listXattrs(): [] {
    return []
  }
  space(): { type: number; freeBytes: number; freeInodes: number } {
    return { type: 0, freeBytes: 1, freeInodes: 1 }
  }
  close(): void {}
  symlink(): never {
    throw new Error('commits make no symlinks')
  }
  openRead(): never {
    throw new Error('commits read nothing')
  }
  createFile(): never {
    throw new Error('commits write nothing')
  }
  openWrite(): never {
    throw new Error('commits write nothing')
  }
  copyRange(): never {
    throw new Error('commits copy nothing')
  }
  tryLock(): never {
    throw new Error('commits lock nothing')
  }
}
