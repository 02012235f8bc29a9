/**
 * The pictures of the guide, made from the built console over a simulated mesh that stands still: every page as a person sees it, in both themes.
 *
 *     npm run pictures -- [NAME…]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { launchChromium } from '../support/chromium.ts'
import { captureThemes, type Theme } from '../support/console/capture.ts'
import { goTo } from '../support/console/pages.ts'
import { PICTURES } from './picture-list.ts'

const FOLDER = join(import.meta.dirname, '../../docs/pictures')
const AT = '2026-06-12T13:52:00Z'
const MESH = ['--hosts', '2400', '--sites', '14', '--seed', '11', '--at', AT, '--json'] as const
const VIEWPORT = { width: 1280, height: 720 } as const
const THEMES = ['light', 'dark'] as const

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
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  // The window's own clock stands still, too.
  await page.clock.setFixedTime(AT)
  await page.goto(url)
  for (const picture of PICTURES) {
    if (only.length > 0 && !only.includes(picture.name)) continue
    await goTo(page, picture)
    const pathOf = (theme: Theme): string => join(FOLDER, `${picture.name}-${theme}.webp`)
    const paths = await captureThemes(page, THEMES, pathOf, { of: picture.of })
    console.log(paths.join('\n'))
  }
} finally {
  await browser.close()
  simulator.kill('SIGINT')
  await ended
}
