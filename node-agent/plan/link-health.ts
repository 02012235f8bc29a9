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
}

/** `dead`: its stream is given up. `stalls`, `probe`: it begins to count as stalled, or is tried again. */
export type LinkHealth = 'dead' | 'stalls' | 'probe' | 'unchanged'

/** A stalled peer that owes nothing any more is tried again after this. */
const PROBE_MS = 10_000
/** Silence after which a stalled stream is given up and opened afresh. */
const GIVE_UP_MS = 3 * LIMITS.chunkTimeoutMs
/** Multiple of a request's patience after which bytes that trickle in no longer excuse a chunk that does not come. */
const TRICKLE = 6

/** Whether a link counts as stalled, with a patience that follows what was measured of it (FETCH-5). */
export function judgeLink(meter: Pick<LinkMeter, 'patienceMs' | 'expectedMs'>, debt: LinkDebt): LinkHealth {
  const { inFlight, silentMs, oldestMs, stalledMs } = debt
  if (silentMs > GIVE_UP_MS) return 'dead'
  const patienceMs = meter.patienceMs(inFlight)
  const trickles = oldestMs > TRICKLE * Math.max(patienceMs, meter.expectedMs(inFlight))
  if (silentMs > patienceMs || trickles) return stalledMs === undefined ? 'stalls' : 'unchanged'
  return inFlight === 0 && stalledMs !== undefined && stalledMs > PROBE_MS ? 'probe' : 'unchanged'
}
