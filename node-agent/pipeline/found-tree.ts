import {
  type ErrorCode,
  type FileEntry,
  isShoalError,
  type Manifest,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { findUnmanaged, observePaths } from '../scan/index.ts'
import type { ApplyInit, PipelineDeps } from './types.ts'

/** What keeps one file from being indexed, and no more than that. */
const PASSED_OVER: ReadonlySet<ErrorCode> = new Set(['SOURCE_CHANGED', 'FILE_SYSTEM', 'PATH_ESCAPES'])

/**
 * Indexes everything that stands in a live tree of which this home knows nothing, so that the first release takes from it what it can, wherever that
 * stands (a host that lost its home, a tree that was installed before). @returns forgets the index again
 */
export async function indexFound(
  deps: Pick<PipelineDeps, 'live' | 'chunks' | 'clock' | 'log'>,
  { channel, tree, cache, signal }: Pick<ApplyInit, 'channel' | 'tree' | 'cache' | 'signal'>,
): Promise<() => Promise<void>> {
  const root = tree.live
  if (root === undefined) return async () => undefined
  const key = `${channel}?`
  const now = (): number => deps.clock.now()
  const files: FileEntry[] = []
  for (const path of await filesOf(deps, root, signal)) {
    try {
      const entry = (await observePaths(root, [path], { signal, cache, now })).get(path)?.entry
      if (entry?.kind === 'file') files.push(entry)
    } catch (err) {
      if (!(err instanceof ShoalError) || !PASSED_OVER.has(err.code)) throw err
    }
  }
  await deps.live.add(key, asManifest(files), (path) => path)
  deps.chunks.setRoot(key, root)
  if (files.length > 0) deps.log.info('tree-indexed', { channel, files: files.length })
  return async () => {
    deps.chunks.setRoot(key, undefined)
    await deps.live.drop(key)
  }
}

async function filesOf(
  { log }: Pick<PipelineDeps, 'log'>,
  root: TreeRoot,
  signal: AbortSignal,
): Promise<readonly TreePath[]> {
  try {
    const all = await findUnmanaged(root, ROOT_PATH, () => false, signal)
    return all.filter(({ stat }) => stat.kind === 'file').map(({ path }) => path)
  } catch (err) {
    // A mount inside: what stands at the release's own paths is found all the same.
    if (!isShoalError(err, 'TARGET_CROSSES_FILESYSTEM')) throw err
    log.info('tree-not-indexed', { reason: err.message })
    return []
  }
}

const asManifest = (entries: readonly FileEntry[]): Manifest => ({
  header: {
    format: 1,
    users: [],
    groups: [],
    settings: { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] },
  },
  entries,
})
