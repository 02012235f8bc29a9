import { type ReactElement, useEffect, useRef } from 'react'
import type { NetworkUpdate } from '../../../protocol/control/window.ts'
import { useLook, useWidth } from '../../components/waffle.tsx'
import { countOf } from '../../state/format.ts'
import type { Point } from '../../state/layout.ts'
import { MARK_ORDER, MARKS } from '../../state/mark.ts'
import { linkText, rateOf, toLayoutInput } from '../../state/network.ts'
import { showText } from '../../state/text.ts'
import { useLayout } from './use-layout.ts'

const HEIGHT = 380
const PAD = 56
/** Below a site its name and number stand. */
const LABEL = 34

/** A line as wide as it gets carries at least so much, bytes a second: a trickle is a thin line even where nothing else flows. */
const WIDE_RATE = 2 ** 20

interface Placed extends Point {
  readonly radius: number
}

/** Sites as discs of their hosts' states, links as wide as what passes over them. The tables below say the same in words. */
export function NetworkMap({
  update,
  onPick,
}: {
  readonly update: NetworkUpdate
  readonly onPick: (site: string) => void
}): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(canvas)
  const look = useLook()
  const points = useLayout(toLayoutInput(update))
  const placed = points === undefined ? [] : fit(points, toLayoutInput(update).radii, width)
  useEffect(() => {
    if (canvas.current !== null && placed.length === update.sites.length) draw(canvas.current, update, placed, width)
  }, [update, points, width, look])
  return (
    <canvas
      ref={canvas}
      className="network-map"
      role="img"
      aria-label={`${countOf(update.sites.length, 'site')} and ${countOf(update.links.length, 'link')} between them; the tables below say which`}
      style={{ blockSize: HEIGHT }}
      onClick={(event) => {
        const { offsetX: x, offsetY: y } = event.nativeEvent
        const hit = placed.findIndex((site) => Math.hypot(site.x - x, site.y - y) <= site.radius + 4)
        const site = update.sites[hit]
        if (site !== undefined) onPick(site.site)
      }}
    />
  )
}

/** Moves and scales the layout into the canvas. */
function fit(points: readonly Point[], radii: readonly number[], width: number): readonly Placed[] {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const scaleX = (width - 2 * PAD) / Math.max(1, right - left)
  const scaleY = (HEIGHT - 2 * PAD - LABEL) / Math.max(1, bottom - top)
  const scale = Math.min(1.6, scaleX, scaleY)
  const stretchX = Math.min(scaleX, scale * 1.6)
  return points.map((point, place) => ({
    x: width / 2 + (point.x - (left + right) / 2) * stretchX,
    y: (HEIGHT - LABEL) / 2 + (point.y - (top + bottom) / 2) * scale,
    radius: radii[place] ?? 14,
  }))
}

function draw(canvas: HTMLCanvasElement, update: NetworkUpdate, placed: readonly Placed[], width: number): void {
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(HEIGHT * scale)
  const context = canvas.getContext('2d')
  if (context === null) return
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  const colour = (name: string): string => style.getPropertyValue(name)
  const places = new Map(update.sites.map((site, place) => [site.site, place]))
  const fastest = Math.max(WIDE_RATE, ...update.links.map((link) => rateOf(link) ?? 0))
  context.font = "11px 'Inter Variable', system-ui, sans-serif"
  context.textAlign = 'center'
  for (const link of update.links) {
    const a = placed[places.get(link.a) ?? -1]
    const b = placed[places.get(link.b) ?? -1]
    if (a === undefined || b === undefined) continue
    const relayed = link.connections > 0 && link.relayed === link.connections
    context.strokeStyle = colour(relayed ? '--held' : '--line-strong')
    context.globalAlpha = 0.65
    context.lineWidth = 1 + 6 * Math.sqrt((rateOf(link) ?? 0) / fastest)
    context.setLineDash(relayed ? [6, 5] : [])
    context.beginPath()
    context.moveTo(a.x, a.y)
    context.lineTo(b.x, b.y)
    context.stroke()
    context.setLineDash([])
    context.globalAlpha = 1
    const text = linkText(link)
    if (text === '') continue
    const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2]
    const half = context.measureText(text).width / 2 + 4
    context.fillStyle = colour('--panel')
    context.fillRect(x - half, y - 8, 2 * half, 16)
    context.fillStyle = colour('--quiet')
    context.fillText(text, x, y + 4)
  }
  for (const [place, site] of update.sites.entries()) {
    const at = placed[place]
    if (at === undefined) continue
    let angle = -Math.PI / 2
    context.fillStyle = colour('--panel')
    context.beginPath()
    context.arc(at.x, at.y, at.radius + 2, 0, 2 * Math.PI)
    context.fill()
    for (const state of MARK_ORDER) {
      const share = site.hosts === 0 ? 0 : site.counts[state] / site.hosts
      if (share === 0) continue
      context.fillStyle = colour(state === 'current' ? '--calm' : `--${MARKS[state].tone}`)
      context.globalAlpha = state === 'offline' || state === 'waiting' || state === 'idle' ? 0.45 : 1
      context.beginPath()
      context.moveTo(at.x, at.y)
      context.arc(at.x, at.y, at.radius, angle, angle + 2 * Math.PI * share)
      context.closePath()
      context.fill()
      angle += 2 * Math.PI * share
    }
    context.globalAlpha = 1
    context.strokeStyle = colour(site.site === update.selfSite ? '--accent' : '--panel')
    context.lineWidth = site.site === update.selfSite ? 2 : 1
    context.beginPath()
    context.arc(at.x, at.y, at.radius + 3, 0, 2 * Math.PI)
    context.stroke()
    context.fillStyle = colour('--text')
    context.font = "600 12px 'Inter Variable', system-ui, sans-serif"
    context.fillText(showText(site.site, { max: 24 }), at.x, at.y + at.radius + 17)
    context.font = "11px 'Inter Variable', system-ui, sans-serif"
    context.fillStyle = colour('--quiet')
    context.fillText(site.heard === 0 ? 'silent' : countOf(site.hosts, 'host'), at.x, at.y + at.radius + 31)
  }
}
