import {
  displayPath,
  joinPath,
  quotePath,
  RESERVED_NAME,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { Pacer } from './pacer.ts'

export interface UnmanagedPath {
  readonly path: TreePath
  readonly stat: TreeStat
}

/**
 * Everything in a tree whose path is not known, directories before what is in them; `.shoal` at the root is left out.
 * @param from directory of `root` that is the tree's own root; paths are relative to it
 * @throws TARGET_CROSSES_FILESYSTEM when another file system is mounted inside: such a tree cannot be replaced as a whole · CANCELLED
 */
export async function findUnmanaged(
  root: TreeRoot,
  from: TreePath,
  isKnown: (path: TreePath) => boolean,
  signal: AbortSignal,
): Promise<readonly UnmanagedPath[]> {
  const pacer = new Pacer(signal)
  const found: UnmanagedPath[] = []
  const device = root.lstat(from)?.device
  const queue: TreePath[] = [ROOT_PATH]
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    for (const name of root.readdir(joinPath(from, directory))) {
      if (directory === ROOT_PATH && name === RESERVED_NAME) continue
      const path = joinPath(directory, name)
      const stat = root.lstat(joinPath(from, path))
      await pacer.did(0)
      if (stat === undefined) continue
      if (stat.device !== device) {
        throw new ShoalError(
          'TARGET_CROSSES_FILESYSTEM',
          `${quotePath(path)} in ${displayPath(root.path)} is a mount: only the strategy in-place can change a tree with mounts inside. Nothing was changed`,
        )
      }
      if (!isKnown(path)) found.push({ path, stat })
      if (stat.kind === 'directory') queue.push(path)
    }
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
