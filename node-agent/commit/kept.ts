import { baseName, isBelow, joinPath, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'

const folderName = (sequence: number): string => String(sequence).padStart(12, '0')

/**
 * A free place for what the commit of a sequence displaced although it was not the release's: its own path below a folder of that sequence, whose
 * directories are made. `present`: that very inode stands there already. Nothing kept before is ever touched.
 */
export function keptPlace(
  root: TreeRoot,
  kept: TreePath,
  sequence: number,
  path: TreePath,
  inode: bigint,
): { readonly at: TreePath; readonly present: boolean } {
  for (let attempt = 1; ; attempt++) {
    const folder = joinPath(kept, attempt === 1 ? folderName(sequence) : `${folderName(sequence)}.${attempt}`)
    const at = joinPath(folder, path)
    const above = parentsBelow(kept, at)
    if (above.some((directory) => (root.lstat(directory)?.kind ?? 'directory') !== 'directory')) continue
    for (const directory of above) if (root.lstat(directory) === undefined) root.mkdir(directory, 0o700)
    const stat = root.lstat(at)
    if (stat === undefined || stat.inode === inode) return { at, present: stat !== undefined }
  }
}

/** Directories strictly between `top` and `path`, outermost first. */
function parentsBelow(top: TreePath, path: TreePath): TreePath[] {
  const parents: TreePath[] = []
  for (let at = parentPath(path); at !== ROOT_PATH && isBelow(at, top); at = parentPath(at)) parents.unshift(at)
  return parents
}

/** One file that a commit displaced although it was not the release's: a local edit, or a file that stood in the way. */
export interface KeptFile {
  /** Where the copy lies, beneath the tree root that was given. */
  readonly at: TreePath
  /** Its path in the live tree. */
  readonly path: TreePath
  /** Sequence of the release whose commit displaced it. */
  readonly sequence: number
  readonly size: number
  /** When it was last changed on this host, milliseconds. */
  readonly changedMs: number
}

/** Every copy kept in an area, oldest release first. Nothing ever removes one but a person. */
export function listKept(root: TreeRoot, kept: TreePath): readonly KeptFile[] {
  if (root.lstat(kept) === undefined) return []
  const found: KeptFile[] = []
  const walk = (folder: TreePath, path: TreePath): void => {
    const at = joinPath(folder, path)
    const stat = root.lstat(at)
    if (stat?.kind === 'directory') for (const name of root.readdir(at).toSorted()) walk(folder, joinPath(path, name))
    else if (stat !== undefined) {
      const changedMs = Number(stat.mtimeNs / 1_000_000n)
      found.push({ at, path, sequence: Number.parseInt(baseName(folder), 10), size: stat.size, changedMs })
    }
  }
  for (const folder of root.readdir(kept).toSorted()) walk(joinPath(kept, folder), ROOT_PATH)
  return found
}
