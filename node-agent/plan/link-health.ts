import { LIMITS } from '../../protocol/index.ts'
import type { LinkMeter } from './link-meter.ts'

/** What one link owes, in plain bytes and milliseconds. */
export interface LinkDebt {
  readonly inFlight: number
  /** For so long nothing arrived although something was asked for. */
  readonly silentMs: number
  /** Age of the oldest unanswered request. */
  readonly oldestMs: number
  /** For so long it has been taken for stalled; undefined when it is not. */
  readonly stalledMs: number | undefined
  /** How often in a row it stalled without bringing a chunk in between. */
  readonly stalls: number
}

/** `dead`: its stream is given up. `stalls`, `probe`: it begins to count as stalled, or is tried again. */
export type LinkHealth = 'dead' | 'stalls' | 'probe' | 'unchanged'

/** A stalled peer that owes nothing any more is tried again after this, and each time that it brings nothing after twice as long: a neighbour that is asked is one that others are not asked instead of. */
const PROBE_MS = 20_000
const PROBE_MAX_MS = 10 * 60_000
/** Silence after which a stalled stream is given up and opened afresh. */
const GIVE_UP_MS = 3 * LIMITS.chunkTimeoutMs
/** Multiple of a request's patience after which bytes that trickle in no longer excuse a chunk that does not come. They excuse nothing from a peer that never brought one. */
const TRICKLE = 6

/** Whether a link counts as stalled, with a patience that follows what was measured of it (FETCH-5). */
export function judgeLink(meter: Pick<LinkMeter, 'rate' | 'patienceMs' | 'expectedMs'>, debt: LinkDebt): LinkHealth {
  const { inFlight, silentMs, oldestMs, stalledMs, stalls } = debt
  if (silentMs > GIVE_UP_MS) return 'dead'
  const patienceMs = meter.patienceMs(inFlight)
  const trickleMs = meter.rate === undefined ? patienceMs : TRICKLE * Math.max(patienceMs, meter.expectedMs(inFlight))
  if (silentMs > patienceMs || oldestMs > trickleMs) return stalledMs === undefined ? 'stalls' : 'unchanged'
  const probeMs = Math.min(PROBE_MAX_MS, PROBE_MS * 2 ** (stalls - 1))
  return inFlight === 0 && stalledMs !== undefined && stalledMs > probeMs ? 'probe' : 'unchanged'
}
