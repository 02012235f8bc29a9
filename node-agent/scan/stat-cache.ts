import { type ChunkRef, type Manifest, sameChunks, type TreePath, type Xattr } from '../../protocol/index.ts'
import type { TreeStat } from '../fs/index.ts'

/** A file changed this shortly before it was read may change again within one tick of the file system's clock, unseen. */
const RACY_NS = 2_000_000_000n

/** What reading a file told, beyond its stat. */
export interface Remembered {
  readonly chunks: readonly ChunkRef[]
  readonly xattrs: readonly Xattr[]
}

interface Cached extends Remembered {
  readonly device: bigint
  readonly inode: bigint
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** Numbers of a row: device, inode, size, mtime, ctime. */
const COLUMNS = 5

/**
 * Remembers the chunks and attributes of files by path and stat, so that an unchanged tree is not read again. An entry is believed only when device, inode,
 * size, mtime and ctime are equal, and was kept only when both times were old enough at reading (the racy-timestamp rule, SCAN-5).
 */
export class StatCache {
  readonly #entries = new Map<TreePath, Cached>()
  #changed = false

  get(path: TreePath, stat: TreeStat): Remembered | undefined {
    const cached = this.#entries.get(path)
    if (cached === undefined) return undefined
    const { device, inode, size, mtimeNs, ctimeNs } = cached
    const same =
      device === stat.device &&
      inode === stat.inode &&
      size === stat.size &&
      mtimeNs === stat.mtimeNs &&
      ctimeNs === stat.ctimeNs
    return same ? cached : undefined
  }

  /** The file's inode got a further name, which changed its ctime and nothing else: what was known of it still holds. */
  relinked(path: TreePath, before: TreeStat, after: TreeStat): void {
    const known = this.get(path, before)
    const { device, inode, size, mtimeNs, ctimeNs } = after
    if (known === undefined || inode !== before.inode || size !== before.size || mtimeNs !== before.mtimeNs) return
    this.#entries.set(path, { ...known, device, inode, size, mtimeNs, ctimeNs })
    this.#changed = true
  }

  /** `nowNs`: the wall clock before the file was read, nanoseconds. */
  put(path: TreePath, stat: TreeStat, { chunks, xattrs }: Remembered, nowNs: bigint): void {
    this.#changed = true
    if (nowNs - stat.ctimeNs < RACY_NS) {
      this.#entries.delete(path)
      return
    }
    const { device, inode, size, mtimeNs, ctimeNs } = stat
    this.#entries.set(path, { device, inode, size, mtimeNs, ctimeNs, chunks, xattrs })
  }

  /** Whether anything was put since it was last asked. */
  takeChanged(): boolean {
    const changed = this.#changed
    this.#changed = false
    return changed
  }

  /** The stat under which each of a manifest's files was read, in the order of its entries; zeros where none is known, or other chunks. */
  toRows({ entries }: Manifest): BigInt64Array<ArrayBuffer> {
    const rows = new BigInt64Array(entries.length * COLUMNS)
    for (const [i, entry] of entries.entries()) {
      const cached = this.#entries.get(entry.path)
      if (entry.kind !== 'file' || cached === undefined || !sameChunks(cached.chunks, entry.chunks)) continue
      const { device, inode, size, mtimeNs, ctimeNs } = cached
      rows.set([device, inode, BigInt(size), mtimeNs, ctimeNs], i * COLUMNS)
    }
    return rows
  }

  /** Takes up what `toRows` gave for the same manifest. @returns false, and takes nothing, when it is not of its size */
  addRows({ entries }: Manifest, rows: BigInt64Array): boolean {
    if (rows.length !== entries.length * COLUMNS) return false
    for (const [i, entry] of entries.entries()) {
      const at = i * COLUMNS
      const [device, inode, size, mtimeNs, ctimeNs] = [rows[at], rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4]]
      if (entry.kind !== 'file' || device === undefined || inode === undefined || inode === 0n) continue
      if (size === undefined || mtimeNs === undefined || ctimeNs === undefined) continue
      const { chunks, xattrs } = entry
      this.#entries.set(entry.path, { device, inode, size: Number(size), mtimeNs, ctimeNs, chunks, xattrs })
    }
    return true
  }
}
