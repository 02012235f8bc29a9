import { isShoalError, type Manifest, type StaleProcess, type TreePath } from '../../protocol/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import { openTreeRoot, type TreeRoot, type TreeStat } from '../fs/index.ts'
import type { TreeChanges } from '../publish/changes.ts'
import { Pacer } from '../scan/index.ts'
import { findStale, inodeKey, scanProcesses } from '../settle/index.ts'

export interface RiskInput {
  readonly target: TargetRow
  readonly changes: TreeChanges
  /** The channel's head; its directories are replaced too where the whole tree is. */
  readonly previous: Manifest | undefined
  /** Wall clock, milliseconds. */
  readonly nowMs: number
  readonly signal: AbortSignal
}

/** Processes of this host that would run on what a release replaces, were it committed now. @throws CANCELLED */
export async function processesAtRisk({
  target,
  changes,
  previous,
  nowMs,
  signal,
}: RiskInput): Promise<readonly StaleProcess[]> {
  const root = openLive(target.root)
  if (root === undefined) return []
  try {
    const directories =
      target.strategy === 'in-place' ? [] : (previous?.entries ?? []).filter((entry) => entry.kind === 'directory')
    const paths = [...changes.changed, ...changes.removed, ...directories.map(({ path }) => path)]
    const displaced = new Map<string, TreePath>()
    const pacer = new Pacer(signal)
    for (const path of paths) {
      await pacer.did(0)
      const stat = lstat(root, path)
      // A directory that changes in place keeps its inode.
      if (stat === undefined || (stat.kind === 'directory' && target.strategy === 'in-place')) continue
      displaced.set(inodeKey(stat.device, stat.inode), path)
    }
    const watched = { changed: changes.watched, sinceMs: nowMs, root: root.path }
    return findStale(await scanProcesses({ signal }), { displaced, watched })
  } finally {
    root.close()
  }
}

/** undefined as well where a symlink took the place of a directory above. */
function lstat(root: TreeRoot, path: TreePath): TreeStat | undefined {
  try {
    return root.lstat(path)
  } catch (err) {
    if (isShoalError(err, 'PATH_ESCAPES')) return undefined
    throw err
  }
}

/** undefined while nothing was committed there. */
function openLive(path: string): TreeRoot | undefined {
  try {
    return openTreeRoot(path)
  } catch (err) {
    if (isShoalError(err)) return undefined
    throw err
  }
}
