import { HOST_CONDITIONS } from '../../protocol/control/window.ts'
import { MARKS } from '../state/mark.ts'
import { changedSquares, type WaffleLayout } from '../state/waffle.ts'

/** Squares to be drawn. */
export interface WafflePicture {
  /** Index into HOST_CONDITIONS a host. */
  readonly states: Uint8Array
  readonly layout: WaffleLayout
  /** CSS pixels. */
  readonly width: number
  /** Another one when colours may be others. */
  readonly look: number
}

/** What is on a canvas, and the colours that it was drawn in. */
export interface Drawn extends WafflePicture {
  readonly scale: number
  readonly colours: Colours
}

interface Colours {
  readonly ground: string
  readonly of: readonly string[]
}

/** Below this pitch there is no room for shapes: hollow and full are what is left. */
const SHAPES_FROM = 8

/** Draws the squares that are not as they were drawn before; all of them where their places, or the colours, have changed. */
export function drawWaffle(canvas: HTMLCanvasElement, picture: WafflePicture, before: Drawn | undefined): Drawn {
  const { states, layout, width, look } = picture
  const scale = devicePixelRatio
  const same =
    before !== undefined &&
    before.scale === scale &&
    before.width === width &&
    before.look === look &&
    before.layout.pitch === layout.pitch &&
    before.layout.height === layout.height &&
    before.layout.columns === layout.columns
  const colours = same ? before.colours : coloursOf(canvas)
  const changed = same ? changedSquares(before.states, states) : null
  if (!same) {
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(layout.height * scale)
  }
  const context = canvas.getContext('2d')
  if (context !== null) {
    context.setTransform(scale, 0, 0, scale, 0, 0)
    if (changed === null) context.clearRect(0, 0, width, layout.height)
    drawSquares(context, picture, colours, changed)
  }
  return { ...picture, scale, colours }
}

function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas)
  return {
    ground: style.getPropertyValue('--panel'),
    of: HOST_CONDITIONS.map((condition) =>
      style.getPropertyValue(condition === 'current' ? '--calm' : `--${MARKS[condition].tone}`),
    ),
  }
}

/** @param changed those that are drawn again; all for null */
function drawSquares(
  context: CanvasRenderingContext2D,
  { states, layout: { pitch, columns } }: WafflePicture,
  { ground, of }: Colours,
  changed: readonly number[] | null,
): void {
  const side = pitch - (pitch > 5 ? 2 : 1)
  const count = changed?.length ?? states.length
  for (let n = 0; n < count; n++) {
    const i = changed === null ? n : (changed[n] ?? 0)
    const code = states[i] ?? 0
    const x = (i % columns) * pitch
    const y = Math.floor(i / columns) * pitch
    if (changed !== null) context.clearRect(x, y, pitch, pitch)
    square(context, HOST_CONDITIONS[code] ?? 'unknown', of[code] ?? '', ground, x, y, side, pitch >= SHAPES_FROM)
  }
}

type Condition = (typeof HOST_CONDITIONS)[number]

function square(
  context: CanvasRenderingContext2D,
  condition: Condition,
  colour: string,
  ground: string,
  x: number,
  y: number,
  side: number,
  shapes: boolean,
): void {
  context.fillStyle = colour
  context.strokeStyle = colour
  const hollow = condition === 'offline' || condition === 'waiting' || condition === 'idle' || condition === 'unknown'
  if (!hollow) {
    context.fillRect(x, y, side, side)
  } else {
    context.lineWidth = 1
    context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1)
  }
  if (!shapes) return
  const mid = side / 2
  context.strokeStyle = hollow ? colour : ground
  context.fillStyle = hollow ? colour : ground
  context.lineWidth = 1.4
  switch (condition) {
    case 'updating':
    case 'catching-up':
      context.fillRect(x + 1, y + 1, side - 2, mid - 1)
      return
    case 'failed':
    case 'rolled-back':
    case 'refused':
    case 'drifted':
      context.beginPath()
      context.moveTo(x + 2.5, y + 2.5)
      context.lineTo(x + side - 2.5, y + side - 2.5)
      if (condition === 'failed') {
        context.moveTo(x + side - 2.5, y + 2.5)
        context.lineTo(x + 2.5, y + side - 2.5)
      }
      context.stroke()
      return
    case 'held':
    case 'paused':
      context.fillRect(x + mid - 1.5, y + 2, 1, side - 4)
      context.fillRect(x + mid + 0.5, y + 2, 1, side - 4)
      return
    case 'unknown':
    case 'waiting':
      context.fillRect(x + mid - 1, y + mid - 1, 2, 2)
      return
    default:
  }
}
