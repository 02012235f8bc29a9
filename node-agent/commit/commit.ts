import {
  type CommitReport,
  type Entry,
  isShoalError,
  joinPath,
  LIMITS,
  type Manifest,
  quotePath,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { errnoOf, type TreeRoot, type TreeStat } from '../fs/index.ts'
import type { Intent, Journal, JournalStep } from '../journal/index.ts'
import { metadataOf, onlyModeAndTime } from '../stage/index.ts'
import type { ObservedTree } from '../scan/types.ts'
import { doStep, ensureDirectory, isDone, prepareSteps, putAside, undoStep } from './steps.ts'

export interface CommitDeps {
  readonly root: TreeRoot
  readonly journal: Journal
  readonly now: () => number
}

/**
 * Switches the live tree over, in place.
 *
 * Journal first, durably; then the steps in one tight loop of renames with nothing else in it; then directory metadata and one sync. The
 * caller ends the journal once it has remembered the release. When a step fails, those before it are undone in reverse and the tree is the old one (COMMIT-6).
 *
 * @param weaker what the plan says of weaker guarantees
 * @throws TARGET_MODIFIED when a path is no longer what the plan saw: nothing was touched · TARGET_CONFLICT, TARGET_READ_ONLY, FILE_SYSTEM: undone
 */
export async function commitInPlace(
  deps: CommitDeps,
  intent: Intent,
  manifest: Manifest,
  observed: ObservedTree,
  weaker: readonly string[] = [],
): Promise<CommitReport> {
  const { root, journal } = deps
  checkUntouched(root, intent.steps, observed)
  prepareSteps(root, intent)
  root.syncFileSystem()
  await journal.begin(intent)
  const window = await switchOver(deps, intent)
  const endedNs = setInPlace(root, intent, manifest) ?? window.endedNs
  finish(root, intent, manifest)
  return report(deps, intent, { ...window, endedNs }, weaker)
}

/** Clock readings, nanoseconds: begin and end of the window, and of each consistency group. */
interface Window {
  readonly begunNs: bigint
  readonly endedNs: bigint
  readonly groups: ReadonlyMap<string, { readonly begunNs: bigint; readonly endedNs: bigint }>
}

const toMs = ({ begunNs, endedNs }: { readonly begunNs: bigint; readonly endedNs: bigint }): number =>
  Number(endedNs - begunNs) / 1e6

function report({ now }: CommitDeps, { steps }: Intent, window: Window, weaker: readonly string[]): CommitReport {
  const groups = [...window.groups]
    .map(([name, times]) => ({
      name,
      operations: steps.filter((step) => step.group === name).length,
      windowMs: toMs(times),
    }))
    .toSorted((a, b) => b.windowMs - a.windowMs)
    .slice(0, LIMITS.groupsPerStatus)
  return { strategy: 'in-place', operations: steps.length, windowMs: toMs(window), atMs: now(), groups, weaker }
}

/** Compares what stands at every path to be displaced with what the plan was made from. */
function checkUntouched(root: TreeRoot, steps: readonly JournalStep[], observed: ObservedTree): void {
  const displaced = steps.filter(({ op }) => op === 'exchange' || op === 'retain').map(({ path }) => path)
  for (const path of [...steps.map((step) => step.path), ...displaced.flatMap((top) => below(root, top))]) {
    const [seen, now] = [observed.get(path)?.stat, root.lstat(path)]
    if (sameState(seen, now)) continue
    if (now?.kind === 'other') {
      const what = `${quotePath(path)} is a device, socket or pipe that is not the release's`
      throw new ShoalError('TARGET_CONFLICT', `${what}; move it away. Nothing was changed`)
    }
    throw new ShoalError(
      'TARGET_MODIFIED',
      `${quotePath(path)} was changed on this host meanwhile; nothing was touched, the plan is made anew`,
    )
  }
}

/** Everything in a directory, which goes where it goes. */
function below(root: TreeRoot, top: TreePath): readonly TreePath[] {
  if (root.lstat(top)?.kind !== 'directory') return []
  return root.readdir(top).flatMap((name) => {
    const path = joinPath(top, name)
    return [path, ...below(root, path)]
  })
}

function sameState(a: TreeStat | undefined, b: TreeStat | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.inode !== b.inode || a.kind !== b.kind) return false
  if (a.kind === 'directory') return true
  // Staging gives further names to inodes that stay, which changes their ctime.
  const sameChange = a.ctimeNs === b.ctimeNs || b.links > 1
  return a.size === b.size && a.mtimeNs === b.mtimeNs && sameChange
}

/** The window. Nothing but renames lies between the first and the last clock reading, and a reading where a group begins or ends. */
async function switchOver({ root, journal }: CommitDeps, intent: Intent): Promise<Window> {
  const { steps } = intent
  const groups = new Map<string, { begunNs: bigint; endedNs: bigint }>()
  const last = lastOfGroups(steps)
  let done = 0
  try {
    // Directories that several steps use stay open between them.
    const [begunNs, endedNs] = root.batch(() => {
      const first = process.hrtime.bigint()
      for (; done < steps.length; done++) {
        const step = steps[done]
        if (step === undefined) continue
        if (step.group !== '' && !groups.has(step.group))
          groups.set(step.group, { begunNs: process.hrtime.bigint(), endedNs: 0n })
        doStep(root, step)
        const group = last.has(done) ? groups.get(step.group) : undefined
        if (group !== undefined) group.endedNs = process.hrtime.bigint()
      }
      return [first, process.hrtime.bigint()] as const
    })
    return { begunNs, endedNs, groups }
  } catch (err) {
    for (const step of steps.slice(0, done).toReversed()) undoStep(root, step)
    root.syncFileSystem()
    await journal.end(intent.channel)
    throw err
  }
}

/** Indices of the last step of each group. */
function lastOfGroups(steps: readonly JournalStep[]): ReadonlySet<number> {
  const last = new Map<string, number>()
  for (const [i, { group }] of steps.entries()) if (group !== '') last.set(group, i)
  return new Set(last.values())
}

/** What follows the last visible step; repeatable. */
function finish(root: TreeRoot, intent: Intent, manifest: Manifest): void {
  // Every step is durable before anything is moved on: recovery looks for staged inodes where they were staged.
  root.syncFileSystem()
  putAside(root, intent)
  for (const index of intent.afterwards) setAfterwards(root, manifest.entries[index])
  // XFS gives a directory a new time when an exchange moves it to another directory.
  const exchanged = new Set(intent.steps.filter(({ op }) => op === 'exchange').map(({ path }) => path))
  for (const entry of manifest.entries)
    if (exchanged.has(entry.path) && entry.kind === 'directory') setAfterwards(root, entry)
  root.syncFileSystem()
}

/**
 * Modes and times of inodes that stay: one call each changes anything. Visible, so a part of the window.
 * @returns when the last was set, nanoseconds; undefined when there was none
 */
function setInPlace(root: TreeRoot, intent: Intent, manifest: Manifest): bigint | undefined {
  const entries = intent.afterwards
    .map((index) => manifest.entries[index])
    .filter((entry) => entry?.kind !== 'directory')
  if (entries.length === 0) return undefined
  return root.batch(() => {
    for (const entry of entries) setAfterwards(root, entry)
    return process.hrtime.bigint()
  })
}

/** All of a directory's metadata, the mode and time of a file, the time of a symlink. */
function setAfterwards(root: TreeRoot, entry: Entry | undefined): void {
  if (entry === undefined || entry.kind === 'hardlink') return
  const metadata = metadataOf(entry)
  try {
    if (entry.kind === 'directory') root.setMetadata(entry.path, metadata, 'directory')
    else root.setMetadata(entry.path, onlyModeAndTime(metadata))
  } catch (err) {
    // Whoever may write to its parent has put something else there since: drift of this host, which the proof finds.
    if (!isShoalError(err, 'TARGET_MODIFIED') && !isShoalError(err, 'PATH_ESCAPES') && errnoOf(err) !== 'ENOENT')
      throw err
  }
}

/**
 * Finishes the commit that a crash cut off: every step not done is done, told by inodes, in the same order. Repeatable, and safe to be cut
 * off itself; the caller ends the journal. Runs before anything else touches the tree.
 * @throws JOURNAL_CORRUPT when a step was neither done nor can be: the tree is left as it is
 */
export async function rollForward(deps: CommitDeps, intent: Intent, manifest: Manifest): Promise<CommitReport> {
  const { root } = deps
  ensureDirectory(root, intent.retained)
  const left = intent.steps.filter((step) => !isDone(root, step) && !wasPutAside(root, step))
  const begunNs = process.hrtime.bigint()
  for (const step of left) doStep(root, step)
  const window = { begunNs, endedNs: process.hrtime.bigint(), groups: new Map<string, never>() }
  finish(root, intent, manifest)
  return report(deps, intent, window, [])
}

/** A retained path that `putAside` moved on already: gone from its place and from where it was put first. */
const wasPutAside = (root: TreeRoot, step: JournalStep): boolean =>
  step.op === 'retain' && root.lstat(step.path)?.inode !== step.before
