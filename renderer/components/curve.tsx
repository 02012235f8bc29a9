import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { ConvergenceEstimate, CurvePoint } from '../../protocol/control/window.ts'
import { formatClock, formatCount } from '../state/format.ts'
import type { CurveData, CurveMark, CurvePlot } from './curve-plot.ts'
import { useLook, useWidth } from './waffle.tsx'

/** Hosts that proved the release over time, those that failed, and those nobody hears; with the times when half and almost all are due. */
export function Curve({
  points,
  estimate,
  nowMs,
  height = 190,
}: {
  readonly points: readonly CurvePoint[]
  readonly estimate: ConvergenceEstimate
  readonly nowMs: number
  readonly height?: number
}): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<CurvePlot>(undefined)
  const marks = useRef<readonly CurveMark[]>([])
  const width = useWidth(box)
  const look = useLook()
  marks.current = toMarks(estimate, nowMs)
  const data = toData(points, nowMs, estimate)
  const latest = useRef(data)
  latest.current = data
  const [, fail] = useState<never>()
  useEffect(() => {
    const element = box.current
    if (element === null || width === undefined) return undefined
    let made: CurvePlot | undefined
    let gone = false
    // What draws is loaded with the first curve: few windows ever show one.
    import('./curve-plot.ts').then(
      ({ makePlot }) => {
        if (gone) return
        made = makePlot(element, { width, height, data: latest.current, marks })
        plot.current = made
      },
      (err: unknown) =>
        fail(() => {
          throw err
        }),
    )
    return () => {
      gone = true
      plot.current = undefined
      made?.destroy()
    }
    // Made anew for another size or other colours only; new points are set below.
  }, [width, height, look])
  useEffect(() => plot.current?.setData(data), [points, nowMs])
  const last = points.at(-1)
  const label =
    last === undefined
      ? 'Convergence over time: nothing is known yet'
      : `Convergence over time: ${formatCount(last.converged)} of ${formatCount(last.hosts)} hosts, ${formatCount(last.failed)} failed, ${formatCount(last.offline)} offline`
  return <div ref={box} className="curve" role="img" aria-label={label} style={{ blockSize: height }} />
}

const toMarks = (estimate: ConvergenceEstimate, nowMs: number): readonly CurveMark[] => {
  const made: CurveMark[] = []
  const { halfByMs, almostAllByMs } = estimate
  if (halfByMs !== null) made.push({ atMs: halfByMs, text: `half ${formatClock(halfByMs)}`, tone: '--quiet' })
  if (almostAllByMs !== null)
    made.push({
      atMs: almostAllByMs,
      text: `95 % ${formatClock(almostAllByMs)}`,
      tone: almostAllByMs > nowMs ? '--accent' : '--quiet',
    })
  return made
}

function toData(points: readonly CurvePoint[], nowMs: number, estimate: ConvergenceEstimate): CurveData {
  const x = points.map((point) => point.atMs / 1000)
  const converged: (number | null)[] = points.map((point) => point.converged)
  const failed: (number | null)[] = points.map((point) => point.failed)
  const offline: (number | null)[] = points.map((point) => point.offline)
  const hosts: (number | null)[] = points.map((point) => point.hosts)
  const last = points.at(-1)
  const more = (atMs: number, isKnown: boolean): void => {
    if (last === undefined || atMs / 1000 <= (x.at(-1) ?? 0)) return
    x.push(atMs / 1000)
    converged.push(isKnown ? last.converged : null)
    failed.push(isKnown ? last.failed : null)
    offline.push(isKnown ? last.offline : null)
    hosts.push(last.hosts)
  }
  // A point is made where something changed: until now nothing has. Then room for what is still to come.
  more(nowMs, true)
  more(estimate.almostAllByMs ?? 0, false)
  return [x, hosts, offline, failed, converged]
}
