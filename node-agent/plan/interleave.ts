import { Drain } from './drain.ts'
import { type LinkWatch, weigh } from './link-watch.ts'
import type { CommitOp } from './types.ts'

/** What interleaving needs of the scheduler. */
export interface Interleaving {
  readonly links: LinkWatch
  /** Takes a step out of the group that it belongs to. */
  splitOff(op: CommitOp): void
  /** Does a step for good. */
  do(op: CommitOp): void
}

/** It is tried whether each step in between has to lie there as long as that looks at no more steps than this. */
const MAX_LOOKS = 20_000
/** Steps looked at to find what holds a group up. */
const MAX_SEARCHED = 1000

/**
 * Does the steps of a group that cannot be adjacent, with as little in between as links allow: a step in between is one that the group waits for, and
 * what turns out not to be needed there goes after it.
 */
export function splitGroup(scheduler: Interleaving, unit: { readonly ops: Set<CommitOp> }): void {
  const { links } = scheduler
  const begin = links.count
  const act = (op: CommitOp): void => {
    if (!unit.ops.has(op)) scheduler.splitOff(op)
    scheduler.do(op)
    drain.noticed(op)
  }
  const drain = new Drain(links, unit.ops, true, act)
  while (drain.left.size > 0) {
    if (drain.run() || drain.runDeferred()) continue
    const [held] = drain.left
    if (held !== undefined) act(helper(links, held))
  }
  tighten(links, begin, unit.ops)
}

/** Of the steps that one waits for, and those wait for in turn: the nearest that harms nothing, or else the one that harms least. */
function helper(links: LinkWatch, held: CommitOp): CommitOp {
  const seen = new Set([held])
  let [best, least] = [held, Infinity]
  for (const op of seen) {
    const harm = links.harm(op)
    const weight = weigh(harm)
    if (weight === 0) return op
    if (weight < least) [best, least] = [op, weight]
    if (seen.size > MAX_SEARCHED) continue
    for (const link of [...harm.dangling, ...harm.astray].slice(0, MAX_SEARCHED)) {
      for (const path of links.blockersOf(op, link)) {
        const blocker = links.pendingAt(path)
        if (blocker !== undefined) seen.add(blocker)
      }
    }
  }
  return best
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
      sum += weigh(links.harm(op))
      links.do(op)
    }
    return sum
  }
  const tried = between()
  if (tried.length * order.length > MAX_LOOKS) return
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
