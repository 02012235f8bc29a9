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
