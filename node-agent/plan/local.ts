import { parentPath, quotePath, ROOT_PATH, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { CommitInput, LeftPath } from './types.ts'

/** Files named in a message. */
const MAX_NAMED = 10

/**
 * Where this host keeps its own instead of the release's, by its policy: protected paths whatever stands there, and what was edited, deleted or put there
 * on this host where the rule is to keep it. Directories are not files: only their protection counts.
 * @throws TARGET_MODIFIED naming the files whose rule is to fail
 */
export function judgeLocal(input: CommitInput): ReadonlyMap<TreePath, LeftPath> {
  const { next, previous, observed } = input
  const before = new Set(previous?.entries.map((e) => e.path))
  const left = new Map<TreePath, LeftPath>()
  const refused: TreePath[] = []
  const judge = (path: TreePath, directory: boolean): void => {
    if (path === ROOT_PATH) return
    const found = observed.get(path)
    if (found?.equalsNext === true) return
    const above = left.get(parentPath(path))
    if (above !== undefined && observed.get(above.path)?.kind !== 'directory') {
      // There is no directory to put it into, and none may be made.
      left.set(path, { path, why: above.why })
      return
    }
    if (input.isProtected(path)) {
      left.set(path, { path, why: 'protected' })
      return
    }
    const own = found === undefined ? before.has(path) : !found.equalsPrevious && found.kind !== 'directory'
    if (!own || (found === undefined && directory)) return
    const rule = input.local(path)
    if (rule === 'keep') left.set(path, { path, why: 'edited' })
    else if (rule === 'fail') refused.push(path)
  }
  const wanted = new Set<TreePath>()
  for (const entry of next.entries) {
    wanted.add(entry.path)
    judge(entry.path, entry.kind === 'directory')
    // The names of one inode stay together.
    const first = entry.kind === 'hardlink' ? left.get(entry.target) : undefined
    if (first !== undefined) left.set(entry.path, { path: entry.path, why: first.why })
  }
  for (const { path, kind } of previous?.entries ?? []) {
    if (!wanted.has(path) && observed.has(path)) judge(path, kind === 'directory')
  }
  if (refused.length === 0) return left
  const names = refused.slice(0, MAX_NAMED).map(quotePath).join(', ')
  throw new ShoalError(
    'TARGET_MODIFIED',
    `${refused.length} files were edited on this host, and its policy is to fail: ${names}. Nothing was changed`,
  )
}
