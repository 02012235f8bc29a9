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
const THEMES = process.env['SHOTS'] === 'all' ? (['light', 'dark'] as const) : (['light'] as const)
const SIZES =
  process.env['SHOTS'] === 'all'
    ? ([
        [1440, 900],
        [1024, 640],
      ] as const)
    : ([[1280, 800]] as const)
const PAGES: Record<string, string> = {
  overview: '#/overview',
  hosts: '#/hosts?q=-is:current',
  drawer: '#/hosts?q=is:failed&host=ams2-0012',
  rollouts: '#/rollouts',
  rollout: '#/rollouts/web',
  releases: '#/releases',
  release: '#/releases/web/42?from=41',
  publish: '#/publish',
  network: '#/network?from=oslo-0001&to=nyc3-0002',
  alerts: '#/alerts',
  activity: '#/activity',
  access: '#/access',
  keys: '#/access/keys',
  settings: '#/settings',
}
for (const [name, hash] of Object.entries(PAGES)) {
  if (only.length > 0 && !only.includes(name)) continue
  for (const theme of THEMES) {
    for (const [width, height] of SIZES) {
      const window = await openConsole(browser, { folder, handlers: fleetHandlers(hosts), hash, theme, width, height })
      await window.page.waitForTimeout(900)
      await window.page.screenshot({ path: join(out, `${name}-${theme}-${width}.png`) })
      if (window.problems.length > 0) console.log(name, theme, window.problems)
      await window.close()
    }
  }
}
await browser.close()
await rm(folder, { recursive: true })
