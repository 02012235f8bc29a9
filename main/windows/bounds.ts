import type { WindowPlace } from '../settings/schema.ts'

interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const LEAST_WIDTH = 1024
export const LEAST_HEIGHT = 640
const FIRST_SIZE = { width: 1280, height: 800 }
/** So much of a window must be on a screen that a person can take hold of it. */
const GRIP = 64

/** Pure: where the window opens. A place that no screen shows any more is given up, a size that none can show is cut (DESK-7). */
export function openingBounds(place: WindowPlace | undefined, areas: readonly Area[]): Partial<Area> {
  if (place === undefined) return FIRST_SIZE
  const area = areas.find(
    ({ x, y, width, height }) =>
      place.x + place.width >= x + GRIP && place.x <= x + width - GRIP && place.y >= y && place.y <= y + height - GRIP,
  )
  if (area === undefined) return FIRST_SIZE
  return {
    x: place.x,
    y: place.y,
    width: Math.max(LEAST_WIDTH, Math.min(place.width, area.width)),
    height: Math.max(LEAST_HEIGHT, Math.min(place.height, area.height)),
  }
}
