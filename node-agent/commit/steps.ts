import {
  type ChannelName,
  joinPath,
  parseTreePath,
  quotePath,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { Intent, JournalStep } from '../journal/index.ts'
import type { CommitPlan } from '../plan/commit-plan.ts'
import { KEPT, RETAINED, slotPath } from '../stage/index.ts'

const number = (sequence: number): string => String(sequence).padStart(12, '0')

/** Where a commit puts what it displaces: a folder that no earlier commit of the same sequence used, so that nothing of theirs is lost. */
function freshRetained(root: TreeRoot, sequence: number): TreePath {
  for (let attempt = 1; ; attempt++) {
    const path = joinPath(RETAINED, attempt === 1 ? number(sequence) : `${number(sequence)}.${attempt}`)
    if (root.lstat(path) === undefined) return path
  }
}

/** What a commit displaced that was not the release's. */
export const keptPath = (sequence: number): TreePath => joinPath(KEPT, number(sequence))

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
  const steps = plan.ops.map((op, i): JournalStep => {
    if (op.op === 'retain') {
      const aside = joinPath(retained, `r${i}`)
      return { op: 'retain', path: op.path, aside, inode: 0n, before: inodeAt(op.path), keep: op.keep }
    }
    const aside = slotPath(manifest, op.slot)
    const inode = inodeAt(aside)
    return op.op === 'place'
      ? { op: 'place', path: op.path, aside, inode, before: 0n, keep: false }
      : { op: 'exchange', path: op.path, aside, inode, before: inodeAt(op.path), keep: op.keep }
  })
  return { channel, root: root.path, sequence, manifest, directories: plan.directories, retained, steps }
}

/** The one system call of a step. */
export function doStep(root: TreeRoot, step: JournalStep): void {
  if (step.op === 'place') root.rename(step.aside, step.path, 'no-replace')
  else if (step.op === 'exchange') root.rename(step.aside, step.path, 'exchange')
  else root.rename(step.path, step.aside, 'no-replace')
}

/** Its exact reverse. */
export function undoStep(root: TreeRoot, step: JournalStep): void {
  if (step.op === 'place') root.rename(step.path, step.aside, 'no-replace')
  else if (step.op === 'exchange') root.rename(step.aside, step.path, 'exchange')
  else root.rename(step.aside, step.path, 'no-replace')
}

/** Whether a step was done, told by which inode stands where. */
export function isDone(root: TreeRoot, step: JournalStep): boolean {
  if (step.op === 'retain') return root.lstat(step.aside)?.inode === step.before
  return root.lstat(step.path)?.inode === step.inode
}

/** Moves what a finished commit displaced to where it is retained, and what was not the release's to where it is kept. Repeatable. */
export function putAside(root: TreeRoot, intent: Intent): void {
  const { sequence, manifest, retained, steps } = intent
  for (const [i, step] of steps.entries()) {
    if (!step.keep || root.lstat(step.aside)?.inode !== step.before) continue
    ensureDirectory(root, keptPath(sequence))
    root.rename(step.aside, freeName(root, joinPath(keptPath(sequence), `${i}`)), 'no-replace')
  }
  const staging = parseTreePath(slotPath(manifest, 0).replace(/\/0$/, ''))
  const displaced = joinPath(retained, 'displaced')
  if (root.lstat(staging) !== undefined && root.lstat(displaced) === undefined) {
    ensureDirectory(root, retained)
    root.rename(staging, displaced, 'no-replace')
  }
}

/** A name that nothing has: what an earlier commit of the same release kept is never touched. */
function freeName(root: TreeRoot, wanted: TreePath): TreePath {
  let path = wanted
  for (let i = 2; root.lstat(path) !== undefined; i++) path = parseTreePath(`${wanted}.${i}`)
  return path
}

export function ensureDirectory(root: TreeRoot, path: TreePath): void {
  if (root.lstat(path) === undefined) root.mkdir(path, 0o700)
}
