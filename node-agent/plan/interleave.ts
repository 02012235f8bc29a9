import type { LinkWatch } from './link-watch.ts'
import type { Scheduler, Unit } from './schedule.ts'
import type { CommitOp } from './types.ts'

/** Beyond so many steps in between or in all, it is not tried whether each has to lie there. */
const MAX_TRIED = 64
const MAX_STEPS = 4096

/**
 * Does the steps of a group that cannot be adjacent, with as little in between as links allow: a step in between is chosen that lets the group go on,
 * and what turns out not to be needed there goes after it.
 */
export function splitGroup(scheduler: Scheduler, unit: Unit): void {
  const { links } = scheduler
  const members = new Set(unit.ops)
  const isMember = new Set(unit.ops)
  const begin = links.count
  while (members.size > 0) {
    const op = findFirst(members, (member) => scheduler.harmless(member)) ?? helper(scheduler, members)
    if (op === undefined) break
    if (!members.delete(op)) scheduler.splitOff(op)
    scheduler.do(op)
  }
  tighten(links, begin, isMember)
}

/** A step that is not the group's: it harms nothing and lets one of the group follow, or harms nothing; or else harms least, the group's own included. */
function helper(scheduler: Scheduler, members: ReadonlySet<CommitOp>): CommitOp | undefined {
  const { links } = scheduler
  const others = scheduler.groups.flatMap(({ ops }) => [...ops])
  const possible = [...scheduler.harmlessSingles(), ...others.filter((op) => scheduler.harmless(op))]
  const helps = (op: CommitOp): boolean => {
    const mark = links.count
    links.do(op)
    const found = findFirst(members, (member) => scheduler.harmless(member)) !== undefined
    links.undoTo(mark)
    return found
  }
  return possible.find(helps) ?? possible[0] ?? scheduler.leastHarmful([...members, ...scheduler.singles, ...others])
}

function findFirst(ops: ReadonlySet<CommitOp>, fit: (op: CommitOp) => boolean): CommitOp | undefined {
  for (const op of ops) if (fit(op)) return op
  return undefined
}

/** Puts what need not lie between the group's steps after them. */
function tighten(links: LinkWatch, begin: number, members: ReadonlySet<CommitOp>): void {
  let order = links.done.slice(begin)
  const between = (): readonly CommitOp[] => {
    const [first, last] = [order.findIndex((op) => members.has(op)), order.findLastIndex((op) => members.has(op))]
    return order.slice(first, last).filter((op) => !members.has(op))
  }
  const harmOf = (ops: readonly CommitOp[]): number => {
    links.undoTo(begin)
    let sum = 0
    for (const op of ops) {
      const { dangling, astray } = links.harm(op)
      sum += dangling.length * 1e6 + astray.length
      links.do(op)
    }
    return sum
  }
  const tried = between()
  if (tried.length > MAX_TRIED || order.length > MAX_STEPS) return
  let least = harmOf(order)
  for (const op of tried.toReversed()) {
    const last = order.findLastIndex((other) => members.has(other))
    const without = order.filter((other) => other !== op)
    const moved = [...without.slice(0, last), op, ...without.slice(last)]
    const harm = harmOf(moved)
    if (harm > least) continue
    ;[order, least] = [moved, harm]
  }
  harmOf(order)
}
