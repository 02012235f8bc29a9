import { baseName, isBelow, joinPath, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { keptPath } from './kept.ts'

/** Two trees beneath one root. */
export interface TreePair {
  readonly root: TreeRoot
  readonly from: TreePath
  readonly to: TreePath
}

/** Gives a path of one tree to the other: a directory is made with the same metadata, anything else gets a further name. What stands there already stays. */
export function carry({ root, from, to }: TreePair, path: TreePath): void {
  const [source, destination] = [joinPath(from, path), joinPath(to, path)]
  const stat = root.lstat(source)
  if (stat === undefined || root.lstat(destination) !== undefined) return
  if (stat.kind === 'directory') copyDirectory(root, source, stat, destination)
  else root.link(source, destination)
}

function copyDirectory(root: TreeRoot, source: TreePath, stat: TreeStat, destination: TreePath): void {
  const { uid, gid, mode, mtimeNs } = stat
  root.mkdir(destination, 0o700)
  root.setMetadata(destination, { uid, gid, mode, xattrs: root.listXattrs(source), mtimeNs })
}

/** Keeps an inode that is not the release's for good: it gets a further name in the area, at its own path below the release's sequence. Repeatable. */
export function keepCopy(root: TreeRoot, kept: TreePath, sequence: number, path: TreePath, at: TreePath): void {
  const inode = root.lstat(at)?.inode
  if (inode === undefined) return
  const folder = keptPath(kept, sequence)
  const destination = joinPath(folder, path)
  for (const directory of parentsFrom(kept, destination))
    if (root.lstat(directory) === undefined) root.mkdir(directory, 0o700)
  for (let attempt = 1; ; attempt++) {
    const free = attempt === 1 ? destination : joinPath(parentPath(destination), `${baseName(destination)}.${attempt}`)
    const stat = root.lstat(free)
    if (stat?.inode === inode) return
    if (stat !== undefined) continue
    root.link(at, free)
    return
  }
}

/** Directories strictly between `top` and `path`, outermost first. */
function parentsFrom(top: TreePath, path: TreePath): TreePath[] {
  const parents: TreePath[] = []
  for (let at = parentPath(path); at !== ROOT_PATH && isBelow(at, top); at = parentPath(at)) parents.unshift(at)
  return parents
}
