import type { Entry, TreePath } from '../../protocol/index.ts'
import type { TreeStat } from '../fs/types.ts'

/** One path as it stands on disk: its entry (chunk list included) as a publisher would write it, and the stat it was read under. */
export interface ObservedEntry {
  readonly entry: Entry
  readonly stat: TreeStat
}

/** What stands at a set of paths. A path that does not exist is absent. */
export type ObservedTree = ReadonlyMap<TreePath, ObservedEntry>
