import {
  baseName,
  type ChannelName,
  isShoalError,
  joinPath,
  parentPath,
  quotePath,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { Intent, JournalStep } from '../journal/index.ts'
import type { CommitOp, CommitPlan } from '../plan/commit-plan.ts'
import { KEPT, RETAINED, slotPath } from '../stage/index.ts'
import { keptPlace } from './kept.ts'

const number = (sequence: number): string => String(sequence).padStart(12, '0')

/** Where a commit puts what it displaces: a folder that no earlier commit of the same sequence used, so that nothing of theirs is lost. */
function freshRetained(root: TreeRoot, sequence: number): TreePath {
  for (let attempt = 1; ; attempt++) {
    const path = joinPath(RETAINED, attempt === 1 ? number(sequence) : `${number(sequence)}.${attempt}`)
    if (root.lstat(path) === undefined) return path
  }
}

/** What a commit is made from. */
export interface IntentInit {
  readonly channel: ChannelName
  readonly sequence: number
  /** Digest of the manifest: names the staging folder. */
  readonly manifest: string
  readonly plan: CommitPlan
}

/** Adds to each operation where it goes and the inodes by which it is known to be done. @throws TARGET_MODIFIED when a path is gone */
export function toIntent(root: TreeRoot, { channel, sequence, manifest, plan }: IntentInit): Intent {
  const inodeAt = (path: TreePath): bigint => {
    const stat = root.lstat(path)
    if (stat === undefined) throw new ShoalError('TARGET_MODIFIED', `${quotePath(path)} is gone; the plan is made anew`)
    return stat.inode
  }
  const retained = freshRetained(root, sequence)
  const toStep = (op: CommitOp, i: number): JournalStep => {
    const common = { path: op.path, group: op.group ?? '', saved: ROOT_PATH }
    if (op.op === 'retain') {
      const aside = joinPath(retained, `r${i}`)
      return { ...common, op: 'retain', aside, inode: 0n, before: inodeAt(op.path), keep: op.keep }
    }
    const aside = slotPath(manifest, op.slot)
    const step = { ...common, op: op.op, aside, inode: inodeAt(aside), before: 0n, keep: false }
    if (op.op !== 'exchange' && op.op !== 'replace') return step
    const saved = op.op === 'replace' ? joinPath(retained, `s${i}`) : ROOT_PATH
    return { ...step, before: inodeAt(op.path), keep: op.keep, saved }
  }
  const steps = plan.ops.map(toStep)
  return { channel, root: root.path, sequence, manifest, afterwards: plan.afterwards, retained, steps }
}

/** What must be there before the first visible step: what a plain rename replaces gets a further name. Repeatable. */
export function prepareSteps(root: TreeRoot, { steps, retained }: Intent): void {
  ensureDirectory(root, retained)
  for (const { op, path, saved } of steps) {
    if (op === 'replace' && root.lstat(saved) === undefined) root.link(path, saved)
  }
}

/** The one system call of a step. */
export function doStep(root: TreeRoot, { op, path, aside }: JournalStep): void {
  if (op === 'place') root.rename(aside, path, 'no-replace')
  else if (op === 'link') root.link(aside, path)
  else if (op === 'exchange') root.rename(aside, path, 'exchange')
  else if (op === 'retain') moveAside(root, path, aside)
  else root.rename(aside, path, 'replace')
}

/** Its exact reverse. */
export function undoStep(root: TreeRoot, { op, path, aside, saved }: JournalStep): void {
  if (op === 'place') root.rename(path, aside, 'no-replace')
  else if (op === 'move') root.rename(path, aside, 'replace')
  else if (op === 'link') root.unlink(path)
  else if (op === 'exchange') root.rename(aside, path, 'exchange')
  else if (op === 'retain') moveAside(root, aside, path)
  else {
    root.link(path, aside)
    root.rename(saved, path, 'replace')
  }
}

/** Moves to a name that nothing has. A file system that cannot refuse to replace is asked without: the name is Shoal's own, or was just left. */
function moveAside(root: TreeRoot, from: TreePath, to: TreePath): void {
  try {
    root.rename(from, to, 'no-replace')
  } catch (err) {
    if (!isShoalError(err, 'KERNEL_UNSUPPORTED') || root.lstat(to) !== undefined) throw err
    root.rename(from, to, 'replace')
  }
}

/** Whether a step was done, told by which inode stands where. */
export function isDone(root: TreeRoot, step: JournalStep): boolean {
  if (step.op === 'retain') return root.lstat(step.aside)?.inode === step.before
  return root.lstat(step.path)?.inode === step.inode
}

/** Moves what a finished commit displaced to where it is retained, and what was not the release's to where it is kept. Repeatable. */
export function putAside(root: TreeRoot, intent: Intent): void {
  const { sequence, manifest, retained, steps } = intent
  const displaced = joinPath(retained, 'displaced')
  for (const step of steps) {
    if (!step.keep) continue
    // The staging folder may have been moved on already, by an earlier run of this.
    const places = step.op === 'replace' ? [step.saved] : [step.aside, joinPath(displaced, baseName(step.aside))]
    const from = places.find((path) => root.lstat(path)?.inode === step.before)
    if (from === undefined) continue
    const { at, present } = keptPlace(root, KEPT, sequence, step.path, step.before)
    if (present) root.unlink(from)
    else moveAside(root, from, at)
  }
  const staging = parentPath(slotPath(manifest, 0))
  if (root.lstat(staging) !== undefined && root.lstat(displaced) === undefined) {
    if (root.readdir(staging).length === 0) root.rmdir(staging)
    else {
      ensureDirectory(root, retained)
      moveAside(root, staging, displaced)
    }
  }
  // A commit that displaced nothing retains nothing.
  if (root.lstat(retained) !== undefined && root.readdir(retained).length === 0) root.rmdir(retained)
}

export function ensureDirectory(root: TreeRoot, path: TreePath): void {
  if (root.lstat(path) === undefined) root.mkdir(path, 0o700)
}
