import {
  compileGlobs,
  type Entry,
  parentPath,
  quotePath,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { groupsOf } from './groups.ts'
import { judgeLocal } from './local.ts'
import { schedule } from './schedule.ts'
import type { CommitInput, CommitOp, CommitPlan, LeftPath, ObservedPath } from './types.ts'
import { weaken } from './weaken.ts'

export type { CommitInput, CommitOp, CommitPlan, ObservedPath, Slot } from './types.ts'

/**
 * Plans the in-place commit of `next`. Pure.
 *
 * Order (COMMIT-2): new names that are no symlinks; then new symlinks, what changes in place and consistency groups, as `schedule` has it; removals, links
 * first. So no path of both releases is ever absent, and a link that resolves in both always does.
 *
 * @throws TARGET_CONFLICT when a directory must become something else but holds what is not the release's · TARGET_MODIFIED when an edited file must not be
 * replaced · KERNEL_UNSUPPORTED when the file system has no call that would change something without a moment of absence
 */
export function planCommit(input: CommitInput): CommitPlan {
  const builder = new PlanBuilder(input)
  input.next.entries.forEach((entry, index) => builder.want(entry, index))
  for (const entry of input.previous?.entries ?? []) builder.remove(entry)
  return builder.finish()
}

class PlanBuilder {
  readonly #input: CommitInput
  readonly #nextPaths: ReadonlySet<TreePath>
  /** Files that have further names in the next release. */
  readonly #regrouped: ReadonlySet<TreePath>
  readonly #slots: { slot: number; entry: number; beneath: number[] }[] = []
  /** Slot under which a new directory's content is staged. */
  readonly #newDirectories = new Map<TreePath, number>()
  readonly #adds: CommitOp[] = []
  readonly #changes: CommitOp[] = []
  readonly #removals: { readonly op: CommitOp; readonly kind: Entry['kind'] }[] = []
  /** Observed directories that leave as a whole. */
  readonly #leaving = new Set<TreePath>()
  readonly #touched = new Set<TreePath>()
  /** Paths that get a new inode of their own; further names of it must follow. */
  readonly #staged = new Set<TreePath>()
  /** Entries that need nothing but metadata set once the steps are done. */
  readonly #afterwards: number[] = []
  readonly #isGrouped: (path: TreePath) => boolean
  readonly #left: ReadonlyMap<TreePath, LeftPath>
  /** Directories below which this host keeps something of its own, all their ancestors included. */
  readonly #holdsLeft: ReadonlySet<TreePath>

  constructor(input: CommitInput) {
    this.#input = input
    this.#nextPaths = new Set(input.next.entries.map((e) => e.path))
    this.#regrouped = new Set(input.next.entries.flatMap((e) => (e.kind === 'hardlink' ? [e.target] : [])))
    this.#isGrouped = compileGlobs(input.next.header.settings.consistencyGroups.flatMap(({ globs }) => globs))
    this.#left = judgeLocal(input)
    this.#holdsLeft = ancestorsOf([...this.#left.keys()].filter((path) => input.observed.has(path)))
  }

  want(entry: Entry, index: number): void {
    const { path } = entry
    if (this.#left.has(path)) return
    const under = path === ROOT_PATH ? undefined : this.#newDirectories.get(parentPath(path))
    if (under !== undefined) {
      this.#slots[under]?.beneath.push(index)
      this.#staged.add(path)
      if (entry.kind === 'directory') this.#newDirectories.set(path, under)
      return
    }
    const found = this.#input.observed.get(path)
    if (entry.kind === 'directory' && found?.kind === 'directory') {
      if (!found.equalsNext || !found.timesEqualNext) this.#afterwards.push(index)
      return
    }
    const relinked = entry.kind === 'hardlink' && this.#staged.has(entry.target)
    if (found?.equalsNext === true && !relinked) return
    // One call sets it, in place, and nothing else differs: no new inode is needed. A group's modes switch with the group.
    const inPlace = found?.onlyDiffers === 'time' || (found?.onlyDiffers === 'mode' && !this.#isGrouped(path))
    if (inPlace && !this.#regrouped.has(path)) return void this.#afterwards.push(index)
    this.#stage(entry, index, found)
  }

  #stage(entry: Entry, index: number, found: ObservedPath | undefined): void {
    const slot = this.#slots.length
    this.#slots.push({ slot, entry: index, beneath: [] })
    this.#staged.add(entry.path)
    if (entry.kind === 'directory') this.#newDirectories.set(entry.path, slot)
    this.#touch(entry.path)
    if (found === undefined) {
      const adds = entry.kind === 'symlink' ? this.#changes : this.#adds
      adds.push({ op: 'place', path: entry.path, slot })
      return
    }
    if (found.kind === 'directory') {
      if (this.#holdsOthers(entry.path)) throw conflict(entry)
      this.#leaving.add(entry.path)
    }
    this.#changes.push({ op: 'exchange', path: entry.path, slot, keep: this.#mustKeep(entry.path, found) })
  }

  remove(entry: Entry): void {
    const { path } = entry
    const found = this.#input.observed.get(path)
    if (this.#nextPaths.has(path) || found === undefined || this.#left.has(path) || this.#leaves(path)) return
    if (found.kind === 'directory') {
      if (this.#holdsOthers(path)) return
      this.#leaving.add(path)
    }
    this.#touch(path)
    this.#removals.push({ op: { op: 'retain', path, keep: this.#mustKeep(path, found) }, kind: found.kind })
  }

  #holdsOthers(path: TreePath): boolean {
    return this.#input.holdsUnmanaged.has(path) || this.#holdsLeft.has(path)
  }

  /** It goes with a directory above it. */
  #leaves(path: TreePath): boolean {
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) if (this.#leaving.has(parentPath(at))) return true
    return false
  }

  #mustKeep(path: TreePath, found: ObservedPath): boolean {
    return !found.equalsPrevious || this.#input.holdsEdited.has(path)
  }

  #touch(path: TreePath): void {
    this.#touched.add(parentPath(path))
  }

  finish(): CommitPlan {
    const { next } = this.#input
    const removals = this.#removals.toSorted((a, b) => Number(b.kind === 'symlink') - Number(a.kind === 'symlink'))
    const stages = { adds: this.#adds, changes: this.#changes, removals: removals.map((r) => r.op) }
    const { ops, weaker } = schedule(groupsOf(stages, this.#input), this.#left, this.#input)
    const weakened = weaken(ops, this.#input)
    const listed = new Set(this.#afterwards)
    const afterwards = next.entries
      .map((entry, index) => ({ entry, index }))
      .filter(({ entry, index }) => listed.has(index) || (entry.kind === 'directory' && this.#touched.has(entry.path)))
      .map(({ index }) => index)
    return {
      slots: this.#slots,
      ops: weakened.ops,
      afterwards: afterwards.toReversed(),
      left: [...this.#left.values()],
      weaker: [...weaker, ...weakened.weaker],
    }
  }
}

function ancestorsOf(paths: Iterable<TreePath>): ReadonlySet<TreePath> {
  const found = new Set<TreePath>()
  for (const path of paths) {
    for (let at = parentPath(path); at !== ROOT_PATH && !found.has(at); at = parentPath(at)) found.add(at)
  }
  return found
}

const conflict = ({ path, kind }: Entry): ShoalError =>
  new ShoalError(
    'TARGET_CONFLICT',
    `${quotePath(path)} must become a ${kind}, but the directory holds files that are not the release's; move them away. Nothing was changed`,
  )
