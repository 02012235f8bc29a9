import type { NetworkHop, NetworkLink, NetworkUpdate } from '../../../protocol/control/window.ts'
import { openCanvas } from '../../components/canvas.ts'
import { countOf } from '../../state/format.ts'
import type { Point } from '../../state/layout.ts'
import { MARK_ORDER, MARKS } from '../../state/mark.ts'
import { createLinkStates, type LinkState, linkText, rateOf } from '../../state/network.ts'
import { showText } from '../../state/text.ts'

/** Place of a site on the canvas, CSS pixels. */
export interface Placed extends Point {
  readonly radius: number
}

export interface MapPicture {
  readonly update: NetworkUpdate
  /** In the order of the update's sites. */
  readonly placed: readonly Placed[]
  /** Site whose links stand out. */
  readonly focus: string | undefined
  readonly path: readonly NetworkHop[]
  readonly nowMs: number
}

interface Brush {
  readonly context: CanvasRenderingContext2D
  colour(name: string): string
}

/** A line as wide as it gets carries at least so much, bytes a second: a trickle is a thin line even where nothing else flows. */
const WIDE_RATE = 2 ** 20
/** With more links only those of the site in focus, and those that carry most, have words. */
const WORDED = 16
/** With more sites only what is wrong stands below their names. */
const CROWD = 20
const FONT = "'Inter Variable', system-ui, sans-serif"

const LINES: Readonly<Record<LinkState, { readonly colour: string; readonly dash: readonly number[] }>> = {
  direct: { colour: '--line-strong', dash: [] },
  relayed: { colour: '--held', dash: [6, 5] },
  stale: { colour: '--away', dash: [2, 4] },
  cut: { colour: '--bad', dash: [2, 4] },
}

/** Draws sites and links. Colours come from the canvas's own style. */
export function drawMap(canvas: HTMLCanvasElement, picture: MapPicture, width: number, height: number): void {
  const context = openCanvas(canvas, width, height)
  if (context === undefined) return
  const style = getComputedStyle(canvas)
  const colours = new Map<string, string>()
  const colour = (name: string): string => {
    const value = colours.get(name) ?? style.getPropertyValue(name)
    colours.set(name, value)
    return value
  }
  const brush: Brush = { context, colour }
  drawLinks(brush, picture)
  drawSites(brush, picture)
}

function drawLinks(brush: Brush, picture: MapPicture): void {
  const { update, placed, focus, path, nowMs } = picture
  const places = new Map(update.sites.map((site, place) => [site.site, place]))
  const stateOf = createLinkStates(update)
  const fastest = Math.max(WIDE_RATE, ...update.links.map((link) => rateOf(link) ?? 0))
  const onPath = new Set(path.flatMap(({ fromSite, toSite }) => [`${fromSite} ${toSite}`, `${toSite} ${fromSite}`]))
  const words: (Words & { readonly worth: number })[] = []
  // Where lines lie thick, those that carry most stand out.
  const dense = update.links.length > 4 * WORDED && focus === undefined
  const most = new Set(update.links.toSorted((x, y) => (rateOf(y) ?? 0) - (rateOf(x) ?? 0)).slice(0, WORDED))
  for (const link of update.links) {
    const [a, b] = [placed[places.get(link.a) ?? -1], placed[places.get(link.b) ?? -1]]
    if (a === undefined || b === undefined) continue
    const here = onPath.has(`${link.a} ${link.b}`)
    const near = focus === undefined || link.a === focus || link.b === focus
    const rate = rateOf(link) ?? 0
    const cross = stateOf(link) === 'cut' && near
    drawLine(brush, a, b, {
      ...LINES[stateOf(link)],
      ...(here && { colour: '--accent' }),
      width: Math.max(here ? 3 : 1, dense && !most.has(link) ? 1 : 1 + 6 * Math.sqrt(rate / fastest)),
      alpha: here ? 1 : !near ? 0.1 : dense && !most.has(link) ? 0.18 : 0.9,
      cross,
    })
    if (!near && !here) continue
    words.push({ text: linkText(link, nowMs), cross, a, b, worth: worthOf(link, here, focus !== undefined) })
  }
  const worded = words.filter(({ text }) => text !== '').toSorted((x, y) => y.worth - x.worth)
  drawWords(brush, focus === undefined ? worded.slice(0, WORDED) : worded, placed)
}

const worthOf = (link: NetworkLink, onPath: boolean, focused: boolean): number =>
  (onPath ? 1e15 : 0) + (rateOf(link) ?? 0) + (focused && link.stale ? -1 : 0)

interface Words {
  readonly text: string
  readonly cross: boolean
  readonly a: Point
  readonly b: Point
}

/** Where on a line its words may stand, as shares of the way, the best first; a cut has its cross in the middle. */
const SPOTS = [0.5, 0.4, 0.6, 0.3, 0.7]
const CROSS = 0.5

const along = (a: Point, b: Point, share: number): Point => ({
  x: a.x + (b.x - a.x) * share,
  y: a.y + (b.y - a.y) * share,
})

function drawLine(
  { context, colour }: Brush,
  a: Point,
  b: Point,
  line: {
    readonly colour: string
    readonly dash: readonly number[]
    readonly width: number
    readonly alpha: number
    readonly cross: boolean
  },
): void {
  context.strokeStyle = colour(line.colour)
  context.globalAlpha = line.alpha
  context.lineWidth = line.width
  context.setLineDash([...line.dash])
  context.beginPath()
  context.moveTo(a.x, a.y)
  context.lineTo(b.x, b.y)
  context.stroke()
  context.setLineDash([])
  if (line.cross) {
    const { x, y } = along(a, b, CROSS)
    context.lineWidth = 2
    context.beginPath()
    context.moveTo(x - 5, y - 5)
    context.lineTo(x + 5, y + 5)
    context.moveTo(x + 5, y - 5)
    context.lineTo(x - 5, y + 5)
    context.stroke()
  }
  context.globalAlpha = 1
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/** Words of links, the worthiest first; none over another, nor over a site. */
function drawWords({ context, colour }: Brush, words: readonly Words[], placed: readonly Placed[]): void {
  context.font = `11px ${FONT}`
  context.textAlign = 'center'
  const taken: Box[] = placed.flatMap(({ x, y, radius }) => [
    { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius },
    { left: x - 30, right: x + 30, top: y + radius, bottom: y + radius + 34 },
  ])
  for (const { cross, a, b } of words) {
    const { x, y } = along(a, b, CROSS)
    if (cross) taken.push({ left: x - 8, right: x + 8, top: y - 8, bottom: y + 8 })
  }
  for (const { text, a, b } of words) {
    const half = context.measureText(text).width / 2 + 3
    const boxes = SPOTS.map((share) => along(a, b, share)).map(({ x, y }): Box => ({
      left: x - half,
      right: x + half,
      top: y - 8,
      bottom: y + 8,
    }))
    const box = boxes.find((one) => !taken.some((other) => meet(one, other)))
    if (box === undefined) continue
    taken.push(box)
    context.fillStyle = colour('--panel')
    context.fillRect(box.left, box.top, 2 * half, 16)
    context.fillStyle = colour('--quiet')
    context.fillText(text, box.left + half, box.top + 12)
  }
}

/** Text that is read over lines, too. */
function write({ context, colour }: Brush, text: string, ink: string, { x, y }: Point): void {
  context.strokeStyle = colour('--panel')
  context.lineWidth = 4
  context.lineJoin = 'round'
  context.strokeText(text, x, y)
  context.fillStyle = colour(ink)
  context.fillText(text, x, y)
}

function drawSites(brush: Brush, { update, placed, focus }: MapPicture): void {
  const { context, colour } = brush
  const first = new Set(update.parts[0]?.sites ?? [])
  const crowded = update.sites.length > CROWD
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
      context.globalAlpha = state === 'offline' || state === 'waiting' || state === 'idle' ? 0.85 : 1
      context.beginPath()
      context.moveTo(at.x, at.y)
      context.arc(at.x, at.y, at.radius, angle, angle + 2 * Math.PI * share)
      context.closePath()
      context.fill()
      angle += 2 * Math.PI * share
    }
    context.globalAlpha = 1
    const ringed = site.site === focus || site.site === update.selfSite
    context.strokeStyle = colour(ringed ? '--accent' : '--panel')
    context.lineWidth = site.site === focus ? 3 : ringed ? 2 : 1
    context.beginPath()
    context.arc(at.x, at.y, at.radius + 3, 0, 2 * Math.PI)
    context.stroke()
    context.textAlign = 'center'
    context.font = `600 12px ${FONT}`
    write(brush, showText(site.site, { max: 24 }), '--text', { x: at.x, y: at.y + at.radius + 17 })
    context.font = `11px ${FONT}`
    const cut = site.heardMs !== null && !first.has(site.site)
    const text = cut ? 'cut off' : site.heard === 0 ? 'silent' : crowded ? '' : countOf(site.hosts, 'host')
    write(brush, text, cut ? '--bad' : '--quiet', { x: at.x, y: at.y + at.radius + 31 })
  }
}
