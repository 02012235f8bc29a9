import { type ReactElement, useEffect, useMemo, useRef } from 'react'
import type { NetworkHop, NetworkUpdate } from '../../../protocol/control/window.ts'
import { useLook, useWidth } from '../../components/waffle.tsx'
import { countOf } from '../../state/format.ts'
import type { Point } from '../../state/layout.ts'
import { LINK_STATES, toLayoutInput } from '../../state/network.ts'
import { drawMap, type Placed } from './draw-map.ts'
import { useLayout } from './use-layout.ts'

const LEAST_HEIGHT = 380
const MOST_HEIGHT = 760
/** Every site has about so much room, square pixels. */
const SITE_ROOM = 20_000
const PAD = 56
/** Until the page has said how wide it is. */
const FIRST_WIDTH = 600
const LEAST_RADIUS = 9
/** Below a site its name and number stand. */
const LABEL = 34

/** Sites as discs of their hosts' states, links as wide as what comes over them. The tables below say the same in words. */
export function NetworkMap({
  update,
  focus,
  path,
  nowMs,
  onPick,
}: {
  readonly update: NetworkUpdate
  readonly focus: string | undefined
  readonly path: readonly NetworkHop[]
  readonly nowMs: number
  readonly onPick: (site: string | undefined) => void
}): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const known = useWidth(canvas)
  const width = known ?? FIRST_WIDTH
  const look = useLook()
  const input = useMemo(() => toLayoutInput(update), [update])
  const points = useLayout(input)
  const height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, (update.sites.length * SITE_ROOM) / Math.max(width, 1)))
  const placed = useMemo(
    () => (points === undefined ? [] : fit(points, input.radii, width, height)),
    [points, input, width, height],
  )
  useEffect(() => {
    if (canvas.current !== null && known !== undefined && placed.length === update.sites.length) {
      drawMap(canvas.current, { update, placed, focus, path, nowMs }, width, height)
    }
  }, [update, placed, known, width, height, look, focus, path])
  return (
    <>
      <canvas
        ref={canvas}
        className="network-map"
        role="img"
        aria-label={`${countOf(update.sites.length, 'site')} and ${countOf(update.links.length, 'link')} between them; the tables below say which`}
        style={{ blockSize: height }}
        onClick={(event) => {
          const { offsetX: x, offsetY: y } = event.nativeEvent
          const hit = placed.findIndex((site) => Math.hypot(site.x - x, site.y - y) <= site.radius + 4)
          onPick(update.sites[hit]?.site)
        }}
      />
      <Legend />
    </>
  )
}

/** Moves and scales the layout into the canvas. */
function fit(points: readonly Point[], radii: readonly number[], width: number, height: number): readonly Placed[] {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const scaleX = (width - 2 * PAD) / Math.max(1, right - left)
  const scaleY = (height - 2 * PAD - LABEL) / Math.max(1, bottom - top)
  const scale = Math.min(1.6, scaleX, scaleY)
  const stretchX = Math.min(scaleX, scale * 2.2)
  const places = points.map((point) => ({
    x: width / 2 + (point.x - (left + right) / 2) * stretchX,
    y: (height - LABEL) / 2 + (point.y - (top + bottom) / 2) * scale,
  }))
  const shrink = Math.min(1, Math.max(LEAST_RADIUS, (nearest(places) - LABEL) / 2) / Math.max(...radii, 1))
  return places.map((place, at) => ({ ...place, radius: Math.max(LEAST_RADIUS, (radii[at] ?? 14) * shrink) }))
}

/** The least distance between any two. */
function nearest(places: readonly Point[]): number {
  let least = Number.POSITIVE_INFINITY
  for (const [at, one] of places.entries()) {
    for (const other of places.slice(at + 1)) least = Math.min(least, Math.hypot(one.x - other.x, one.y - other.y))
  }
  return least
}

/** What the lines mean. */
function Legend(): ReactElement {
  return (
    <ul className="network-legend small quiet" aria-label="Lines">
      {(['direct', 'relayed', 'stale', 'cut'] as const).map((state) => (
        <li key={state}>
          <span className={`line ${state}`} aria-hidden="true" /> {LEGEND[state]}
        </li>
      ))}
      <li>Wider: more comes now</li>
    </ul>
  )
}

const LEGEND = {
  direct: LINK_STATES.direct,
  relayed: LINK_STATES.relayed,
  stale: 'last word of hosts that are silent',
  cut: 'cut: no way is left',
} as const
