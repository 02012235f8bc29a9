import { type ReactElement, useEffect, useRef, useState } from 'react'
import { createPaintQueue } from '../state/paint-queue.ts'
import { layoutWaffle, squareAt } from '../state/waffle.ts'
import { type Drawn, drawWaffle } from './draw-waffle.ts'

const paints = createPaintQueue<HTMLCanvasElement>({
  nextFrame: (run) => requestAnimationFrame(run),
  now: () => performance.now(),
})
/** Until the page has said how wide it is. */
const FIRST_WIDTH = 600

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
  const layout = layoutWaffle(states.length, width ?? FIRST_WIDTH, pitch)
  const look = useLook()
  const drawn = useRef<Drawn>(undefined)
  useEffect(() => {
    const element = canvas.current
    if (element === null || width === undefined) return
    paints.add(element, () => {
      drawn.current = drawWaffle(element, { states, layout, width, look }, drawn.current)
    })
  }, [states, layout.columns, layout.height, pitch, width, look])
  useEffect(() => {
    const element = canvas.current
    return () => (element === null ? undefined : paints.drop(element))
  }, [])
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

/** The width that the page gives an element, CSS pixels; undefined before it was laid out. It is told, never asked for: to ask makes the page lay everything out at once. */
export function useWidth(ref: React.RefObject<HTMLElement | null>): number | undefined {
  const [width, setWidth] = useState<number>()
  useEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const watch = new ResizeObserver(([entry]) => {
      const inline = entry?.contentBoxSize[0]?.inlineSize
      if (inline !== undefined) setWidth(Math.max(40, Math.floor(inline)))
    })
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
