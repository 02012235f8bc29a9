import { displayPath, isShoalError, joinPath, parseTreePath, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { onlyMode } from './metadata.ts'

/** What Shoal puts near a target, and nowhere else: directories beneath one tree root. */
export interface Area {
  /** `.shoal` in the live tree (in place), `.shoal/<name of the live tree>` beside it. */
  readonly top: TreePath
  /** Releases being completed, by manifest digest. */
  readonly staging: TreePath
  /** What commits displaced, by sequence; reaped after the grace. */
  readonly retained: TreePath
  /** Displaced files that were not the release's; never reaped. */
  readonly kept: TreePath
  /** Whole trees that a symlink makes live, by sequence. Only beside the live tree. */
  readonly generations: TreePath | undefined
}

/** Name of Shoal's own directory. */
const OWN = parseTreePath('.shoal')

const areaAt = (top: TreePath, beside: boolean): Area => ({
  top,
  staging: joinPath(top, 'staging'),
  retained: joinPath(top, 'retained'),
  kept: joinPath(top, 'kept'),
  generations: beside ? joinPath(top, 'generations') : undefined,
})

/** The area inside a live tree that is changed in place. */
export const INSIDE = areaAt(OWN, false)

/** The area beside a live tree, beneath the directory that holds it. `name`: the live tree's own name there. */
export const areaBeside = (name: TreePath): Area => areaAt(joinPath(OWN, name), true)

export const { retained: RETAINED, kept: KEPT } = INSIDE

const OWNER_MAY_ALL = 0o700
/** A live tree that a symlink names lies in the area: its users must pass, and may not look. */
const OTHERS_MAY_PASS = 0o711

/**
 * Makes sure that Shoal's area is there: directories that belong to this process and that nobody else can look into or write to. `othersPass`: they
 * may pass to a generation whose name they know, because the live symlink names it.
 * @throws TARGET_ROOT_INVALID when something else stands there
 */
export function ensureArea(root: TreeRoot, area: Area = INSIDE, options: { readonly othersPass?: boolean } = {}): void {
  const { top, staging, retained, kept, generations } = area
  const shared = options.othersPass === true && generations !== undefined ? [OWN, top, generations] : []
  for (const path of new Set([OWN, top, staging, retained, kept, ...shared])) {
    make(root, path, shared.includes(path) ? OTHERS_MAY_PASS : OWNER_MAY_ALL)
  }
}

function make(root: TreeRoot, path: TreePath, mode: number): void {
  try {
    root.mkdir(path, mode)
    root.setMetadata(path, onlyMode(mode), 'directory')
    return
  } catch (err) {
    if (!isShoalError(err, 'TARGET_CONFLICT')) throw err
  }
  const stat = root.lstat(path)
  const mayOthers = (stat?.mode ?? 0) & 0o077
  if (stat?.kind !== 'directory' || stat.uid !== process.geteuid?.() || (mayOthers !== 0 && mayOthers !== 0o011)) {
    throw new ShoalError(
      'TARGET_ROOT_INVALID',
      `${path} at ${displayPath(root.path)} is not a private directory of this agent; nothing was changed`,
    )
  }
  if ((stat.mode & mode) !== mode) root.setMetadata(path, onlyMode(mode), 'directory')
}

/** Removes a tree inside Shoal's area, deepest first, never through a symlink. What is gone already is no error. */
export function removeTree(root: TreeRoot, path: TreePath): void {
  for (const _removed of removeSteps(root, path));
}

/** As `removeTree`, one inode a step, so that a caller may yield between them. */
export function* removeSteps(root: TreeRoot, path: TreePath): Generator<void> {
  if (!path.startsWith(`${OWN}/`)) throw new TypeError('only what lies in the area is ever removed')
  const stat = root.lstat(path)
  if (stat === undefined) return
  if (stat.kind === 'directory') {
    // A release's own mode may forbid its owner to look or to remove.
    if ((stat.mode & OWNER_MAY_ALL) !== OWNER_MAY_ALL) root.setMetadata(path, onlyMode(OWNER_MAY_ALL), 'directory')
    for (const name of root.readdir(path)) yield* removeSteps(root, joinPath(path, name))
    root.rmdir(path)
  } else {
    root.unlink(path)
  }
  yield
}

/** Place of a slot of a release being staged. */
export const slotPath = (key: string, slot: number, area: Area = INSIDE): TreePath =>
  joinPath(joinPath(area.staging, key), String(slot))
