import type { TreePath } from '../../protocol/index.ts'
import type { KeptRow, RetainedRow, TargetRow } from '../../protocol/control/index.ts'
import { listKept } from '../commit/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { TargetTree } from '../pipeline/target-tree.ts'

/** What commits put aside near a target whose root exists: copies of local edits first, then what older releases left. */
export async function copiesOf(target: TargetRow): Promise<readonly (KeptRow | RetainedRow)[]> {
  const { channel } = target
  const tree = await TargetTree.open(target)
  try {
    const kept = tree.areas().flatMap(({ root, area }) =>
      listKept(root, area.kept).map(({ path, at, sequence, size, changedMs }): KeptRow => ({
        kind: 'kept',
        channel,
        path,
        at: absolute(root, at),
        sequence,
        bytes: size,
        changed: iso(changedMs),
      })),
    )
    const retained = tree.retained().map(({ root, retained: { path, sequence, tree: whole, atMs } }): RetainedRow => ({
      kind: 'retained',
      channel,
      at: absolute(root, path),
      sequence,
      whole: whole !== undefined,
      since: iso(atMs),
    }))
    return [...kept, ...retained]
  } finally {
    tree.close()
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const absolute = ({ path: root }: TreeRoot, path: TreePath): string => (root === '/' ? `/${path}` : `${root}/${path}`)
