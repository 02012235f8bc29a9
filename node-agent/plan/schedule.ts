import { quotePath, type TreePath } from '../../protocol/index.ts'
import type { GroupedStages } from './groups.ts'
import { Drain } from './drain.ts'
import { splitGroup } from './interleave.ts'
import { type Harm, LinkWatch, NO_HARM, weigh } from './link-watch.ts'
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
 * needs, as links go before adjacency; then the step goes next that harms fewest.
 */
export function schedule(stages: GroupedStages, left: ReadonlyMap<TreePath, unknown>, input: CommitInput): Schedule {
  const { ops, weaker } = new Scheduler(stages, left, input).run()
  return { ops: [...stages.adds, ...ops, ...stages.removals], weaker }
}

/** Steps of one group that are not done yet, in the order of their stages. */
export interface Unit {
  readonly group: string
  readonly ops: Set<CommitOp>
  /** Steps done by the time when it was last tried in vain. */
  triedAt: number | undefined
}

/** A group is tried again after so many other steps for each of its own. */
const RETRY_SHARE = 1 / 8

export class Scheduler {
  readonly links: LinkWatch
  readonly groups: Unit[]
  readonly #singles: Drain
  /** Whether any step done harmed a link. */
  #harmed = false
  #leastHarm = 0

  constructor({ changes, removals, groups }: GroupedStages, left: ReadonlyMap<TreePath, unknown>, input: CommitInput) {
    this.groups = groups.map((g) => ({
      group: g.name,
      ops: new Set([...g.adds, ...g.changes, ...g.removals]),
      triedAt: undefined,
    }))
    const scheduled = [...changes, ...this.groups.flatMap(({ ops }) => [...ops])]
    this.links = new LinkWatch(scheduled, removals, left, input)
    this.#singles = new Drain(this.links, changes, true, (op) => this.do(op))
  }

  run(): Schedule {
    const singles = this.#singles
    while (singles.left.size + this.groups.length > 0) {
      if (singles.run() || this.#doGroup(true) || singles.runDeferred() || this.#doGroup(false)) continue
      const unit = this.groups.shift()
      if (unit === undefined) this.#force()
      else splitGroup(this, unit)
    }
    return { ops: this.links.done, weaker: this.#weaker() }
  }

  /** Does a step for good. */
  do(op: CommitOp): void {
    if (this.links.harmed(op) !== undefined) this.#harmed = true
    this.links.do(op)
    this.#singles.noticed(op)
  }

  /** Does all steps of a group, next to each other, when each harms nothing in its turn. @param first before other steps are given up: not too often */
  #doGroup(first: boolean): boolean {
    for (const [i, unit] of this.groups.entries()) {
      const mark = this.links.count
      const since = unit.triedAt === undefined ? Infinity : mark - unit.triedAt
      if (first ? since < unit.ops.size * RETRY_SHARE : since === 0) continue
      if (this.#tryGroup(unit)) {
        this.groups.splice(i, 1)
        return true
      }
      unit.triedAt = mark
    }
    return false
  }

  #tryGroup({ ops }: Unit): boolean {
    const mark = this.links.count
    const drain: Drain = new Drain(this.links, ops, true, (op) => {
      this.links.do(op)
      drain.noticed(op)
    })
    while (drain.run() || drain.runDeferred());
    if (drain.left.size > 0) {
      this.links.undoTo(mark)
      return false
    }
    for (const op of ops) this.#singles.noticed(op)
    return true
  }

  /** A step of a group is done by itself. */
  splitOff(op: CommitOp): void {
    const unit = this.groups.find(({ ops }) => ops.has(op))
    unit?.ops.delete(op)
    if (unit?.ops.size === 0) this.groups.splice(this.groups.indexOf(unit), 1)
  }

  /**
   * Every step left harms something: does one that harms least. What was least the last time is good enough at once, so that many equal cases are not all
   * compared each time.
   */
  #force(): void {
    let [best, least]: [CommitOp | undefined, number] = [undefined, Infinity]
    for (const op of this.#singles.left) {
      const harm = weigh(this.links.harm(op))
      if (harm < least) [best, least] = [op, harm]
      if (least <= this.#leastHarm) break
    }
    this.#leastHarm = least
    if (best !== undefined) this.do(best)
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
