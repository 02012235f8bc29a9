/**
 * The pictures of the guide, made from the built console over a simulated mesh: every page as a person sees it, in both themes.
 *
 *     npm run pictures -- [NAME…]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BrowserContext, Page } from 'playwright-core'
import { launchChromium } from '../support/chromium.ts'
import { PICTURES, shows } from './picture-list.ts'

const FOLDER = join(import.meta.dirname, '../../docs/pictures')
const MESH = ['--hosts', '2400', '--sites', '14', '--seed', '11', '--json'] as const
const VIEWPORT = { width: 1280, height: 800 } as const
/** Sharp on dense screens, and still small. */
const DENSITY = 1.5
const QUALITY = 70
const THEMES = ['light', 'dark'] as const

/** The picture of a window, as WebP. */
async function take(context: BrowserContext, page: Page, path: string): Promise<void> {
  const session = await context.newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await writeFile(path, Buffer.from(data, 'base64'))
  await session.detach()
}

const only = process.argv.slice(2)
const simulator = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...MESH], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(simulator, 'close')
const browser = await launchChromium()
try {
  const [line] = await Promise.race([once(createInterface({ input: simulator.stdout }), 'line'), ended])
  const { url }: { readonly url: string } = JSON.parse(String(line))
  const context = await browser.newContext({
    viewport: VIEWPORT,
    deviceScaleFactor: DENSITY,
    locale: 'en-GB',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(url)
  await shows('Hosts by site')(page)
  for (const { name, place, until } of PICTURES) {
    if (only.length > 0 && !only.includes(name)) continue
    await page.evaluate((hash) => location.assign(hash), place)
    await until(page)
    await page.mouse.move(0, 0)
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme })
      // What is drawn on canvas follows the theme with the next frame, and a layout in a worker comes to rest.
      await page.waitForTimeout(1500)
      const path = join(FOLDER, `${name}-${colorScheme}.webp`)
      await take(context, page, path)
      console.log(path)
    }
  }
} finally {
  await browser.close()
  simulator.kill('SIGINT')
  await ended
}
