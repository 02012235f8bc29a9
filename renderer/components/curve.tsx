import { type ReactElement, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import type { ConvergenceEstimate, CurvePoint } from '../../protocol/control/window.ts'
import { formatCount } from '../state/format.ts'
import { useLook, useWidth } from './waffle.tsx'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Marks of the time axis, as fine as they lie apart, seconds. */
const tickText = (ticks: readonly number[]): string[] => {
  const apart = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const format = apart < 60 ? seconds : apart < 86_400 ? clock : days
  return ticks.map((tick) => format.format(tick * 1000))
}
/** Steps of the time axis, seconds: as fine as it is written, and no finer. */
const TICKS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 7, 14, 30, 90].map((count) => count * 86_400),
]
const FONT = "11px 'Inter Variable', system-ui, sans-serif"

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
  const plot = useRef<uPlot>(undefined)
  const marks = useRef<readonly Mark[]>([])
  const width = useWidth(box)
  const look = useLook()
  marks.current = toMarks(estimate, nowMs)
  const data = toData(points, nowMs, estimate)
  useEffect(() => {
    if (box.current === null) return undefined
    const made = new uPlot(toOptions(box.current, width, height, marks), data, box.current)
    plot.current = made
    return () => made.destroy()
    // Made anew for another size or other colours only; new points are set below.
  }, [width, height, look])
  useEffect(() => void plot.current?.setData(data), [points, nowMs])
  const last = points.at(-1)
  const label =
    last === undefined
      ? 'Convergence over time: nothing is known yet'
      : `Convergence over time: ${formatCount(last.converged)} of ${formatCount(last.hosts)} hosts, ${formatCount(last.failed)} failed, ${formatCount(last.offline)} offline`
  return <div ref={box} className="curve" role="img" aria-label={label} style={{ blockSize: height }} />
}

interface Mark {
  readonly atMs: number
  readonly text: string
  readonly tone: '--quiet' | '--accent'
}

const toMarks = (estimate: ConvergenceEstimate, nowMs: number): readonly Mark[] => {
  const made: Mark[] = []
  const { halfByMs, almostAllByMs } = estimate
  if (halfByMs !== null) made.push({ atMs: halfByMs, text: `half ${clock.format(halfByMs)}`, tone: '--quiet' })
  if (almostAllByMs !== null)
    made.push({
      atMs: almostAllByMs,
      text: `95 % ${clock.format(almostAllByMs)}`,
      tone: almostAllByMs > nowMs ? '--accent' : '--quiet',
    })
  return made
}

function toData(points: readonly CurvePoint[], nowMs: number, estimate: ConvergenceEstimate): uPlot.AlignedData {
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

function toOptions(
  box: HTMLElement,
  width: number,
  height: number,
  marks: React.RefObject<readonly Mark[]>,
): uPlot.Options {
  const colour = (name: string) => (): string => getComputedStyle(box).getPropertyValue(name)
  // Hosts prove a release one by one, at moments: between two of them nothing changes.
  const steps = uPlot.paths.stepped?.({ align: 1 })
  const line = { points: { show: false }, ...(steps === undefined ? {} : { paths: steps }) }
  const axis = {
    stroke: colour('--quiet'),
    font: FONT,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [14, 26, 0, 0],
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, size: 24, space: 64, incrs: [...TICKS], values: (_plot, ticks) => tickText(ticks) },
      {
        ...axis,
        size: 48,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
        values: (_plot, ticks) => ticks.map((tick) => formatCount(tick)),
      },
    ],
    series: [
      {},
      { stroke: colour('--line-strong'), width: 1, dash: [2, 3], ...line },
      { stroke: colour('--away'), width: 1.2, dash: [5, 3], ...line },
      { stroke: colour('--bad'), width: 1.6, ...line },
      {
        stroke: colour('--good'),
        width: 2,
        fill: () => `color-mix(in srgb, ${colour('--good')()} 12%, transparent)`,
        ...line,
      },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks.current, colour)] },
  }
}

/** Vertical lines at the times that are promised, with their words. */
function drawMarks(plot: uPlot, marks: readonly Mark[], colour: (name: string) => () => string): void {
  const { ctx, bbox } = plot
  const scale = devicePixelRatio
  ctx.save()
  ctx.font = `${11 * scale}px 'Inter Variable', system-ui, sans-serif`
  for (const [line, mark] of marks.entries()) {
    const x = Math.round(plot.valToPos(mark.atMs / 1000, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.strokeStyle = colour(mark.tone)()
    ctx.fillStyle = colour(mark.tone)()
    ctx.lineWidth = scale
    ctx.setLineDash([3 * scale, 3 * scale])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const before = x + ctx.measureText(mark.text).width + 6 * scale > bbox.left + bbox.width
    ctx.textAlign = before ? 'right' : 'left'
    ctx.fillText(mark.text, x + (before ? -4 : 4) * scale, bbox.top + (11 + 13 * line) * scale)
  }
  ctx.restore()
}
