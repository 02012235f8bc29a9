import {
  compileGlobs,
  type Entry,
  globFault,
  isBelow,
  parentPath,
  ROOT_PATH,
  ShoalError,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeStat } from '../fs/index.ts'

/** Whether a path stays out, itself or with a directory above it; asked in any order, each directory is matched once. @throws BAD_REQUEST for a wrong glob */
export function exclusion(globs: readonly string[]): (path: TreePath) => boolean {
  for (const glob of globs) {
    const fault = globFault(glob)
    if (fault !== undefined)
      throw new ShoalError('BAD_REQUEST', `publishPreview: the glob ${JSON.stringify(glob)} ${fault}`)
  }
  if (globs.length === 0) return () => false
  const matches = compileGlobs(globs)
  const known = new Map<TreePath, boolean>([[ROOT_PATH, false]])
  const isOut = (path: TreePath): boolean => {
    const before = known.get(path)
    if (before !== undefined) return before
    const out = isOut(parentPath(path)) || matches(path)
    known.set(path, out)
    return out
  }
  return isOut
}

/** Whether a path is one of these, or below one. */
export const isAtOrBelow = (path: TreePath, places: Iterable<TreePath>): boolean => {
  for (const place of places) if (path === place || isBelow(path, place)) return true
  return false
}

/** Paths in path order, and which of them are further names of a file. */
export interface Ordered {
  readonly paths: readonly TreePath[]
  readonly hardlinks: ReadonlyMap<TreePath, TreePath>
}

/** Pure, in steps (SCAN-2). @param stats in path order */
export function* orderPaths(
  stats: ReadonlyMap<TreePath, TreeStat>,
  isOut: (path: TreePath) => boolean,
): Steps<Ordered> {
  const paths: TreePath[] = []
  const first = new Map<string, TreePath>()
  const hardlinks = new Map<TreePath, TreePath>()
  for (const [path, stat] of stats) {
    if (isOut(path)) continue
    paths.push(path)
    if (paths.length % STEP_ITEMS === 0) yield
    if (stat.kind !== 'file' || stat.links < 2) continue
    const inode = `${stat.device}:${stat.inode}`
    const target = first.get(inode)
    if (target === undefined) first.set(inode, path)
    else hardlinks.set(path, target)
  }
  return { paths, hardlinks }
}

/** The entry of a path in a release of these. */
export const entryAt = (
  path: TreePath,
  { hardlinks }: Ordered,
  entries: ReadonlyMap<TreePath, Entry>,
): Entry | undefined => {
  const target = hardlinks.get(path)
  return target === undefined ? entries.get(path) : { kind: 'hardlink', path, target }
}
