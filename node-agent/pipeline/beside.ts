import { isShoalError, type Manifest, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { ObservedPath } from '../plan/commit-plan.ts'
import { resolvePath, standingOf, standingSeen } from '../plan/resolve.ts'
import type { Standing } from '../plan/types.ts'

/** What neither release has, but symlinks of either lead to or through: host files that they must not lose hold of during the commit. */
export function findBeside(
  root: Pick<TreeRoot, 'path' | 'lstat' | 'readlink'>,
  next: Manifest,
  previous: Manifest | undefined,
  observed: ReadonlyMap<TreePath, ObservedPath>,
): ReadonlyMap<TreePath, Standing> {
  const wanted = new Map(next.entries.map((entry) => [entry.path, entry]))
  const known = new Set([...wanted.keys(), ...(previous?.entries ?? []).map(({ path }) => path)])
  const looked = new Map<TreePath, Standing | undefined>()
  const beside = (path: TreePath): Standing | undefined => {
    if (known.has(path)) return undefined
    if (!looked.has(path)) looked.set(path, look(root, path))
    return looked.get(path)
  }
  for (const [path, { kind }] of observed) {
    if (kind === 'symlink') resolvePath(path, (at) => standingSeen(observed.get(at)) ?? beside(at), root.path)
  }
  for (const { path, kind } of next.entries) {
    if (kind === 'symlink') resolvePath(path, (at) => standingOf(wanted.get(at)) ?? beside(at), root.path)
  }
  const found = new Map<TreePath, Standing>()
  for (const [path, standing] of looked) if (standing !== undefined) found.set(path, standing)
  return found
}

function look(root: Pick<TreeRoot, 'lstat' | 'readlink'>, path: TreePath): Standing | undefined {
  try {
    const kind = root.lstat(path)?.kind
    if (kind === undefined) return undefined
    if (kind === 'symlink') return { kind, text: root.readlink(path) }
    return { kind: kind === 'directory' ? kind : 'file', text: undefined }
  } catch (err) {
    // Something on the way is a symlink by now, or cannot be looked at: nothing that a link could be kept at.
    if (isShoalError(err)) return undefined
    throw err
  }
}
