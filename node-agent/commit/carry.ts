import { joinPath, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { keptPlace } from './kept.ts'

/** Two trees beneath one root. */
export interface TreePair {
  readonly root: TreeRoot
  readonly from: TreePath
  readonly to: TreePath
  /** A place in the area where a directory is completed before it gets its name. */
  readonly scratch: TreePath
}

/** Gives a path of one tree to the other: a directory is made with the same metadata, anything else gets a further name. What stands there already stays. */
export function carry({ root, from, to, scratch }: TreePair, path: TreePath): void {
  const [source, destination] = [joinPath(from, path), joinPath(to, path)]
  const stat = root.lstat(source)
  if (stat === undefined || root.lstat(destination) !== undefined) return
  if (stat.kind === 'directory') {
    if (root.lstat(scratch) !== undefined) root.rmdir(scratch)
    copyDirectory(root, source, stat, scratch)
    root.rename(scratch, destination, 'no-replace')
  } else root.link(source, destination)
}

function copyDirectory(root: TreeRoot, source: TreePath, stat: TreeStat, destination: TreePath): void {
  const { uid, gid, mode, mtimeNs } = stat
  root.mkdir(destination, 0o700)
  root.setMetadata(destination, { uid, gid, mode, xattrs: root.listXattrs(source), mtimeNs }, 'directory')
}

/** Keeps an inode that is not the release's for good: it gets a further name in the area, as `keptPlace` says. Repeatable. */
export function keepCopy(root: TreeRoot, kept: TreePath, sequence: number, path: TreePath, from: TreePath): void {
  const inode = root.lstat(from)?.inode
  if (inode === undefined) return
  const { at, present } = keptPlace(root, kept, sequence, path, inode)
  if (!present) root.link(from, at)
}
