import { type Entry, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { CommitInput, CommitOp } from './types.ts'
import { resolvePath, type Standing, type View } from './resolve.ts'

/**
 * Orders the steps that change what stands in place, and those that add links, so that every symlink that resolves in both trees resolves after each
 * step (COMMIT-4), and a new one resolves the moment it appears. New names that are no links count as there, what is removed as still there.
 *
 * Greedy: any step that breaks nothing now. Where every step left breaks a link, the one that breaks fewest goes next.
 */
export function orderChanges(ops: readonly CommitOp[], input: CommitInput): readonly CommitOp[] {
  return new Scheduler(ops, input).run()
}

const standing = (entry: Entry | undefined): Standing | undefined =>
  entry && { kind: entry.kind, text: entry.kind === 'symlink' ? entry.target : undefined }

class Scheduler {
  readonly #input: CommitInput
  readonly #next: ReadonlyMap<TreePath, Entry>
  /** Steps not yet done, by path; everything at and below such a path is still old. */
  readonly #pending: Map<TreePath, CommitOp>
  /** Links to be kept whole that are looked up through a pending path. */
  readonly #watchers = new Map<TreePath, Set<TreePath>>()
  /** Places outside the tree at which a link ends before or after the commit; only there may it end on the way. */
  readonly #outside = new Map<TreePath, Set<string>>()
  readonly #ordered: CommitOp[] = []

  constructor(ops: readonly CommitOp[], input: CommitInput) {
    this.#input = input
    this.#next = new Map(input.next.entries.map((entry) => [entry.path, entry]))
    this.#pending = new Map(ops.map((op) => [op.path, op]))
    for (const [path, found] of input.observed) {
      const entry = this.#next.get(path)
      if (entry === undefined || (entry.kind !== 'symlink' && found.kind !== 'symlink')) continue
      const now = resolvePath(path, this.#now, input.root)
      if (!now.resolves || !this.#resolvesAtEnd(path)) continue
      if (now.outside !== undefined) this.#mayEnd(path, now.outside)
      this.#watch(path)
    }
  }

  /** Whether a path resolves in the new tree; where it then leaves the tree is noted. */
  #resolvesAtEnd(path: TreePath): boolean {
    const { resolves, outside } = resolvePath(path, (at) => standing(this.#next.get(at)), this.#input.root)
    if (outside !== undefined) this.#mayEnd(path, outside)
    return resolves
  }

  #mayEnd(path: TreePath, outside: string): void {
    this.#outside.set(path, (this.#outside.get(path) ?? new Set()).add(outside))
  }

  readonly #now: View = (path) => {
    if (this.#pendingTop(path) !== undefined) return this.#observed(path)
    return standing(this.#next.get(path)) ?? this.#observed(path)
  }

  #observed(path: TreePath): Standing | undefined {
    const found = this.#input.observed.get(path)
    return found && { kind: found.kind, text: found.linkText }
  }

  /** The pending step that decides what stands at a path. */
  #pendingTop(path: TreePath): TreePath | undefined {
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) if (this.#pending.has(at)) return at
    return undefined
  }

  /** Registers a link with every pending path that it passes; one that does not resolve now is none to keep. */
  #watch(link: TreePath): void {
    const { through, resolves } = resolvePath(link, this.#now, this.#input.root)
    if (!resolves) return
    for (const path of through) {
      const top = this.#pendingTop(path)
      if (top === undefined) continue
      const watchers = this.#watchers.get(top)
      if (watchers === undefined) this.#watchers.set(top, new Set([link]))
      else watchers.add(link)
    }
  }

  run(): readonly CommitOp[] {
    while (this.#pending.size > 0) {
      if (this.#round((op) => this.#broken(op) === 0 && this.#appearsWhole(op))) continue
      if (this.#round((op) => this.#broken(op) === 0)) continue
      this.#do(this.#leastHarmful())
    }
    return this.#ordered
  }

  /** Does every pending step that is `fit` when its turn comes. @returns whether there was one */
  #round(fit: (op: CommitOp) => boolean): boolean {
    const before = this.#pending.size
    for (const op of [...this.#pending.values()]) if (fit(op)) this.#do(op)
    return this.#pending.size < before
  }

  /** Runs `look` as if the step were done. */
  #after<T>(op: CommitOp, look: () => T): T {
    this.#pending.delete(op.path)
    const seen = look()
    this.#pending.set(op.path, op)
    return seen
  }

  /** How many links that are whole now would dangle after the step. */
  #broken(op: CommitOp): number {
    const watchers = [...(this.#watchers.get(op.path) ?? [])]
    return this.#after(op, () => watchers.filter((link) => !this.#whole(link)).length)
  }

  #whole(link: TreePath): boolean {
    const { resolves, outside } = resolvePath(link, this.#now, this.#input.root)
    return resolves && (outside === undefined || this.#outside.get(link)?.has(outside) === true)
  }

  #appearsWhole(op: CommitOp): boolean {
    if (this.#next.get(op.path)?.kind !== 'symlink' || !this.#resolvesAtEnd(op.path)) return true
    return this.#after(op, () => this.#whole(op.path))
  }

  #leastHarmful(): CommitOp {
    const [first, ...others] = this.#pending.values()
    if (first === undefined) throw new TypeError('no step is left')
    return others.reduce((best, op) => (this.#broken(op) < this.#broken(best) ? op : best), first)
  }

  #do(op: CommitOp): void {
    this.#pending.delete(op.path)
    this.#ordered.push(op)
    const watchers = this.#watchers.get(op.path) ?? []
    this.#watchers.delete(op.path)
    for (const link of watchers) this.#watch(link)
  }
}
