import { CONTROL_LIMITS, type CurvePoint, type HostLine } from '../../protocol/control/index.ts'

/** The point of a curve that lines of a channel make. Pure. */
export function pointOf(lines: readonly HostLine[], release: number, atMs: number): CurvePoint {
  let [converged, failed, offline] = [0, 0, 0]
  for (const { state, release: live, proved } of lines) {
    if (live >= release && proved) converged++
    if (state === 'offline' || state === 'unknown') offline++
    else if (state === 'failed' || state === 'rolled-back' || state === 'refused') failed++
  }
  return { atMs, hosts: lines.length, converged, failed, offline }
}

const isSame = (a: CurvePoint, b: CurvePoint): boolean =>
  a.hosts === b.hosts && a.converged === b.converged && a.failed === b.failed && a.offline === b.offline

/** So long after its release a first look may come, and the curve still begins with the release itself. */
const FIRST_LOOK_MS = 60_000

/** The curve as it is shown: from the moment of the release, when nobody had it, to `now`, if it is still the newest one. Pure (VIEW-7). */
export function curveSince(
  publishedMs: number,
  curve: readonly CurvePoint[],
  now: CurvePoint | undefined,
): readonly CurvePoint[] {
  const whole = now === undefined ? curve : withPoint(curve, now)
  const [first] = whole
  if (first === undefined || first.atMs <= publishedMs || first.atMs - publishedMs > FIRST_LOOK_MS) return whole
  return [{ ...first, atMs: publishedMs, converged: 0, failed: 0 }, ...whole]
}

/** The curve with one more point: only where something has changed, and thinned out when it grows past `limit`. Pure. */
export function withPoint(
  curve: readonly CurvePoint[],
  point: CurvePoint,
  limit: number = CONTROL_LIMITS.curvePoints,
): readonly CurvePoint[] {
  const last = curve.at(-1)
  if (last !== undefined && (isSame(last, point) || point.atMs <= last.atMs)) return curve
  const longer = [...curve, point]
  if (longer.length <= limit) return longer
  // Every second one but the newest: what is long past is seen in less detail, and its shape stays.
  return longer.filter((_, i) => i % 2 === 0 || i === longer.length - 1)
}
