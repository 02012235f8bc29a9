import uPlot from 'uplot'
import { formatClock, formatCount } from '../state/format.ts'
import { lazy } from '../state/lazy.ts'

const seconds = lazy(() => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' }))
const days = lazy(() => new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }))

/** Marks of the time axis, as fine as they lie apart, seconds. */
const tickText = (ticks: readonly number[]): string[] => {
  const apart = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const format = apart < 60 ? seconds().format : apart < 86_400 ? formatClock : days().format
  return ticks.map((tick) => format(tick * 1000))
}
/** Steps of the time axis, seconds: as fine as it is written, and no finer. */
const TICKS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3600),
  ...[1, 2, 7, 14, 30, 90].map((count) => count * 86_400),
]
const FONT = "11px 'Inter Variable', system-ui, sans-serif"

/** A time that is promised, with its words. */
export interface CurveMark {
  readonly atMs: number
  readonly text: string
  readonly tone: '--quiet' | '--accent'
}

/** Times in seconds, then hosts, those offline, failed and converged. */
export type CurveData = uPlot.AlignedData

export interface CurvePlot {
  setData(data: CurveData): void
  destroy(): void
}

export interface CurveInit {
  readonly width: number
  readonly height: number
  readonly data: CurveData
  /** Read at every drawing. */
  readonly marks: { readonly current: readonly CurveMark[] }
}

/** Draws a curve into a box. */
export const makePlot = (box: HTMLElement, { width, height, data, marks }: CurveInit): CurvePlot =>
  new uPlot(toOptions(box, width, height, marks), data, box)

function toOptions(box: HTMLElement, width: number, height: number, marks: CurveInit['marks']): uPlot.Options {
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
function drawMarks(plot: uPlot, marks: readonly CurveMark[], colour: (name: string) => () => string): void {
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
