import { type ReactElement, useEffect, useRef, useState } from 'react'
import { HOST_CONDITIONS } from '../../protocol/control/window.ts'
import { MARKS } from '../state/mark.ts'
import { layoutWaffle, squareAt } from '../state/waffle.ts'
import { openCanvas } from './canvas.ts'

/** One square a host. Below this pitch there is no room for shapes: hollow and full are what is left. */
const SHAPES_FROM = 8

/** Hosts of one group as squares: colour and shape are the state. What it says stands in words beside it. */
export function Waffle({
  states,
  pitch,
  label,
  onPoint,
  onPick,
}: {
  /** Index into HOST_CONDITIONS a host. */
  readonly states: Uint8Array
  readonly pitch: number
  readonly label: string
  /** The host under the pointer, and where it is on the page; undefined when there is none. */
  readonly onPoint?: (index: number | undefined, x: number, y: number) => void
  readonly onPick?: (index: number) => void
}): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(canvas)
  const layout = layoutWaffle(states.length, width, pitch)
  const look = useLook()
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, states, layout.columns, layout.height, pitch, width)
  }, [states, layout.columns, layout.height, pitch, width, look])
  const indexOf = (event: React.MouseEvent): number | undefined =>
    squareAt(layout, states.length, event.nativeEvent.offsetX, event.nativeEvent.offsetY)
  return (
    <canvas
      ref={canvas}
      className="waffle"
      role="img"
      aria-label={label}
      style={{ blockSize: layout.height }}
      onMouseMove={(event) => onPoint?.(indexOf(event), event.clientX, event.clientY)}
      onMouseLeave={() => onPoint?.(undefined, 0, 0)}
      onClick={(event) => {
        const index = indexOf(event)
        if (index !== undefined) onPick?.(index)
      }}
    />
  )
}

function draw(
  canvas: HTMLCanvasElement,
  states: Uint8Array,
  columns: number,
  height: number,
  pitch: number,
  width: number,
): void {
  const context = openCanvas(canvas, width, height)
  if (context === undefined) return
  const style = getComputedStyle(canvas)
  const colours = HOST_CONDITIONS.map((condition) =>
    style.getPropertyValue(condition === 'current' ? '--calm' : `--${MARKS[condition].tone}`),
  )
  const ground = style.getPropertyValue('--panel')
  const side = pitch - (pitch > 5 ? 2 : 1)
  for (let i = 0; i < states.length; i++) {
    const code = states[i] ?? 0
    const x = (i % columns) * pitch
    const y = Math.floor(i / columns) * pitch
    square(context, HOST_CONDITIONS[code] ?? 'unknown', colours[code] ?? '', ground, x, y, side, pitch >= SHAPES_FROM)
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

/** The width that the page gives an element, CSS pixels. */
export function useWidth(ref: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(600)
  useEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const read = (): void => setWidth(Math.max(40, Math.floor(element.clientWidth)))
    read()
    const watch = new ResizeObserver(read)
    watch.observe(element)
    return () => watch.disconnect()
  }, [ref])
  return width
}

/** Changes when colours may have changed: what is drawn on a canvas is drawn again then. */
export function useLook(): number {
  const [look, setLook] = useState(0)
  useEffect(() => {
    const changed = (): void => setLook((count) => count + 1)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const watch = new MutationObserver(changed)
    dark.addEventListener('change', changed)
    watch.observe(document.documentElement, {
      attributes: true,
      subtree: true,
      attributeFilter: ['data-theme', 'data-stale'],
    })
    return () => {
      dark.removeEventListener('change', changed)
      watch.disconnect()
    }
  }, [])
  return look
}
