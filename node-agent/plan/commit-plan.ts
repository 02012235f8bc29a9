import { type Entry, parentPath, quotePath, ROOT_PATH, ShoalError, type TreePath } from '../../protocol/index.ts'
import { orderChanges } from './link-order.ts'
import type { CommitInput, CommitOp, CommitPlan, ObservedPath } from './types.ts'

export type { CommitInput, CommitOp, CommitPlan, ObservedPath, Slot } from './types.ts'

/**
 * Plans the in-place commit of `next`. Pure.
 *
 * Order (COMMIT-2): new names that are no symlinks; then new symlinks and what changes in place, as `orderChanges` has it; removals, links first.
 * So no path of both releases is ever absent, and a link that resolves in both always does.
 *
 * @throws TARGET_CONFLICT when a directory must become something else but holds what is not the release's
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
  readonly #directories: number[] = []

  constructor(input: CommitInput) {
    this.#input = input
    this.#nextPaths = new Set(input.next.entries.map((e) => e.path))
  }

  want(entry: Entry, index: number): void {
    const { path } = entry
    const under = path === '' ? undefined : this.#newDirectories.get(parentPath(path))
    if (under !== undefined) {
      this.#slots[under]?.beneath.push(index)
      this.#staged.add(path)
      if (entry.kind === 'directory') this.#newDirectories.set(path, under)
      return
    }
    const found = this.#input.observed.get(path)
    if (entry.kind === 'directory' && found?.kind === 'directory') {
      if (!found.equalsNext || !found.timesEqualNext) this.#directories.push(index)
      return
    }
    const relinked = entry.kind === 'hardlink' && this.#staged.has(entry.target)
    if (found?.equalsNext === true && !relinked) return
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
    const op = { op: 'exchange', path: entry.path, slot, keep: this.#mustKeep(entry.path, found) } as const
    if (found.kind === 'directory' && this.#input.holdsUnmanaged.has(entry.path)) {
      const what = `${quotePath(entry.path)} must become a ${entry.kind}, but the directory holds files that are not the release's`
      throw new ShoalError('TARGET_CONFLICT', `${what}; move them away. Nothing was changed`)
    }
    if (found.kind === 'directory') this.#leaving.add(entry.path)
    this.#changes.push(op)
  }

  remove(entry: Entry): void {
    const { path } = entry
    const found = this.#input.observed.get(path)
    if (this.#nextPaths.has(path) || found === undefined || this.#leaves(path)) return
    if (found.kind === 'directory') {
      if (this.#input.holdsUnmanaged.has(path)) return
      this.#leaving.add(path)
    }
    this.#touch(path)
    this.#removals.push({ op: { op: 'retain', path, keep: this.#mustKeep(path, found) }, kind: found.kind })
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
    const changes = orderChanges(this.#changes, this.#input)
    const removals = this.#removals.toSorted((a, b) => Number(b.kind === 'symlink') - Number(a.kind === 'symlink'))
    const listed = new Set(this.#directories)
    const directories = next.entries
      .map((entry, index) => ({ entry, index }))
      .filter(({ entry, index }) => listed.has(index) || (entry.kind === 'directory' && this.#touched.has(entry.path)))
      .map(({ index }) => index)
    return {
      slots: this.#slots,
      ops: [...this.#adds, ...changes, ...removals.map((r) => r.op)],
      directories: directories.toReversed(),
    }
  }
}
