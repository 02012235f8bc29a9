import { describe, expect, test } from 'vitest'
import { makeFleet } from '../support/console/fleet.ts'
import { findCutOff, walkFocus } from '../support/console/layout.ts'
import { AT_WORK, DIALOGS, FIRST_RUN, goTo, PAGES, type Place } from '../support/console/pages.ts'
import { DIALOG_ANSWERS, firstRun } from '../support/console/states.ts'
import { fleetHandlers } from '../support/console/views.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 240_000
const hosts = makeFleet(600)
const { open } = consoleOver(hosts)

/** CSS pixels, and how many of the screen's make one. */
const SIZES = [
  { name: '1440 × 900 at 200 %', width: 720, height: 450, scale: 2 },
  { name: '1024 × 640', width: 1024, height: 640, scale: 1 },
  { name: '320 CSS pixels wide', width: 320, height: 568, scale: 1 },
  { name: '1280 × 1024 at 400 %', width: 320, height: 256, scale: 1 },
] as const

type Size = (typeof SIZES)[number]

const fed = () => fleetHandlers(hosts, DIALOG_ANSWERS)

/** Goes to each place in one window, and says what is wrong there. */
async function problemsAt(places: readonly Place[], size: Size, handlers = fed()): Promise<readonly string[]> {
  const window = await open({ handlers, width: size.width, height: size.height, scale: size.scale })
  const found: string[] = []
  for (const place of places) {
    await goTo(window.page, place)
    const { stops, problems } = await walkFocus(window.page)
    if (stops.length === 0) found.push(`${place.name}: the keyboard stops nowhere`)
    for (const problem of [...(await findCutOff(window.page)), ...problems]) found.push(`${place.name}: ${problem}`)
  }
  expect(window.problems).toEqual([])
  await window.close()
  return found
}

describe.each(SIZES)('console, $name', { timeout: TEST_MS }, (size) => {
  test('WCAG-1 WCAG-2 pages: nothing is cut off or scrolls sideways, and the focus is always seen', async () => {
    expect(await problemsAt(PAGES, size)).toEqual([])
  })

  test('WCAG-1 WCAG-2 in the middle of something: selected hosts, every step of publishing', async () => {
    expect(await problemsAt(AT_WORK, size)).toEqual([])
  })

  test('WCAG-1 WCAG-2 questions over a page fit, or scroll in themselves', async () => {
    expect(await problemsAt(DIALOGS, size)).toEqual([])
  })

  test('WCAG-1 WCAG-2 first run', async () => {
    expect(await problemsAt(FIRST_RUN, size, firstRun())).toEqual([])
  })
})
