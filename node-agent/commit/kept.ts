import { baseName, joinPath, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'

/** Folder of what the commit of a sequence displaced although it was not the release's. */
export const keptPath = (kept: TreePath, sequence: number): TreePath =>
  joinPath(kept, String(sequence).padStart(12, '0'))

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
  for (const folder of root.readdir(kept).toSorted()) walk(joinPath(kept, folder), '' as TreePath)
  return found

  function walk(folder: TreePath, path: TreePath): void {
    const at = joinPath(folder, path)
    const stat = root.lstat(at)
    if (stat?.kind === 'directory') for (const name of root.readdir(at).toSorted()) walk(folder, joinPath(path, name))
    else if (stat !== undefined) {
      const changedMs = Number(stat.mtimeNs / 1_000_000n)
      found.push({ at, path, sequence: Number.parseInt(baseName(folder), 10), size: stat.size, changedMs })
    }
  }
}
