import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launchChromium } from '../chromium.ts'
import { makeFleet } from './fleet.ts'
import { captureThemes } from './capture.ts'
import { AT_WORK, DIALOGS, goTo, PAGES } from './pages.ts'
import { DIALOG_ANSWERS } from './states.ts'
import { fleetHandlers } from './views.ts'
import { buildWindow, openConsole } from './window.ts'

/** Pictures of every place of the console to look at while it is worked on: `shots.ts FOLDER [NAME…] [--size 1280x800]… [--theme dark]… [--forced]`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', multiple: true, default: ['1280x800'] },
    theme: { type: 'string', multiple: true, default: ['light'] },
    hosts: { type: 'string', default: '2400' },
    forced: { type: 'boolean', default: false },
  },
})
const [out = tmpdir(), ...only] = positionals
const folder = await mkdtemp(join(tmpdir(), 'shoal-window-'))
await buildWindow(folder)
const browser = await launchChromium()
const themes = values.theme.map((theme) => (theme === 'dark' ? 'dark' : 'light'))
const handlers = fleetHandlers(makeFleet(Number(values.hosts)), DIALOG_ANSWERS)

for (const size of values.size) {
  const [width = 1280, height = 800] = size.split('x').map(Number)
  const window = await openConsole(browser, { folder, handlers, width, height })
  for (const place of [...PAGES, ...DIALOGS, ...AT_WORK]) {
    const wanted = only.length === 0 || only.some((name) => place.name.startsWith(name))
    // A step of publishing begins where the one before ended.
    if (!wanted && !AT_WORK.includes(place)) continue
    await goTo(window.page, place)
    if (!wanted) continue
    const name = place.name.replaceAll(/\W+/g, '-')
    const end = values.forced ? '-forced' : ''
    await captureThemes(window.page, themes, (theme) => join(out, `${name}-${theme}-${size}${end}.png`), {
      forcedColors: values.forced ? 'active' : undefined,
    })
  }
  if (window.problems.length > 0) console.log(size, window.problems)
  await window.close()
}
await browser.close()
await rm(folder, { recursive: true })
