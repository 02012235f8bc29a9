import { LIMITS, type PeerKey } from '../../protocol/index.ts'
import type { FetchPlan } from './fetch-plan.ts'
import type { PlanLink } from './plan-link.ts'

/** What is fetched at the same time, each thing with its plan. */
export interface PlannedJob {
  readonly plan: FetchPlan
}

/** Chunks to be asked of one peer in one message. */
export interface FetchRequest<L extends PlanLink, J extends PlannedJob> {
  readonly link: L
  readonly job: J
  readonly chunks: readonly number[]
  /** Their plain bytes together. */
  readonly bytes: number
}

export interface RequestInit<L extends PlanLink, J extends PlannedJob> {
  readonly links: readonly L[]
  readonly jobs: readonly J[]
  /** Bytes asked of all peers or not yet kept. */
  readonly pendingBytes: () => number
  /** Bytes that limits and budgets let be asked over a link for a job now. */
  readonly allowed: (link: L, job: J) => number
}

/** Share of the window at which it is filled up again. */
const REFILL = 0.75
/** The end game is worth it where the holder needs this many times as long, and at least so much longer. */
const END_GAME_GAIN = 2
const END_GAME_LEAST_MS = 100

/**
 * Chooses what is asked of whom now, from what is missing, who has it, how the links were measured, what is asked for already, and what limits allow (PLAN-REQUEST). No
 * I/O, no clock: the same on hosts and in simulations.
 *
 * Whoever iterates carries out each request before taking the next: `inFlight` and `pendingBytes` count it by then. Its chunks count as asked in the job's plan at once.
 */
export function* planRequests<L extends PlanLink, J extends PlannedJob>(
  init: RequestInit<L, J>,
): Generator<FetchRequest<L, J>, void, undefined> {
  const { links, jobs, pendingBytes, allowed } = init
  const linkOf = new Map(links.map((link) => [link.peer.peer, link]))
  for (const link of nearestFirst(links)) {
    const free = LIMITS.inFlightTotalBytes - pendingBytes()
    if (free <= 0) return
    // Asked in batches: a message a chunk would cost more than it gains.
    if (link.closed || link.inFlight > link.window * REFILL) continue
    let room = Math.min(link.window - link.inFlight, free)
    for (const job of jobs) {
      while (room > 0) {
        const chunks = chunksFor(link, job, Math.min(room, allowed(link, job)), linkOf)
        if (chunks.length === 0) break
        const bytes = chunks.reduce((sum, chunk) => sum + job.plan.sizeOf(chunk), 0)
        room -= bytes
        yield { link, job, chunks, bytes }
      }
    }
  }
}

/** What nobody was asked for; when there is none left, what slower peers owe and this one would bring much sooner. */
function chunksFor(
  link: PlanLink,
  { plan }: PlannedJob,
  maxBytes: number,
  linkOf: ReadonlyMap<PeerKey, PlanLink>,
): readonly number[] {
  if (maxBytes <= 0) return []
  const chunks = plan.take(link.peer.peer, maxBytes, LIMITS.chunksPerWant)
  if (chunks.length > 0) return chunks
  return plan.double(link.peer.peer, maxBytes, (holder, chunk) => {
    const slower = linkOf.get(holder)
    const theirs = slower?.expectedMs(slower.inFlight) ?? Number.POSITIVE_INFINITY
    return theirs > END_GAME_GAIN * link.expectedMs(plan.sizeOf(chunk)) + END_GAME_LEAST_MS
  })
}

/** The own site, then who is reached directly, each by how soon a chunk would come: what several could deliver comes from the first (FETCH-3). */
function nearestFirst<L extends PlanLink>(links: readonly L[]): readonly L[] {
  const distance = new Map(links.map((link) => [link, link.expectedMs(LIMITS.chunkBytes)]))
  const far = ({ peer: { sameSite, relayed } }: L): number => (sameSite ? 0 : 1) + (relayed ? 2 : 0)
  return links.toSorted((a, b) => far(a) - far(b) || (distance.get(a) ?? 0) - (distance.get(b) ?? 0))
}
