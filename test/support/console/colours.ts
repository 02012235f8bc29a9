import type { Page } from 'playwright-core'

/** Colours of a PNG, `r,g,b` each, most frequent first; the page decodes it. */
export const coloursIn = (page: Page, png: Buffer): Promise<readonly string[]> =>
  page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d')
    if (context === null) throw new Error('no canvas')
    context.drawImage(picture, 0, 0)
    const { data } = context.getImageData(0, 0, picture.width, picture.height)
    const counts = new Map<string, number>()
    for (let i = 0; i < data.length; i += 4) {
      const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`
      counts.set(colour, (counts.get(colour) ?? 0) + 1)
    }
    return [...counts].toSorted(([, a], [, b]) => b - a).map(([colour]) => colour)
  }, png.toString('base64'))
