import { crc32, deflateSync } from 'node:zlib'

type Colour = readonly [red: number, green: number, blue: number]
const WATER: Colour = [23, 78, 116]
const FISH: Colour = [232, 244, 250]
const ALERT: Colour = [214, 58, 48]
/** Five fish of a shoal that swims to the right: centres in 32nds of the side, and half lengths. */
const SHOAL = [
  [9, 10, 4],
  [20, 8, 4],
  [14, 16, 5],
  [24, 21, 4],
  [10, 23, 4],
] as const
/** Samples a pixel and direction: edges are smooth. */
const FINE = 4

/** The app's icon as a PNG, drawn: square, `side` pixels; with a red dot while something waits for a person. */
export function drawIcon(side: number, alert = false): Buffer {
  const row = 1 + side * 4
  const raw = Buffer.alloc(row * side)
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) raw.set(pixel(x, y, side, alert), y * row + 1 + x * 4)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // Eight bits, with alpha.
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function pixel(x: number, y: number, side: number, alert: boolean): readonly number[] {
  const sum = [0, 0, 0]
  let covered = 0
  for (let at = 0; at < FINE * FINE; at++) {
    const colour = colourAt(
      ((x + ((at % FINE) + 0.5) / FINE) / side) * 32,
      ((y + (Math.floor(at / FINE) + 0.5) / FINE) / side) * 32,
      alert,
    )
    if (colour === undefined) continue
    covered++
    for (const [channel, value] of colour.entries()) sum[channel] = (sum[channel] ?? 0) + value
  }
  return [
    ...sum.map((value) => (covered === 0 ? 0 : Math.round(value / covered))),
    Math.round((covered / FINE ** 2) * 255),
  ]
}

/** Colour at a point of a 32 × 32 square; undefined outside the disc. */
function colourAt(x: number, y: number, alert: boolean): Colour | undefined {
  if (alert && (x - 25) ** 2 + (y - 7) ** 2 <= 7 ** 2) return ALERT
  if ((x - 16) ** 2 + (y - 16) ** 2 > 15.5 ** 2) return undefined
  return SHOAL.some(([cx, cy, half]) => isFish(x - cx, y - cy, half)) ? FISH : WATER
}

/** A body that narrows to both ends, and a tail behind it. */
function isFish(dx: number, dy: number, half: number): boolean {
  if (Math.abs(dx) <= half) return Math.abs(dy) <= (half / 2) * (1 - (dx / half) ** 2)
  const behind = -dx - half
  return behind >= 0 && behind <= half / 2 && Math.abs(dy) <= behind * 0.9
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
