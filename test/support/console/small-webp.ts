import type { Page } from 'playwright-core'

/** A window has few colours: with so many of them no text is blurred. */
const COLOURS = 52
/** The most frequent of all are kept whatever lies beside them. */
const KEPT = 8
/** Then those that are unlike all others, however rare: a mark of a few pixels means something by its colour. Then those that are no shade of another. */
const UNLIKE = 60
const SHADE = 8

/** A PNG as a WebP without loss but for its rarest colours, which become the nearest of the others: small, and sharp. The page encodes it. */
export async function toSmallWebp(page: Page, png: Buffer): Promise<Buffer> {
  const webp = await page.evaluate(reduce, [png.toString('base64'), COLOURS, KEPT, [UNLIKE, SHADE]] as const)
  return Buffer.from(webp, 'base64')
}

/** Runs in the page. */
async function reduce([base64, most, kept, steps]: readonly [
  string,
  number,
  number,
  readonly number[],
]): Promise<string> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.drawImage(picture, 0, 0)
  const image = context.getImageData(0, 0, picture.width, picture.height)
  const pixels = new Uint32Array(image.data.buffer)
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const distance = (a: number, b: number): number =>
    Math.hypot((a & 255) - (b & 255), ((a >> 8) & 255) - ((b >> 8) & 255), ((a >> 16) & 255) - ((b >> 16) & 255))
  const frequent = [...counts].toSorted(([, a], [, b]) => b - a).map(([colour]) => colour)
  const palette = frequent.slice(0, kept)
  for (const apart of steps)
    for (const colour of frequent)
      if (palette.length < most && palette.every((one) => distance(one, colour) > apart)) palette.push(colour)
  const nearest = new Map<number, number>()
  for (const colour of counts.keys()) {
    const [first = colour] = palette
    nearest.set(
      colour,
      palette.reduce((best, one) => (distance(one, colour) < distance(best, colour) ? one : best), first),
    )
  }
  for (const [at, pixel] of pixels.entries()) pixels[at] = nearest.get(pixel) ?? pixel
  context.putImageData(image, 0, 0)
  // The best quality is the encoding without loss.
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 1 })
  let text = ''
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte)
  return btoa(text)
}
