import { type Entry, isShoalError, sameEntry, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { entryOf } from './entry.ts'
import { Pacer } from './pacer.ts'
import { readFileChunks } from './read-file.ts'
import type { StatCache } from './stat-cache.ts'
import type { ObservedEntry, ObservedTree } from './types.ts'

export interface ObserveOptions {
  readonly signal: AbortSignal
  readonly cache: StatCache
  /** Entries that may stand there: those that are equal to what does are given instead of new ones. */
  readonly known?: ReadonlyMap<TreePath, Entry>
  /** Read every file, whatever the cache says. */
  readonly deep?: boolean
  readonly onBytes?: (bytes: number) => void
  /** The wall clock, milliseconds. */
  readonly now: () => number
}

const NS_PER_MS = 1_000_000n

/**
 * What stands at the given paths, and nothing else of the tree. Files whose stat the cache knows are not read. Further names of one inode among
 * the paths become hardlink entries, in path order. Devices, sockets and pipes are seen as `other` and given no entry.
 * @throws SOURCE_CHANGED (a file changed while it was read: retry), CANCELLED
 */
export async function observePaths(
  root: TreeRoot,
  paths: Iterable<TreePath>,
  options: ObserveOptions,
): Promise<ObservedTree> {
  const pacer = new Pacer(options.signal, options.onBytes)
  const observed = new Map<TreePath, ObservedEntry>()
  const firstName = new Map<string, TreePath>()
  for (const path of [...new Set(paths)].toSorted()) {
    const seen = await observe(root, path, firstName, pacer, options)
    if (seen !== undefined) observed.set(path, seen)
    await pacer.did(0)
  }
  return observed
}

async function observe(
  root: TreeRoot,
  path: TreePath,
  firstName: Map<string, TreePath>,
  pacer: Pacer,
  { cache, deep, now, known }: ObserveOptions,
): Promise<ObservedEntry | undefined> {
  const shared = (entry: Entry): Entry => {
    const other = known?.get(path)
    return other !== undefined && sameEntry(other, entry) ? other : entry
  }
  let stat
  try {
    stat = root.lstat(path)
  } catch (err) {
    // A parent was replaced by a symlink: nothing stands at this path of the tree.
    if (isShoalError(err, 'PATH_ESCAPES')) return undefined
    throw err
  }
  if (stat === undefined || stat.kind === 'other') return undefined
  if (stat.kind !== 'file') return { entry: shared(entryOf(root, path, stat, [])), stat }
  const inode = `${stat.device}:${stat.inode}`
  const first = stat.links > 1 ? firstName.get(inode) : undefined
  if (first !== undefined) return { entry: shared({ kind: 'hardlink', path, target: first }), stat }
  firstName.set(inode, path)
  const cached = deep === true ? undefined : cache.get(path, stat)
  if (cached !== undefined) return { entry: shared(entryOf(root, path, stat, cached.chunks, cached.xattrs)), stat }
  const nowNs = BigInt(now()) * NS_PER_MS
  const { chunks } = await readFileChunks(root, path, stat, pacer, undefined)
  const entry = shared(entryOf(root, path, stat, chunks))
  if (entry.kind === 'file') cache.put(path, stat, entry, nowNs)
  return { entry, stat }
}
