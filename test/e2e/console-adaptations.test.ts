import { describe, expect, test } from 'vitest'
import { colourOn, coloursIn, contrastOf } from '../support/console/contrast.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { findCutOff, walkFocus } from '../support/console/layout.ts'
import { AT_WORK, DIALOGS, goTo, PAGES } from '../support/console/pages.ts'
import { DIALOG_ANSWERS, silent } from '../support/console/states.ts'
import { fleetHandlers } from '../support/console/views.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 240_000
const hosts = makeFleet(600)
const { open } = consoleOver(hosts)
const THEMES = ['light', 'dark'] as const

/** WCAG 1.4.12: so much a person may ask for. */
const SPACING = `
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
  p { margin-block-end: 2em !important; }
`

describe('console, as a person has set the system', { timeout: TEST_MS }, () => {
  test.each([
    { width: 1280, height: 800 },
    { width: 320, height: 568 },
  ])('WCAG-3 text may be spaced out, $width CSS pixels wide', async (size) => {
    const window = await open({ handlers: fleetHandlers(hosts, DIALOG_ANSWERS), bypassCSP: true, ...size })
    await window.page.addStyleTag({ content: SPACING })
    const found: string[] = []
    for (const place of [...PAGES, ...DIALOGS]) {
      await goTo(window.page, place)
      for (const problem of await findCutOff(window.page)) found.push(`${place.name}: ${problem}`)
    }
    expect(found).toEqual([])
    await window.close()
  })

  test.each(THEMES)(
    'WCAG-4 forced colours, %s: what is chosen, the focus and the bars are still seen',
    async (theme) => {
      const window = await open({ handlers: fleetHandlers(hosts, DIALOG_ANSWERS) })
      await window.page.emulateMedia({ forcedColors: 'active', colorScheme: theme })
      const found: string[] = []
      for (const place of [...PAGES, ...AT_WORK]) {
        await goTo(window.page, place)
        const { chosen, unseen } = await window.page.evaluate(chosenIn)
        expect(chosen, place.name).toBeGreaterThan(0)
        for (const one of unseen) found.push(`${place.name}: not seen to be chosen: ${one}`)
        for (const problem of (await walkFocus(window.page)).problems) found.push(`${place.name}: ${problem}`)
      }
      expect(found).toEqual([])
      await window.page.evaluate(() => {
        location.hash = '#/overview'
      })
      const bar = window.page.locator('.bar').first()
      await bar.waitFor()
      expect((await coloursIn(window.page, await bar.screenshot())).length).toBeGreaterThan(3)
      await window.close()
    },
  )

  test('WCAG-5 nothing moves when the system asks for less motion', async () => {
    const window = await open({ handlers: silent() })
    const moving = (): Promise<number> =>
      window.page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length)
    await window.page.emulateMedia({ reducedMotion: 'no-preference' })
    await goTo(window.page, { hash: '#/settings', text: 'This window' })
    // There is something that would move.
    await expect.poll(moving).toBeGreaterThan(0)
    await window.page.emulateMedia({ reducedMotion: 'reduce' })
    for (const { name, hash } of PAGES) {
      await goTo(window.page, { hash, text: '' })
      await expect.poll(moving, { message: name }).toBe(0)
    }
    await window.close()
  })

  test.each(THEMES)('WCAG-10 contrast of what is drawn, %s, fed and greyed', async (theme) => {
    const window = await open({ handlers: fleetHandlers(hosts), theme })
    const { page } = window
    const tokens = async (selector: string): Promise<void> => {
      const panel = await colourOn(page, selector, '--panel')
      for (const name of ['--text', '--quiet', '--accent', '--bad'])
        expect(contrastOf(await colourOn(page, selector, name), panel), `${name} as text`).toBeGreaterThanOrEqual(4.5)
      expect(contrastOf(await colourOn(page, selector, '--calm'), panel), '--calm').toBeGreaterThanOrEqual(3)
      for (const ground of [panel, await colourOn(page, selector, '--sunken')])
        for (const name of MARKS_AND_LINES)
          expect(contrastOf(await colourOn(page, selector, name), ground), name).toBeGreaterThanOrEqual(3)
    }
    const drawn = async (canvas: string): Promise<void> => {
      const panel = await colourOn(page, '.panel', '--panel')
      const colours = await coloursIn(page, await page.locator(canvas).first().screenshot(), 0.004)
      // What lies in the panel's own colour over another is rounded.
      const inks = colours.filter((colour) => contrastOf(colour, panel) > 1.05)
      expect(inks.length, canvas).toBeGreaterThan(1)
      for (const ink of inks) expect(contrastOf(ink, panel), `${canvas} ${ink.join()}`).toBeGreaterThanOrEqual(3)
    }
    for (const [hash, text, canvas] of [
      ['#/overview', 'Hosts by site', 'canvas.waffle'],
      ['#/network', 'Between sites', 'canvas.network-map'],
    ] as const) {
      await goTo(page, { hash, text })
      await page.waitForFunction((one) => {
        const element = document.querySelector<HTMLCanvasElement>(one)
        const pixels = element?.getContext('2d')?.getImageData(0, 0, element.width, element.height).data
        return pixels?.some((value) => value > 0)
      }, canvas)
      await tokens('.panel')
      await drawn(canvas)
      await window.sever(true)
      await page.locator('[data-stale=true] .panel').first().waitFor()
      await tokens('[data-stale=true] .panel')
      await window.sever(false)
      await page.locator('[data-stale=true]').first().waitFor({ state: 'detached' })
    }
    await window.close()
  })
})

/** Marks of states, bars, squares, borders of controls, lines of charts. */
const MARKS_AND_LINES = [
  '--good',
  '--busy',
  '--wait',
  '--held',
  '--back',
  '--away',
  '--odd',
  '--bad',
  '--line-strong',
  '--accent',
] as const

/** Runs in the page: what is chosen, and of it what does not have the system's colour for that. */
function chosenIn(): { readonly chosen: number; readonly unseen: readonly string[] } {
  const probe = document.body.appendChild(document.createElement('i'))
  Object.assign(probe.style, { background: 'Highlight', forcedColorAdjust: 'none' })
  const highlight = getComputedStyle(probe).backgroundColor
  probe.remove()
  const all = [
    ...document.querySelectorAll(
      '[aria-pressed=true], [aria-current=page], [aria-current=step] > button, [aria-selected=true], .table-row[data-open]',
    ),
  ].filter((one) => one.checkVisibility())
  const unseen = all.filter((one) => getComputedStyle(one).backgroundColor !== highlight)
  return { chosen: all.length, unseen: unseen.map((one) => (one.textContent ?? '').slice(0, 40)) }
}
