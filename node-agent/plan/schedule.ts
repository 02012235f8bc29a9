import { type Entry, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { GroupedStages } from './groups.ts'
import { resolvePath, type Standing, type View } from './resolve.ts'
import type { CommitInput, CommitOp } from './types.ts'

/** Steps in their final order, and what could not be guaranteed, in words. */
export interface Schedule {
  readonly ops: readonly CommitOp[]
  readonly weaker: readonly string[]
}

/**
 * Orders the steps of a commit so that every symlink that resolves in both trees resolves after each step (COMMIT-4), a new one resolves the moment it appears, and
 * the steps of a consistency group are adjacent (COMMIT-21).
 *
 * Greedy over units, a unit being one step or a whole group: any unit that breaks nothing now. Where none is left that breaks nothing, groups are taken apart, as links
 * go before adjacency; then the step goes next that breaks fewest.
 */
export function schedule(stages: GroupedStages, input: CommitInput): Schedule {
  const { ops, weaker } = new Scheduler(stages, input).run()
  return { ops: [...stages.adds, ...ops, ...stages.removals], weaker }
}

/** A step by itself, or the steps of a group in the order of their stages. */
interface Unit {
  readonly group: string | undefined
  readonly ops: readonly CommitOp[]
}

/** What a done step changed, so that it can be taken back while a group is tried. */
interface Done {
  readonly op: CommitOp
  readonly watchers: ReadonlySet<TreePath> | undefined
  readonly watched: readonly (readonly [top: TreePath, link: TreePath])[]
}

const standing = (entry: Entry | undefined): Standing | undefined =>
  entry && { kind: entry.kind, text: entry.kind === 'symlink' ? entry.target : undefined }

class Scheduler {
  readonly #input: CommitInput
  readonly #next: ReadonlyMap<TreePath, Entry>
  readonly #units: Set<Unit>
  /** Steps not yet done, by path; everything at and below such a path is still old. */
  readonly #pending = new Map<TreePath, CommitOp>()
  /** Paths that a scheduled step takes away. */
  readonly #leaving = new Set<TreePath>()
  /** Links to be kept whole that are looked up through a pending path. */
  readonly #watchers = new Map<TreePath, Set<TreePath>>()
  /** Places outside the tree at which a link ends before or after the commit; only there may it end on the way. */
  readonly #outside = new Map<TreePath, Set<string>>()
  readonly #done: Done[] = []
  readonly #weaker: string[] = []

  constructor({ changes, groups }: GroupedStages, input: CommitInput) {
    this.#input = input
    this.#next = new Map(input.next.entries.map((entry) => [entry.path, entry]))
    const whole = groups.map(({ name, ...g }) => ({ group: name, ops: [...g.adds, ...g.changes, ...g.removals] }))
    this.#units = new Set<Unit>([...changes.map((op) => ({ group: undefined, ops: [op] })), ...whole])
    for (const { ops } of this.#units) {
      for (const op of ops) {
        this.#pending.set(op.path, op)
        if (op.op === 'retain') this.#leaving.add(op.path)
      }
    }
    if (this.#pending.size > 0) for (const [path, found] of input.observed) this.#begin(path, found.kind)
  }

  /** Keeps an eye on a link that resolves before and after. */
  #begin(path: TreePath, kind: Entry['kind']): void {
    const entry = this.#next.get(path)
    if (entry === undefined || (entry.kind !== 'symlink' && kind !== 'symlink')) return
    const now = resolvePath(path, this.#now, this.#input.root)
    if (!now.resolves || !this.#resolvesAtEnd(path)) return
    if (now.outside !== undefined) this.#mayEnd(path, now.outside)
    this.#watch(path)
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

  /** New names that are not scheduled here count as there, what is removed later as still there. */
  readonly #now: View = (path) => {
    if (this.#pendingTop(path) !== undefined) return this.#observed(path)
    if (this.#leaving.has(path)) return undefined
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
  #watch(link: TreePath): (readonly [TreePath, TreePath])[] {
    const { through, resolves } = resolvePath(link, this.#now, this.#input.root)
    const added: (readonly [TreePath, TreePath])[] = []
    if (!resolves) return added
    for (const path of through) {
      const top = this.#pendingTop(path)
      if (top === undefined) continue
      const watchers = this.#watchers.get(top) ?? new Set()
      this.#watchers.set(top, watchers)
      if (watchers.has(link)) continue
      watchers.add(link)
      added.push([top, link])
    }
    return added
  }

  run(): Schedule {
    while (this.#units.size > 0) {
      if (this.#round((op) => this.#broken(op) === 0 && this.#appearsWhole(op))) continue
      if (this.#round((op) => this.#broken(op) === 0)) continue
      if (!this.#takeApart()) this.#do(this.#leastHarmful())
    }
    return { ops: this.#done.map(({ op }) => op), weaker: this.#weaker }
  }

  /** Does every pending unit that is `fit` when its turn comes. @returns whether there was one */
  #round(fit: (op: CommitOp) => boolean): boolean {
    const before = this.#units.size
    for (const unit of [...this.#units]) if (this.#try(unit, fit)) this.#units.delete(unit)
    return this.#units.size < before
  }

  /** Does all steps of a unit, each when it is fit, or none. */
  #try({ ops }: Unit, fit: (op: CommitOp) => boolean): boolean {
    const mark = this.#done.length
    const left = new Set(ops)
    while (left.size > 0) {
      const next = [...left].find(fit)
      if (next === undefined) {
        while (this.#done.length > mark) this.#undo()
        return false
      }
      left.delete(next)
      this.#do(next)
    }
    return true
  }

  /** The first group becomes single steps: something else must be done in between. */
  #takeApart(): boolean {
    const unit = [...this.#units].find(({ ops }) => ops.length > 1)
    if (unit === undefined) return false
    this.#weaker.push(`the consistency group ${unit.group} is not adjacent: symlinks need other steps in between`)
    this.#units.delete(unit)
    for (const op of unit.ops) this.#units.add({ group: unit.group, ops: [op] })
    return true
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
    const watchers = this.#watchers.get(op.path)
    if (watchers === undefined || watchers.size === 0) return 0
    return this.#after(op, () => [...watchers].filter((link) => !this.#whole(link)).length)
  }

  #whole(link: TreePath): boolean {
    const { resolves, outside } = resolvePath(link, this.#now, this.#input.root)
    return resolves && (outside === undefined || this.#outside.get(link)?.has(outside) === true)
  }

  #appearsWhole(op: CommitOp): boolean {
    if (this.#next.get(op.path)?.kind !== 'symlink' || !this.#resolvesAtEnd(op.path)) return true
    return this.#after(op, () => this.#whole(op.path))
  }

  /** Every unit left is a single step that breaks something. */
  #leastHarmful(): CommitOp {
    const [first, ...others] = [...this.#units].map((unit) => ({ unit, harm: this.#harm(unit) }))
    if (first === undefined) throw new TypeError('no step is left')
    const { unit } = others.reduce((best, other) => (other.harm < best.harm ? other : best), first)
    this.#units.delete(unit)
    const [op] = unit.ops
    if (op === undefined) throw new TypeError('a unit has a step')
    return op
  }

  #harm({ ops: [op] }: Unit): number {
    return op === undefined ? 0 : this.#broken(op)
  }

  #do(op: CommitOp): void {
    this.#pending.delete(op.path)
    const watchers = this.#watchers.get(op.path)
    this.#watchers.delete(op.path)
    this.#done.push({ op, watchers, watched: [...(watchers ?? [])].flatMap((link) => this.#watch(link)) })
  }

  #undo(): void {
    const done = this.#done.pop()
    if (done === undefined) return
    for (const [top, link] of done.watched) this.#watchers.get(top)?.delete(link)
    if (done.watchers !== undefined) this.#watchers.set(done.op.path, new Set(done.watchers))
    this.#pending.set(done.op.path, done.op)
  }
}
