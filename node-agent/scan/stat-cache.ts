import {
  type ChunkRef,
  type FileEntry,
  type Manifest,
  PathFinder,
  sameChunks,
  type TreePath,
  type Xattr,
} from '../../protocol/index.ts'
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

/** What is known of the files of a manifest, as `toRows` gave it. */
export interface StatRecord {
  /** The manifest; of one that is being read, more may be there later. */
  readonly manifest: Pick<Manifest, 'entries'>
  readonly rows: BigInt64Array
}

/**
 * Remembers the chunks and attributes of files by path and stat, so that an unchanged tree is not read again. An entry is believed only when device, inode,
 * size, mtime and ctime are equal, and was kept only when both times were old enough at reading (the racy-timestamp rule, SCAN-5).
 */
export class StatCache {
  readonly #record: StatRecord
  /** What was learned beside the record; null where that is not believed any more. */
  readonly #learned = new Map<TreePath, Cached | null>()
  #changed = false
  readonly #recorded: PathFinder

  constructor(record: StatRecord = { manifest: { entries: [] }, rows: new BigInt64Array(0) }) {
    this.#record = record
    this.#recorded = new PathFinder(() => record.manifest.entries)
  }

  get(path: TreePath, stat: TreeStat): Remembered | undefined {
    const learned = this.#learned.get(path)
    if (learned === null) return undefined
    if (learned !== undefined) return isStill(learned, stat) ? learned : undefined
    const index = this.#recorded.indexOf(path)
    const entry = this.#record.manifest.entries[index]
    return entry?.kind === 'file' && isRecorded(this.#record.rows, index * COLUMNS, stat) ? entry : undefined
  }

  /** The file's inode got a further name, which changed its ctime and nothing else: what was known of it still holds. */
  relinked(path: TreePath, before: TreeStat, after: TreeStat): void {
    const known = this.get(path, before)
    const { device, inode, size, mtimeNs, ctimeNs } = after
    if (known === undefined || inode !== before.inode || size !== before.size || mtimeNs !== before.mtimeNs) return
    const { chunks, xattrs } = known
    this.#learned.set(path, { device, inode, size, mtimeNs, ctimeNs, chunks, xattrs })
    this.#changed = true
  }

  /** `nowNs`: the wall clock before the file was read, nanoseconds. */
  put(path: TreePath, stat: TreeStat, { chunks, xattrs }: Remembered, nowNs: bigint): void {
    this.#changed = true
    if (nowNs - stat.ctimeNs < RACY_NS) {
      this.#learned.set(path, null)
      return
    }
    const { device, inode, size, mtimeNs, ctimeNs } = stat
    this.#learned.set(path, { device, inode, size, mtimeNs, ctimeNs, chunks, xattrs })
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
      if (entry.kind !== 'file') continue
      const at = i * COLUMNS
      const learned = this.#learned.get(entry.path)
      if (learned === undefined) this.#copyRow(entry, rows, at)
      else if (learned !== null && sameChunks(learned.chunks, entry.chunks)) {
        const { device, inode, size, mtimeNs, ctimeNs } = learned
        rows.set([device, inode, BigInt(size), mtimeNs, ctimeNs], at)
      }
    }
    return rows
  }

  #copyRow(entry: FileEntry, rows: BigInt64Array, at: number): void {
    const index = this.#recorded.indexOf(entry.path)
    const recorded = this.#record.manifest.entries[index]
    if (recorded?.kind !== 'file' || !sameChunks(recorded.chunks, entry.chunks)) return
    rows.set(this.#record.rows.subarray(index * COLUMNS, (index + 1) * COLUMNS), at)
  }
}

const isStill = (known: Cached, stat: TreeStat): boolean =>
  known.device === stat.device &&
  known.inode === stat.inode &&
  known.size === stat.size &&
  known.mtimeNs === stat.mtimeNs &&
  known.ctimeNs === stat.ctimeNs

/** A row of zeros, of which nothing is known, is like no file: none has the inode 0. */
const isRecorded = (rows: BigInt64Array, at: number, stat: TreeStat): boolean =>
  rows[at] === stat.device &&
  rows[at + 1] === stat.inode &&
  rows[at + 2] === BigInt(stat.size) &&
  rows[at + 3] === stat.mtimeNs &&
  rows[at + 4] === stat.ctimeNs

/** How long a record of so many entries is. */
export const recordLength = (entries: number): number => entries * COLUMNS
