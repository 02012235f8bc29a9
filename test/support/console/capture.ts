import { writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { toSmallWebp } from './small-webp.ts'

/** Two pictures that are alike end the wait for what is drawn later: by workers, observers and fonts. */
const AGAIN_MS = 200
/** A page whose ages go on is never alike for long. */
const TRIES = 12

export type Theme = 'light' | 'dark'

export interface Capture {
  /** Only what this shows. */
  readonly of?: string | undefined
  readonly forcedColors?: 'active' | undefined
}

/** A PNG of the page, once it no longer changes. */
async function capture(page: Page, of: string | undefined): Promise<Buffer> {
  const take = (): Promise<Buffer> => (of === undefined ? page : page.locator(of)).screenshot()
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  let last = await take()
  for (let i = 0; i < TRIES; i++) {
    await page.waitForTimeout(AGAIN_MS)
    const now = await take()
    if (now.equals(last)) break
    last = now
  }
  return last
}

/** Pictures of a page in each theme, a file each: PNG, or a small WebP where the path ends so. Their paths. */
export async function captureThemes(
  page: Page,
  themes: readonly Theme[],
  pathOf: (theme: Theme) => string,
  { of, forcedColors }: Capture = {},
): Promise<readonly string[]> {
  const paths: string[] = []
  // Nothing lies under the pointer.
  await page.mouse.move(0, 0)
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme, ...(forcedColors === undefined ? {} : { forcedColors }) })
    const [path, png] = [pathOf(colorScheme), await capture(page, of)]
    await writeFile(path, path.endsWith('.webp') ? await toSmallWebp(page, png) : png)
    paths.push(path)
  }
  return paths
}
