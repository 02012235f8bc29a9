import {
  type ChunkRef,
  type Entry,
  isShoalError,
  type ReleaseSettings,
  type ShoalError,
  type TreePath,
  type Xattr,
} from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { entryOf, type Pacer, type StatCache, walkTree } from '../scan/index.ts'
import { RELEASE_FILE } from '../publish/release-file.ts'
import type { ContentLook } from './content-look.ts'

/** Paths at a time. */
const BATCH = 256

/** A folder as one walk over it saw it, and what was read of its files since. Nothing is left out yet: that is decided afterwards, as often as one likes. */
export class Walked {
  readonly cache: StatCache
  /** Stat of everything but shoal.toml, in path order. */
  readonly stats = new Map<TreePath, TreeStat>()
  /** Directories, symlinks and files whose content is known. Hardlinks are files here. */
  readonly entries = new Map<TreePath, Entry>()
  /** What cannot be published as it is. */
  readonly problems = new Map<TreePath, ShoalError>()
  readonly looks = new Map<TreePath, ContentLook>()
  /** Of shoal.toml; undefined: there is none. */
  releaseFile: TreeStat | undefined
  settings: ReleaseSettings | undefined

  /** @param cache what is known of the folder's files from before */
  constructor(cache: StatCache) {
    this.cache = cache
  }

  /** Walks the folder; batches of paths in path order. @throws SOURCE_INVALID, CANCELLED */
  async *walk(root: TreeRoot, pacer: Pacer): AsyncGenerator<readonly TreePath[], void, undefined> {
    this.releaseFile = root.lstat(RELEASE_FILE)
    const onProblem = (path: TreePath, error: ShoalError): void => void this.problems.set(path, error)
    for await (const batch of walkTree(root, pacer, { exclude: RELEASE_FILE, onProblem })) {
      for (const { path, stat } of batch) this.stats.set(path, stat)
      yield batch.map(({ path }) => path)
    }
  }

  /** What was walked, once more. @throws CANCELLED */
  async *again(pacer: Pacer): AsyncGenerator<readonly TreePath[], void, undefined> {
    let batch: TreePath[] = []
    for (const path of this.stats.keys()) {
      batch.push(path)
      if (batch.length < BATCH) continue
      yield batch
      batch = []
      await pacer.did(0)
    }
    yield batch
  }

  /** Makes entries of paths that were walked; of files, when their content is known. */
  look(root: TreeRoot, paths: readonly TreePath[]): void {
    root.batch(() => {
      for (const path of paths) {
        const stat = this.stats.get(path)
        if (stat !== undefined) this.#look(root, path, stat)
      }
    })
  }

  #look(root: TreeRoot, path: TreePath, stat: TreeStat): void {
    const known = stat.kind === 'file' ? this.cache.get(path, stat) : undefined
    if (stat.kind === 'file' && known === undefined) return
    this.#make(root, path, stat, known?.chunks ?? [], known?.xattrs)
  }

  /** A file's content was read. `nowNs`: the wall clock before. */
  read(root: TreeRoot, path: TreePath, chunks: readonly ChunkRef[], nowNs: bigint): void {
    const stat = this.stats.get(path)
    if (stat === undefined) return
    this.#make(root, path, stat, chunks)
    const entry = this.entries.get(path)
    if (entry?.kind === 'file') this.cache.put(path, stat, entry, nowNs)
  }

  #make(root: TreeRoot, path: TreePath, stat: TreeStat, chunks: readonly ChunkRef[], xattrs?: readonly Xattr[]): void {
    try {
      this.entries.set(path, entryOf(root, path, stat, chunks, xattrs))
    } catch (err) {
      if (!isShoalError(err)) throw err
      this.problems.set(path, err)
    }
  }
}
