import type { Page } from 'playwright-core'

/** Shares of a colour's red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number]

/** Pure: WCAG's contrast of two colours, 1 to 21. */
export function contrastOf(a: Colour, b: Colour): number {
  const [light, dark] = [luminanceOf(a), luminanceOf(b)].toSorted((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

function luminanceOf(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** The colour that a custom property has on an element, computed by the browser. */
export const colourOn = (page: Page, selector: string, property: string): Promise<Colour> =>
  page
    .locator(selector)
    .first()
    .evaluate((element, name) => {
      const probe = element.appendChild(document.createElement('i'))
      probe.style.color = `var(${name})`
      const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number)
      probe.remove()
      return [red, green, blue] as const
    }, property)

/** Colours of a picture that take at least such a share of it, most frequent first; the page decodes the PNG. */
export const coloursIn = (page: Page, png: Buffer, share = 0): Promise<readonly Colour[]> =>
  page.evaluate(
    async ([base64, least]) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d')
      if (context === null) throw new Error('no canvas')
      context.drawImage(picture, 0, 0)
      const { data } = context.getImageData(0, 0, picture.width, picture.height)
      const counts = new Map<number, number>()
      for (let i = 0; i < data.length; i += 4) {
        const colour = ((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0)
        counts.set(colour, (counts.get(colour) ?? 0) + 1)
      }
      return [...counts]
        .filter(([, count]) => count >= (least * data.length) / 4)
        .toSorted(([, a], [, b]) => b - a)
        .map(([colour]) => [colour >> 16, (colour >> 8) & 255, colour & 255] as const)
    },
    [png.toString('base64'), share] as const,
  )
