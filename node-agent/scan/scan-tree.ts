import type { Entry, OwnerName, ShoalError, TreePath } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { entryOf } from './entry.ts'
import { groupNames, userNames } from './owner-names.ts'
import { Pacer } from './pacer.ts'
import type { StatCache } from './stat-cache.ts'
import type { ChunkSink } from './read-file.ts'
import { type FileToRead, readFiles } from './read-files.ts'
import { walkTree } from './walk-tree.ts'

export interface ScanProgress {
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number
  readonly totalBytes: number
}

export interface ScanOptions {
  readonly signal: AbortSignal
  readonly onChunk?: ChunkSink
  /** A name at the root that is left out, as `.shoal` is. */
  readonly exclude?: string
  readonly onProgress?: (progress: ScanProgress) => void
  /** What is known of the folder already: files whose stat it knows are not read, and their chunks not handed out. */
  readonly cache?: StatCache
  /** The wall clock, milliseconds. */
  readonly now?: () => number
}

/** A folder as a release: entries in manifest order, and the names of their owners on this machine. */
export interface ScannedTree {
  readonly entries: readonly Entry[]
  readonly users: readonly OwnerName[]
  readonly groups: readonly OwnerName[]
}

/**
 * Reads a whole tree: names first, then contents in path order. `.shoal` at the root is left out.
 * @throws SOURCE_UNSUPPORTED_ENTRY, SOURCE_CHANGED, TARGET_CROSSES_FILESYSTEM (a mount inside), SOURCE_INVALID (`.shoal` deeper), CANCELLED
 */
export async function scanTree(root: TreeRoot, options: ScanOptions): Promise<ScannedTree> {
  const stats = await listTree(root, new Pacer(options.signal), options.exclude)
  const files = [...stats.values()].filter((s) => s.kind === 'file')
  const totals = { totalFiles: files.length, totalBytes: files.reduce((sum, s) => sum + s.size, 0) }
  let [done, bytes] = [0, 0]
  const tell = (): void => options.onProgress?.({ files: done, bytes, ...totals })
  const pacer = new Pacer(options.signal, (n) => {
    bytes += n
    if (n > 0) tell()
  })
  const firstName = new Map<string, TreePath>()
  const further = new Map<TreePath, TreePath>()
  const unknown: FileToRead[] = []
  const nowNs = BigInt(Math.floor((options.now ?? Date.now)())) * 1_000_000n
  for (const [path, stat] of stats) {
    if (stat.kind !== 'file') continue
    const inode = `${stat.device}:${stat.inode}`
    const first = stat.links > 1 ? firstName.get(inode) : undefined
    const known = first === undefined && options.cache?.get(path, stat) !== undefined
    if (first !== undefined) further.set(path, first)
    else if (!known) unknown.push({ path, stat })
    else bytes += stat.size
    if (known || first !== undefined) done++
    if (stat.links > 1 && first === undefined) firstName.set(inode, path)
  }
  const read = await readFiles(root, unknown, pacer, {
    sink: options.onChunk,
    onFile: () => void done++,
  })
  const entries: Entry[] = []
  for (const [path, stat] of stats) {
    const target = further.get(path)
    if (target !== undefined) entries.push({ kind: 'hardlink', path, target })
    else {
      const chunks = read.get(path)
      const cached = chunks === undefined && stat.kind === 'file' ? options.cache?.get(path, stat) : undefined
      const entry = entryOf(root, path, stat, chunks ?? cached?.chunks ?? [], cached?.xattrs)
      entries.push(entry)
      if (chunks !== undefined && entry.kind === 'file') options.cache?.put(path, stat, entry, nowNs)
    }
    await pacer.did(0)
  }
  tell()
  return { entries, users: userNames(entries), groups: groupNames(entries) }
}

/** Stats of everything in the tree, the root included, in path order. */
async function listTree(
  root: TreeRoot,
  pacer: Pacer,
  exclude: string | undefined,
): Promise<ReadonlyMap<TreePath, TreeStat>> {
  const stats = new Map<TreePath, TreeStat>()
  const onProblem = (_path: TreePath, error: ShoalError): never => {
    throw error
  }
  for await (const batch of walkTree(root, pacer, { exclude, onProblem })) {
    for (const { path, stat } of batch) stats.set(path, stat)
  }
  return stats
}
