import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium } from '../chromium.ts'
import { makeFleet } from './fleet.ts'
import { fleetHandlers } from './views.ts'
import { buildWindow, openConsole } from './window.ts'

const [out = '/tmp', ...only] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'shoal-window-'))
await buildWindow(folder)
const browser = await launchChromium()
const hosts = makeFleet(2400)
const PAGES: Record<string, string> = { overview: '#/overview' }
for (const [name, hash] of Object.entries(PAGES)) {
  if (only.length > 0 && !only.includes(name)) continue
  for (const theme of ['light', 'dark'] as const) {
    for (const [width, height] of [
      [1440, 900],
      [1024, 640],
    ] as const) {
      const window = await openConsole(browser, { folder, handlers: fleetHandlers(hosts), hash, theme, width, height })
      await window.page.waitForTimeout(1200)
      await window.page.screenshot({ path: join(out, `${name}-${theme}-${width}.png`) })
      if (window.problems.length > 0) console.log(name, theme, window.problems)
      await window.close()
    }
  }
}
await browser.close()
await rm(folder, { recursive: true })
