import { displayPath, parentPath, quotePath, ROOT_PATH, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'

/** Paths named in a message. */
const MAX_NAMED = 10

/**
 * Renames work within one file system. Mounts inside a live tree are left alone; a plan that would change something on one is refused.
 * @param paths of every step
 * @throws TARGET_CROSSES_FILESYSTEM naming the paths: nothing was staged or changed
 */
export function checkOneFileSystem(root: TreeRoot, paths: readonly TreePath[]): void {
  const device = root.lstat(ROOT_PATH)?.device
  const known = new Map<TreePath, boolean>()
  const elsewhere = (path: TreePath): boolean => {
    const seen = known.get(path) ?? (root.lstat(path)?.device ?? device) !== device
    known.set(path, seen)
    return seen
  }
  const found = paths.filter((path) => elsewhere(parentPath(path)) || elsewhere(path))
  if (found.length === 0) return
  const names = found.slice(0, MAX_NAMED).map(quotePath).join(', ')
  throw new ShoalError(
    'TARGET_CROSSES_FILESYSTEM',
    `${found.length} paths of this release lie on another file system than ${displayPath(root.path)}: ${names}; make that mount a target of its own. Nothing was changed`,
  )
}
