/** Paints waiting surfaces a few milliseconds a frame, so that many large ones never make one late. */
export interface PaintQueue<K> {
  /** Takes the place of what waits for the same surface. */
  add(surface: K, paint: () => void): void
  drop(surface: K): void
}

export interface PaintQueueDeps {
  readonly nextFrame: (run: () => void) => void
  /** Milliseconds from any fixed point. */
  readonly now: () => number
}

/** Half of a frame of a sixtieth of a second. */
export const PAINT_MS = 8

/** Surfaces are painted in the order in which they were added first; at least one a frame. */
export function createPaintQueue<K>({ nextFrame, now }: PaintQueueDeps): PaintQueue<K> {
  const waiting = new Map<K, () => void>()
  let asked = false
  const ask = (): void => {
    if (asked) return
    asked = true
    nextFrame(run)
  }
  const run = (): void => {
    asked = false
    const begunMs = now()
    for (const [surface, paint] of waiting) {
      waiting.delete(surface)
      paint()
      if (now() - begunMs >= PAINT_MS) break
    }
    if (waiting.size > 0) ask()
  }
  return {
    add: (surface, paint) => {
      waiting.set(surface, paint)
      ask()
    },
    drop: (surface) => void waiting.delete(surface),
  }
}
