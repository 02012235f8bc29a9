import { isShoalError, joinPath, parseTreePath, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { onlyMode } from './metadata.ts'

/** Shoal's own directory at a target's root. */
export const AREA = parseTreePath('.shoal')
/** Releases being completed, by manifest digest. */
export const STAGING = parseTreePath('.shoal/staging')
/** What commits displaced, by sequence; reaped after the grace. */
export const RETAINED = parseTreePath('.shoal/retained')
/** Displaced files that were not the release's; never reaped. */
export const KEPT = parseTreePath('.shoal/kept')

const OWNER_MAY_ALL = 0o700

/**
 * Makes sure that Shoal's area is there, a directory of mode 0700 that belongs to this process.
 * @throws TARGET_ROOT_INVALID when something else stands there
 */
export function ensureArea(root: TreeRoot): void {
  make(root, AREA)
  const stat = root.lstat(AREA)
  const own = process.geteuid?.()
  if (stat?.kind !== 'directory' || stat.uid !== own || (stat.mode & 0o077) !== 0) {
    throw new ShoalError(
      'TARGET_ROOT_INVALID',
      '.shoal at the target’s root is not a private directory of this agent; nothing was changed',
    )
  }
  for (const path of [STAGING, RETAINED, KEPT]) {
    make(root, path)
    if (root.lstat(path)?.kind === 'directory') continue
    throw new ShoalError('TARGET_ROOT_INVALID', `${path} at the target’s root is not a directory; nothing was changed`)
  }
}

function make(root: TreeRoot, path: TreePath): void {
  try {
    root.mkdir(path, OWNER_MAY_ALL)
  } catch (err) {
    if (!isShoalError(err, 'TARGET_CONFLICT')) throw err
  }
}

/** Removes a tree inside Shoal's area, deepest first, never through a symlink. What is gone already is no error. */
export function removeTree(root: TreeRoot, path: TreePath): void {
  for (const _removed of removeSteps(root, path));
}

/** As `removeTree`, one inode a step, so that a caller may yield between them. */
export function* removeSteps(root: TreeRoot, path: TreePath): Generator<void> {
  if (!path.startsWith(`${AREA}/`)) throw new TypeError('only what lies in the area is ever removed')
  const stat = root.lstat(path)
  if (stat === undefined) return
  if (stat.kind === 'directory') {
    // A release's own mode may forbid its owner to look or to remove.
    if ((stat.mode & OWNER_MAY_ALL) !== OWNER_MAY_ALL) root.setMetadata(path, onlyMode(OWNER_MAY_ALL))
    for (const name of root.readdir(path)) yield* removeSteps(root, joinPath(path, name))
    root.rmdir(path)
  } else {
    root.unlink(path)
  }
  yield
}

/** Folder of a release being staged. */
export const stagingPath = (key: string): TreePath => joinPath(STAGING, key)

/** Place of a slot of a release being staged. */
export const slotPath = (key: string, slot: number): TreePath => joinPath(stagingPath(key), String(slot))
