import type { ConvergenceEstimate, CurvePoint, HostCondition, HostLine } from '../../protocol/control/index.ts'

/** Nothing is told of the first moments: a rate needs a while to be one. */
const TOO_EARLY_MS = 5_000
/** Hosts that converged in this time tell how fast it goes; without any, nothing moves. */
const PACE_MS = 5 * 60_000
const HALF = 0.5
const ALMOST_ALL = 0.95
/** Hosts that get there by themselves, once they may. */
const COMING: ReadonlySet<HostCondition> = new Set(['updating', 'catching-up', 'waiting', 'current'])

/** A host of the channel; its wave in the newest release, null without waves. */
export interface EstimatedLine {
  readonly line: HostLine
  readonly wave: number | null
}

export interface EstimateInput {
  /** Hosts of the channel. */
  readonly hosts: readonly EstimatedLine[]
  readonly release: number
  readonly publishedMs: number
  readonly curve: readonly CurvePoint[]
  /** Last wave that is open; null without waves. */
  readonly open: number | null
  readonly paused: boolean
  readonly nowMs: number
}

/**
 * When half, and almost all, of the reachable hosts will have proved a release: what transfers under way tell, and the pace of the last minutes
 * for those that have not begun. Hosts that are stuck, or whose wave is not open, are never counted on. Pure (VIEW-7).
 */
export function estimateConvergence(input: EstimateInput): ConvergenceEstimate {
  const { hosts, release, publishedMs, open, paused, nowMs } = input
  const there = hosts.filter(({ line }) => line.state !== 'offline' && line.state !== 'unknown')
  const missing = there.filter(({ line }) => !line.proved || line.release < release)
  const converged = there.length - missing.length
  const counts = { reachable: there.length, offline: hosts.length - there.length }
  const [half, almostAll] = [Math.ceil(there.length * HALF), Math.ceil(there.length * ALMOST_ALL)]
  const none = (without: ConvergenceEstimate['without']): ConvergenceEstimate => ({
    halfByMs: reachedMs(input, half, converged),
    almostAllByMs: reachedMs(input, almostAll, converged),
    without,
    ...counts,
  })
  if (release === 0 || converged >= almostAll) return none(null)
  if (paused) return none('paused')
  if (nowMs - publishedMs < TOO_EARLY_MS) return none('too-early')
  const allowed = missing.filter(({ wave }) => wave === null || open === null || wave <= open)
  const coming = allowed.filter(({ line }) => COMING.has(line.state))
  const secondsLeft = coming.flatMap(({ line }) => line.secondsLeft ?? []).toSorted((a, b) => a - b)
  const pace = paceOf(input)
  const byMs = (count: number): number | null => {
    if (converged >= count) return reachedMs(input, count, converged)
    const wanted = count - converged
    if (wanted > coming.length) return null
    const seconds = secondsLeft[wanted - 1]
    if (seconds !== undefined) return nowMs + seconds * 1000
    // Those that have not begun come after those that are on their way.
    return pace === undefined ? null : Math.round(nowMs + Math.max(wanted * pace, 1000 * (secondsLeft.at(-1) ?? 0)))
  }
  const [halfByMs, almostAllByMs] = [byMs(half), byMs(almostAll)]
  if (almostAllByMs !== null || (halfByMs !== null && converged < half))
    return { halfByMs, almostAllByMs, without: null, ...counts }
  const next = converged < half ? half : almostAll
  if (next - converged <= coming.length) return none('no-progress')
  return none(allowed.length < missing.length && next - converged > allowed.length ? 'gated' : 'stuck')
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
