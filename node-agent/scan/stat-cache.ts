import type { ChunkRef, TreePath } from '../../protocol/index.ts'
import type { TreeStat } from '../fs/index.ts'

/** A file changed this shortly before it was read may change again within one tick of the file system's clock, unseen. */
const RACY_NS = 2_000_000_000n

interface Cached {
  readonly device: bigint
  readonly inode: bigint
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly chunks: readonly ChunkRef[]
}

/**
 * Remembers the chunks of files by path and stat, so that an unchanged tree is not read again. An entry is believed only when device, inode,
 * size, mtime and ctime are equal, and was kept only when both times were old enough at reading (the racy-timestamp rule, SCAN-5).
 */
export class StatCache {
  readonly #entries = new Map<TreePath, Cached>()

  get(path: TreePath, stat: TreeStat): readonly ChunkRef[] | undefined {
    const cached = this.#entries.get(path)
    if (cached === undefined) return undefined
    const { device, inode, size, mtimeNs, ctimeNs } = cached
    const same =
      device === stat.device &&
      inode === stat.inode &&
      size === stat.size &&
      mtimeNs === stat.mtimeNs &&
      ctimeNs === stat.ctimeNs
    return same ? cached.chunks : undefined
  }

  /** The file's inode got a further name, which changed its ctime and nothing else: what was known of it still holds. */
  relinked(path: TreePath, before: TreeStat, after: TreeStat): void {
    const chunks = this.get(path, before)
    const { device, inode, size, mtimeNs, ctimeNs } = after
    if (chunks === undefined || inode !== before.inode || size !== before.size || mtimeNs !== before.mtimeNs) return
    this.#entries.set(path, { device, inode, size, mtimeNs, ctimeNs, chunks })
  }

  /** `nowNs`: the wall clock before the file was read, nanoseconds. */
  put(path: TreePath, stat: TreeStat, chunks: readonly ChunkRef[], nowNs: bigint): void {
    if (nowNs - stat.ctimeNs < RACY_NS) {
      this.#entries.delete(path)
      return
    }
    const { device, inode, size, mtimeNs, ctimeNs } = stat
    this.#entries.set(path, { device, inode, size, mtimeNs, ctimeNs, chunks })
  }
}
