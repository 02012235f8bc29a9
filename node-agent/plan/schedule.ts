import { quotePath, type TreePath } from '../../protocol/index.ts'
import type { GroupedStages } from './groups.ts'
import { splitGroup } from './interleave.ts'
import { type Harm, LinkWatch, NO_HARM } from './link-watch.ts'
import type { CommitInput, CommitOp } from './types.ts'

/** Steps in their final order, and what could not be guaranteed, in words. */
export interface Schedule {
  readonly ops: readonly CommitOp[]
  readonly weaker: readonly string[]
}

/** Names in a message. */
const MAX_NAMED = 3

/**
 * Orders the steps of a commit so that every symlink that resolves in both trees resolves after each step, and ends only where one of them has it end
 * (COMMIT-4); a new one is whole the moment it appears; and the steps of a consistency group are adjacent (COMMIT-21).
 *
 * Greedy over single steps and whole groups: whatever harms nothing now. Where nothing is left that harms nothing, a group is interleaved with what it
 * needs, as links go before adjacency; then the step goes next that harms fewest. A step that must wait is looked at again only when something that it
 * waits for was done, so that the work grows with the number of links passed, not with its square.
 */
export function schedule(stages: GroupedStages, left: ReadonlyMap<TreePath, unknown>, input: CommitInput): Schedule {
  const { ops, weaker } = new Scheduler(stages, left, input).run()
  return { ops: [...stages.adds, ...ops, ...stages.removals], weaker }
}

/** Steps of one group that are not done yet, in the order of their stages. */
export interface Unit {
  readonly group: string
  readonly ops: Set<CommitOp>
}

/** Less is better: dangling links count first. */
const weigh = ({ dangling, astray }: Harm): number => dangling.length * 1e6 + astray.length

export class Scheduler {
  readonly links: LinkWatch
  /** Single steps not done yet. */
  readonly singles: Set<CommitOp>
  readonly groups: Unit[]
  /** Single steps to be looked at. */
  readonly #ready: Set<CommitOp>
  /** Single steps that harm nothing, but whose own link would not be at its new end at once. */
  readonly #deferred = new Set<CommitOp>()
  /** Pending paths → single steps to be looked at again when they are done. */
  readonly #waiting = new Map<TreePath, Set<CommitOp>>()
  /** Whether any step done harmed a link. */
  #harmed = false
  #leastHarm = 0

  constructor({ changes, removals, groups }: GroupedStages, left: ReadonlyMap<TreePath, unknown>, input: CommitInput) {
    this.groups = groups.map((g) => ({ group: g.name, ops: new Set([...g.adds, ...g.changes, ...g.removals]) }))
    this.singles = new Set(changes)
    this.#ready = new Set(changes)
    const scheduled = [...changes, ...this.groups.flatMap(({ ops }) => [...ops])]
    this.links = new LinkWatch(scheduled, removals, left, input)
  }

  run(): Schedule {
    while (this.singles.size + this.groups.length > 0) {
      if (this.#doReady() || this.#doGroup(true) || this.#doDeferred() || this.#doGroup(false)) continue
      const unit = this.groups.shift()
      if (unit === undefined) this.#force(this.singles)
      else splitGroup(this, unit)
    }
    return { ops: this.links.done, weaker: this.#weaker() }
  }

  harmless(op: CommitOp): boolean {
    return weigh(this.links.harm(op)) === 0
  }

  /** Does a step for good. */
  do(op: CommitOp): void {
    if (!this.harmless(op)) this.#harmed = true
    this.links.do(op)
    this.forget(op)
  }

  /** The step is done: what waited for it is looked at again. */
  forget(op: CommitOp): void {
    this.singles.delete(op)
    this.#deferred.delete(op)
    this.#ready.delete(op)
    for (const waiting of this.#waiting.get(op.path) ?? []) if (this.singles.has(waiting)) this.#ready.add(waiting)
    this.#waiting.delete(op.path)
  }

  /** Does every single step that harms nothing, those that become possible by it included. @returns whether there was one */
  #doReady(): boolean {
    let did = false
    for (const op of this.#ready) {
      this.#ready.delete(op)
      if (!this.#canDo(op)) continue
      this.do(op)
      did = true
    }
    return did
  }

  /** Otherwise the step is put where it is found when that may have changed. */
  #canDo(op: CommitOp): boolean {
    const { dangling, astray } = this.links.harm(op)
    const [harmed = op.path] = [...dangling, ...astray]
    const harmless = dangling.length + astray.length === 0
    if (harmless && this.links.appearsWhole(op)) return true
    if (harmless) this.#deferred.add(op)
    else this.#deferred.delete(op)
    for (const top of this.links.blockersOf(op, harmed)) {
      this.#waiting.set(top, (this.#waiting.get(top) ?? new Set()).add(op))
    }
    return false
  }

  #doDeferred(): boolean {
    for (const op of this.#deferred) {
      if (this.harmless(op)) {
        this.do(op)
        return true
      }
      this.#deferred.delete(op)
      this.#ready.add(op)
    }
    return false
  }

  /** Single steps that could be done now. */
  harmlessSingles(): readonly CommitOp[] {
    for (const op of this.#ready) {
      this.#ready.delete(op)
      if (this.#canDo(op)) this.#deferred.add(op)
    }
    return [...this.#deferred].filter((op) => this.harmless(op))
  }

  /** Does all steps of a group, next to each other, when each harms nothing in its turn. @param whole new links appear at their ends at once */
  #doGroup(whole: boolean): boolean {
    const fit = (op: CommitOp): boolean => this.harmless(op) && (!whole || this.links.appearsWhole(op))
    const mark = this.links.count
    for (const [i, { ops }] of this.groups.entries()) {
      const left = new Set(ops)
      for (let before = -1; left.size > 0 && before !== left.size;) {
        before = left.size
        for (const op of left) {
          if (!fit(op)) continue
          this.links.do(op)
          left.delete(op)
        }
      }
      if (left.size === 0) {
        for (const op of ops) this.forget(op)
        this.groups.splice(i, 1)
        return true
      }
      this.links.undoTo(mark)
    }
    return false
  }

  /** A step of a group is done by itself. */
  splitOff(op: CommitOp): void {
    const unit = this.groups.find(({ ops }) => ops.has(op))
    unit?.ops.delete(op)
    if (unit?.ops.size === 0) this.groups.splice(this.groups.indexOf(unit), 1)
  }

  /** Every step left harms something: does one that harms least. */
  #force(ops: Iterable<CommitOp>): void {
    const op = this.leastHarmful(ops)
    if (op !== undefined) this.do(op)
  }

  /** What was least the last time is good enough at once, so that many equal cases are not all compared each time. */
  leastHarmful(ops: Iterable<CommitOp>): CommitOp | undefined {
    let [best, least]: [CommitOp | undefined, number] = [undefined, Infinity]
    for (const op of ops) {
      const harm = weigh(this.links.harm(op))
      if (harm < least) [best, least] = [op, harm]
      if (least <= this.#leastHarm) break
    }
    this.#leastHarm = least
    return best
  }

  #weaker(): readonly string[] {
    const split = groupsApart(this.links.done)
    const { dangling, astray } = this.#harmed ? harmOf(this.links) : NO_HARM
    return [
      ...(split.length === 0
        ? []
        : [`not adjacent, as symlinks need other steps in between: consistency group ${some(split, clip)}`]),
      ...(dangling.length === 0
        ? []
        : [`no order of the steps keeps every symlink whole; for a moment ${some(dangling)} leads nowhere`]),
      ...(astray.length === 0
        ? []
        : [`no order of the steps keeps every symlink’s end; for a moment ${some(astray)} leads elsewhere`]),
    ]
  }
}

/** Links that the order harms at any time. */
function harmOf(links: LinkWatch): Harm {
  const ops = links.done
  const [dangling, astray] = [new Set<TreePath>(), new Set<TreePath>()]
  links.undoTo(0)
  for (const op of ops) {
    const harm = links.harm(op)
    for (const link of harm.dangling) dangling.add(link)
    for (const link of harm.astray) astray.add(link)
    links.do(op)
  }
  return { dangling: [...dangling], astray: [...astray].filter((link) => !dangling.has(link)) }
}

/** Groups between whose steps others lie. */
function groupsApart(ops: readonly CommitOp[]): readonly string[] {
  const last = new Map<string, number>()
  const apart = new Set<string>()
  for (const [i, { group }] of ops.entries()) {
    if (group === undefined) continue
    if (last.has(group) && last.get(group) !== i - 1) apart.add(group)
    last.set(group, i)
  }
  return [...apart]
}

const clip = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}…` : name)

/** The first few, and how many more. */
function some(names: readonly string[], show = quotePath): string {
  const shown = names.slice(0, MAX_NAMED).map(show).join(', ')
  return names.length > MAX_NAMED ? `${shown} and ${names.length - MAX_NAMED} more` : shown
}
