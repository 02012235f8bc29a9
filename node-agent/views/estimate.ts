import type { ConvergenceEstimate, CurvePoint, HostLine } from '../../protocol/control/index.ts'

/** Nothing is told of the first moments: a rate needs a while to be one. */
const TOO_EARLY_MS = 5_000
/** Hosts that converged in this time tell how fast it goes; without any, nothing moves. */
const PACE_MS = 5 * 60_000
const HALF = 0.5
const ALMOST_ALL = 0.95

export interface EstimateInput {
  /** Hosts of the channel. */
  readonly lines: readonly HostLine[]
  readonly release: number
  readonly publishedMs: number
  readonly curve: readonly CurvePoint[]
  readonly paused: boolean
  readonly nowMs: number
}

/**
 * When half, and almost all, of the reachable hosts will have proved a release: what transfers under way tell, and the pace of the last minutes
 * for those that have not begun. Pure (VIEW-7).
 */
export function estimateConvergence(input: EstimateInput): ConvergenceEstimate {
  const { lines, release, publishedMs, paused, nowMs } = input
  const there = lines.filter(({ state }) => state !== 'offline' && state !== 'unknown')
  const converged = there.filter((line) => line.proved && line.release >= release).length
  const counts = { reachable: there.length, offline: lines.length - there.length }
  const wanted = (share: number): number => Math.ceil(there.length * share)
  const none = (without: ConvergenceEstimate['without']): ConvergenceEstimate => ({
    halfByMs: reachedMs(input, wanted(HALF), converged),
    almostAllByMs: reachedMs(input, wanted(ALMOST_ALL), converged),
    without: converged >= wanted(ALMOST_ALL) ? null : without,
    ...counts,
  })
  if (there.length === 0 || release === 0) return none(null)
  if (converged >= wanted(ALMOST_ALL)) return none(null)
  if (paused) return none('paused')
  if (nowMs - publishedMs < TOO_EARLY_MS) return none('too-early')
  const secondsLeft = there.flatMap((line) => line.secondsLeft ?? []).toSorted((a, b) => a - b)
  const pace = paceOf(input)
  if (secondsLeft.length === 0 && pace === undefined) return none('no-progress')
  const byMs = (count: number): number | null => {
    if (converged >= count) return reachedMs(input, count, converged)
    const missing = count - converged
    const seconds = secondsLeft[missing - 1]
    if (seconds !== undefined) return nowMs + seconds * 1000
    // Those that have not begun come after those that are on their way.
    return pace === undefined ? null : Math.round(nowMs + Math.max(missing * pace, 1000 * (secondsLeft.at(-1) ?? 0)))
  }
  return { halfByMs: byMs(wanted(HALF)), almostAllByMs: byMs(wanted(ALMOST_ALL)), without: null, ...counts }
}

/** When so many had proved it; null when they have not, or it was not seen. */
function reachedMs({ curve }: EstimateInput, count: number, converged: number): number | null {
  if (count === 0 || converged < count) return null
  return curve.find((point) => point.converged >= count)?.atMs ?? null
}

/** Milliseconds a host, of the last minutes; undefined when none converged in them. */
function paceOf({ curve, nowMs, publishedMs }: EstimateInput): number | undefined {
  const sinceMs = Math.max(publishedMs, nowMs - PACE_MS)
  const before = curve.findLast(({ atMs }) => atMs <= sinceMs) ?? curve[0]
  const last = curve.at(-1)
  if (before === undefined || last === undefined || last.converged <= before.converged) return undefined
  return (nowMs - Math.max(sinceMs, before.atMs)) / (last.converged - before.converged)
}
