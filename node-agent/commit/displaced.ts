import { baseName, isBelow, joinPath, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { Intent } from '../journal/index.ts'

/** Where the inodes stand that a commit displaced: path in the older release → path now, for the topmost of each. */
export type Displaced = ReadonlyMap<TreePath, TreePath>

/** Of an in-place commit, once it is finished. What was kept is not among them: it is not the older release's. */
export function displacedPaths({ steps, retained }: Intent): Displaced {
  const displaced = new Map<TreePath, TreePath>()
  for (const { op, path, aside, saved, keep } of steps) {
    if (op === 'place' || op === 'link' || op === 'move' || keep) continue
    if (op === 'replace') displaced.set(path, saved)
    else
      displaced.set(path, isBelow(aside, retained) ? aside : joinPath(joinPath(retained, 'displaced'), baseName(aside)))
  }
  return displaced
}

/** Where a path of the older release stands now; undefined when it was not displaced. */
export function whereDisplaced(displaced: Displaced, path: TreePath): TreePath | undefined {
  for (let at = path; ; at = parentPath(at)) {
    const now = displaced.get(at)
    if (now !== undefined) return joinPath(now, at === ROOT_PATH ? path : path.slice(at.length + 1))
    if (at === ROOT_PATH) return undefined
  }
}
