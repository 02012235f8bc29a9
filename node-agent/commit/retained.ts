import { baseName, isBelow, joinPath, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { Pacer } from '../scan/index.ts'
import type { Area } from '../stage/index.ts'
import { keepCopy } from './carry.ts'

const NS_PER_MS = 1_000_000n
const SECTOR_BYTES = 512

/** One folder of what a commit displaced, or of a tree that was live once. */
export interface Retained {
  readonly path: TreePath
  /** Sequence of the commit that displaced it, or of the release that the tree was. */
  readonly sequence: number
  /** When it was displaced, milliseconds. */
  readonly atMs: number
  /** A whole tree in the form of the live one; undefined when only single inodes were displaced. */
  readonly tree: TreePath | undefined
}

/** What commits displaced, newest first. @param live the generation that is live now, which is not among them */
export function listRetained(root: TreeRoot, area: Area, live: TreePath | undefined): readonly Retained[] {
  const folders = [area.retained, ...(area.generations === undefined ? [] : [area.generations])]
    .filter((folder) => root.lstat(folder) !== undefined)
    .flatMap((folder) => root.readdir(folder).map((name) => joinPath(folder, name)))
    .filter((path) => live === undefined || !isBelow(live, path))
  return folders
    .flatMap((path) => {
      const stat = root.lstat(path)
      if (stat === undefined) return []
      const tree = joinPath(path, 'tree')
      const whole = root.lstat(tree)?.kind === 'directory'
      const sequence = Number.parseInt(baseName(path), 10)
      return [{ path, sequence, atMs: Number(stat.mtimeNs / NS_PER_MS), tree: whole ? tree : undefined }]
    })
    .toSorted((a, b) => b.atMs - a.atMs || (a.path < b.path ? 1 : -1))
}

/** Tells whether a process on this host has an inode open, mapped, or as its directory. */
export type Held = (device: bigint, inode: bigint) => boolean

export interface LookInit {
  readonly root: TreeRoot
  /** The live tree, to tell inodes that are still in use there. */
  readonly live: TreeRoot | undefined
  readonly held: Held
  readonly signal: AbortSignal
}

export interface RetainedUse {
  /** Disk space that only the retained folder takes. */
  readonly bytes: number
  readonly heldBytes: number
  /** Inodes that processes hold, and where they stand. */
  readonly held: readonly { readonly path: TreePath; readonly stat: TreeStat }[]
}

/** What a retained folder takes and who still needs it. */
export async function measureRetained(init: LookInit, retained: Retained): Promise<RetainedUse> {
  let [bytes, heldBytes] = [0, 0]
  const held: { readonly path: TreePath; readonly stat: TreeStat }[] = []
  for await (const { path, stat } of walk(init, retained.path)) {
    const own = stat.kind === 'directory' || stat.links === 1 ? stat.blocks * SECTOR_BYTES : 0
    bytes += own
    if (!isHeld(init, retained, path, stat)) continue
    held.push({ path, stat })
    heldBytes += own
  }
  return { bytes, heldBytes, held }
}

/** A name whose inode is live at the same path is not held by those who use it there. */
function isHeld({ held, live }: LookInit, { tree }: Retained, path: TreePath, stat: TreeStat): boolean {
  if (!held(stat.device, stat.inode)) return false
  if (stat.kind === 'directory' || stat.links === 1 || tree === undefined || !isBelow(path, tree)) return true
  return live?.lstat(path.slice(tree.length + 1) as TreePath)?.inode !== stat.inode
}

/** Everything below a folder and the folder itself, deepest first. */
async function* walk(
  { root, signal }: LookInit,
  top: TreePath,
  open = (_path: TreePath, _stat: TreeStat): void => undefined,
): AsyncGenerator<{ readonly path: TreePath; readonly stat: TreeStat }> {
  const pacer = new Pacer(signal)
  const stack: { readonly path: TreePath; readonly stat: TreeStat; seen: boolean }[] = []
  const push = (path: TreePath): void => {
    const stat = root.lstat(path)
    if (stat !== undefined) stack.push({ path, stat, seen: false })
  }
  push(top)
  for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
    await pacer.did(0)
    if (at.stat.kind === 'directory' && !at.seen) {
      at.seen = true
      open(at.path, at.stat)
      for (const name of root.readdir(at.path)) push(joinPath(at.path, name))
      continue
    }
    stack.pop()
    yield at
  }
}

const OWNER_MAY_ALL = 0o700
const KEEP_ALL = { uid: undefined, gid: undefined, mode: undefined, xattrs: undefined, mtimeNs: undefined } as const

/**
 * Removes for good every inode of a retained folder that nobody holds. What was written to after it was displaced is kept instead (I7).
 * @returns whether the folder is gone
 */
export async function reapRetained(init: LookInit, retained: Retained, kept: TreePath): Promise<boolean> {
  const { root } = init
  const displacedNs = BigInt(retained.atMs) * NS_PER_MS
  // A release's own modes may forbid their owner to look into a directory or to remove from it.
  const open = (path: TreePath, { mode }: TreeStat): void => {
    if ((mode & OWNER_MAY_ALL) !== OWNER_MAY_ALL)
      root.setMetadata(path, { ...KEEP_ALL, mode: OWNER_MAY_ALL }, 'directory')
  }
  for await (const { path, stat } of walk(init, retained.path, open)) {
    if (isHeld(init, retained, path, stat)) continue
    if (stat.kind === 'directory') {
      if (root.readdir(path).length === 0) root.rmdir(path)
      continue
    }
    if (stat.kind === 'file' && stat.mtimeNs / NS_PER_MS > BigInt(retained.atMs) && stat.links === 1) {
      keepCopy(root, kept, retained.sequence, path.slice(retained.path.length + 1) as TreePath, path)
    }
    root.unlink(path)
  }
  if (root.lstat(retained.path) === undefined) return true
  root.setMetadata(retained.path, { ...KEEP_ALL, mtimeNs: displacedNs }, 'directory')
  return false
}
