import {
  type ChannelName,
  type CommitReport,
  displayPath,
  isShoalError,
  joinPath,
  parentPath,
  parseTreePath,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { SwitchIntent, SwitchJournal } from '../journal/index.ts'
import { type Area, slotPath } from '../stage/index.ts'
import { ensureDirectory } from './steps.ts'

export interface SwitchDeps {
  /** The directory that holds the live tree. */
  readonly near: TreeRoot
  readonly area: Area
  /** The live tree's name in `near`. */
  readonly name: TreePath
  readonly journal: SwitchJournal
  readonly now: () => number
}

export interface SwitchInit {
  readonly channel: ChannelName
  readonly strategy: 'swap' | 'generations'
  /** Absolute path of the live tree, a byte string. */
  readonly root: string
  readonly sequence: number
  /** Digest of the manifest: names the staging folder, in whose slot 0 the complete tree stands. */
  readonly manifest: string
}

const folderName = (sequence: number): string => String(sequence).padStart(12, '0')

/** A folder of a name that no earlier commit of the same sequence used. */
function freshFolder(near: TreeRoot, parent: TreePath, sequence: number): TreePath {
  for (let attempt = 1; ; attempt++) {
    const path = joinPath(parent, attempt === 1 ? folderName(sequence) : `${folderName(sequence)}.${attempt}`)
    if (near.lstat(path) === undefined) return path
  }
}

/** What is live now, as the switch must know it. @throws TARGET_ROOT_INVALID when it is neither a directory nor a symlink into the area */
export function liveTree({ near, area, name }: Pick<SwitchDeps, 'near' | 'area' | 'name'>): SwitchIntent['before'] {
  const stat = near.lstat(name)
  if (stat === undefined) return undefined
  if (stat.kind === 'directory') return { inode: stat.inode, kind: 'directory', tree: name }
  const text = stat.kind === 'symlink' ? near.readlink(name) : ''
  const tree = generationOf(area, text)
  if (tree === undefined || near.lstat(tree)?.kind !== 'directory') {
    throw new ShoalError(
      'TARGET_ROOT_INVALID',
      `${displayPath(name)} in ${displayPath(near.path)} is neither a directory nor a symlink that Shoal made; nothing was changed`,
    )
  }
  return { inode: stat.inode, kind: 'symlink', tree }
}

/** The generation that a symlink's text names; undefined when it is none of this area. */
function generationOf({ generations }: Area, text: string): TreePath | undefined {
  if (generations === undefined || !text.startsWith(`${generations}/`)) return undefined
  try {
    return parseTreePath(text)
  } catch (err) {
    if (isShoalError(err)) return undefined
    throw err
  }
}

/** Puts the staged tree where it is to stand and says everything that the switch will do. Nothing visible changes. */
export function toSwitchIntent(deps: SwitchDeps, init: SwitchInit): SwitchIntent {
  const { near, area } = deps
  const before = liveTree(deps)
  const staged = slotPath(init.manifest, 0, area)
  const retained = freshFolder(near, area.retained, init.sequence)
  const common = { ...init, before, retained }
  if (init.strategy === 'swap') return { ...common, tree: staged, aside: staged, inode: inodeOf(near, staged) }
  if (area.generations === undefined) throw new TypeError('generations lie beside the live tree')
  const folder = freshFolder(near, area.generations, init.sequence)
  near.mkdir(folder, 0o711)
  const tree = joinPath(folder, 'tree')
  near.rename(staged, tree, 'no-replace')
  const aside = joinPath(area.top, 'current')
  if (near.lstat(aside) !== undefined) near.unlink(aside)
  near.symlink(tree, aside)
  return { ...common, tree, aside, inode: inodeOf(near, aside) }
}

function inodeOf(near: TreeRoot, path: TreePath): bigint {
  const stat = near.lstat(path)
  if (stat === undefined) throw new ShoalError('TARGET_MODIFIED', `${path} is gone; the plan is made anew`)
  return stat.inode
}

/**
 * Makes the new tree live with one system call. The caller ends the journal once it has settled what was displaced and remembered the release.
 * @throws KERNEL_UNSUPPORTED when the file system cannot exchange names and only that would leave no moment without the tree: nothing was changed
 */
export async function switchTree(deps: SwitchDeps, intent: SwitchIntent): Promise<CommitReport> {
  deps.near.syncFileSystem()
  await deps.journal.begin(intent)
  const mtimeNs = stagedTime(deps, intent)
  const begun = process.hrtime.bigint()
  try {
    makeLive(deps, intent)
  } catch (err) {
    await deps.journal.end(intent.channel)
    throw err
  }
  const windowNs = process.hrtime.bigint() - begun
  setTime(deps, mtimeNs)
  return report(intent, windowNs, deps.now())
}

/** Time of the staged tree's root; undefined for a symlink. */
function stagedTime({ near }: SwitchDeps, { aside }: SwitchIntent): bigint | undefined {
  const stat = near.lstat(aside)
  return stat?.kind === 'directory' ? stat.mtimeNs : undefined
}

/** XFS gives a directory a new time when an exchange moves it to another directory. */
function setTime({ near, name }: SwitchDeps, mtimeNs: bigint | undefined): void {
  if (mtimeNs === undefined) return
  const keep = { uid: undefined, gid: undefined, mode: undefined, xattrs: undefined }
  try {
    near.setMetadata(name, { ...keep, mtimeNs }, 'directory')
  } catch (err) {
    // The switch is made; whoever put something else there since has it.
    if (!isShoalError(err, 'TARGET_MODIFIED')) throw err
  }
}

const report = ({ strategy }: SwitchIntent, windowNs: bigint, atMs: number): CommitReport => ({
  strategy,
  operations: 1,
  windowMs: Number(windowNs) / 1e6,
  atMs,
  groups: [],
  weaker: [],
})

function makeLive({ near, name }: SwitchDeps, { aside, before }: SwitchIntent): void {
  if (before === undefined) return near.rename(aside, name, 'no-replace')
  // One symlink replaces another on every file system.
  if (before.kind === 'symlink' && near.lstat(aside)?.kind === 'symlink') return near.rename(aside, name, 'replace')
  near.rename(aside, name, 'exchange')
}

/** Finishes a switch that a crash cut off. Repeatable. @throws JOURNAL_CORRUPT when the new tree is neither live nor where it was staged */
export function rollSwitchForward(deps: SwitchDeps, intent: SwitchIntent): CommitReport {
  const { near, name } = deps
  const begun = process.hrtime.bigint()
  if (near.lstat(name)?.inode !== intent.inode) {
    if (near.lstat(intent.aside)?.inode !== intent.inode) {
      const what = `the tree that was to become live at ${displayPath(intent.root)} is gone; what is live was left as it is`
      throw new ShoalError('JOURNAL_CORRUPT', what)
    }
    const mtimeNs = stagedTime(deps, intent)
    makeLive(deps, intent)
    setTime(deps, mtimeNs)
  }
  return report(intent, process.hrtime.bigint() - begun, deps.now())
}

/** Where the displaced tree stands after the switch, before `retainDisplaced`. */
export function displacedTree({ near }: Pick<SwitchDeps, 'near'>, intent: SwitchIntent): TreePath | undefined {
  const { before } = intent
  if (before === undefined) return undefined
  if (before.kind === 'symlink') return before.tree
  const moved = joinPath(intent.retained, 'tree')
  return [intent.aside, moved].find((path) => near.lstat(path)?.inode === before.inode)
}

/** Moves what the switch displaced to where it is retained, and notes when. Repeatable. @returns where the older tree stands now */
export function retainDisplaced({ near, area, now }: SwitchDeps, intent: SwitchIntent): TreePath | undefined {
  const { before, aside, retained } = intent
  const noted = {
    uid: undefined,
    gid: undefined,
    mode: undefined,
    xattrs: undefined,
    mtimeNs: BigInt(now()) * 1_000_000n,
  }
  let stands: TreePath | undefined
  if (before?.kind === 'directory' && near.lstat(aside)?.inode === before.inode) {
    ensureDirectory(near, retained)
    near.rename(aside, joinPath(retained, 'tree'), 'no-replace')
  }
  if (before?.kind === 'directory') {
    stands = joinPath(retained, 'tree')
    if (near.lstat(retained) !== undefined) near.setMetadata(retained, noted, 'directory')
  } else if (before !== undefined) {
    stands = before.tree
    near.setMetadata(parentPath(before.tree), noted, 'directory')
    // The displaced symlink, where it was exchanged and not replaced.
    if (near.lstat(aside)?.inode === before.inode) near.unlink(aside)
  }
  const staging = joinPath(area.staging, intent.manifest)
  if (near.lstat(staging)?.kind === 'directory' && near.readdir(staging).length === 0) near.rmdir(staging)
  near.syncFileSystem()
  return stands
}
