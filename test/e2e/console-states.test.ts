import { describe, expect, test } from 'vitest'
import { findViolations } from '../support/console/axe.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { goTo, PAGES } from '../support/console/pages.ts'
import { empty, refusing, silent } from '../support/console/states.ts'
import { fleetHandlers } from '../support/console/views.ts'
import type { ConsoleWindow } from '../support/console/window.ts'
import { consoleOver } from '../support/console/with-console.ts'

const THEMES = ['light', 'dark'] as const
const TEST_MS = 180_000

/** What a page without anything says. */
const EMPTY: Readonly<Record<string, string>> = {
  overview: 'No host has joined yet',
  hosts: 'No host has joined yet',
  rollouts: 'Nothing was published yet',
  releases: 'Nothing was published in this mesh yet',
  publish: 'Choose a folder…',
  network: 'There is only this console',
  alerts: 'All quiet',
  activity: 'Nothing was signed in this mesh yet',
  access: 'No machine has joined yet',
}

const hosts = makeFleet(600)
const { open } = consoleOver(hosts)

/** Looks at the page in both themes. */
async function look(window: ConsoleWindow, name: string): Promise<void> {
  for (const theme of THEMES) {
    await window.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    expect(await findViolations(window.page), `${name}, ${theme}`).toEqual([])
  }
}

describe('console, every page and state', () => {
  test(
    'CONSOLE-26 fed: no violation of WCAG 2.2 AA in either theme, at either size',
    { timeout: TEST_MS },
    async () => {
      for (const [width, height] of [
        [1440, 900],
        [1024, 640],
      ] as const) {
        const window = await open({
          handlers: fleetHandlers(hosts),
          bypassCSP: true,
          width,
          height,
        })
        for (const place of PAGES) {
          await goTo(window.page, place)
          await look(window, `${place.name} ${width}`)
        }
        expect(window.problems).toEqual([])
        await window.close()
      }
    },
  )

  test('CONSOLE-26 under the real policy: no error in the console of any page', { timeout: TEST_MS }, async () => {
    const window = await open({ handlers: fleetHandlers(hosts) })
    for (const place of PAGES) await goTo(window.page, place)
    // Drawn by a worker: it was started under the policy of Trusted Types.
    await goTo(window.page, { hash: '#/network', text: 'Sites' })
    await window.page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas.network-map')
      // A canvas on which nothing was drawn is as small as it can be when it is written as a picture.
      return (canvas?.toDataURL().length ?? 0) > 10_000
    })
    expect(window.problems).toEqual([])
    await window.close()
  })

  test('CONSOLE-27 empty: every page says what it means, and what to do next', { timeout: TEST_MS }, async () => {
    const window = await open({ handlers: empty(), bypassCSP: true })
    for (const { name, hash } of PAGES) {
      const text = EMPTY[name]
      if (text === undefined) continue
      await goTo(window.page, { hash: hash.replace(/\?.*/, ''), text })
      await look(window, `${name}, empty`)
    }
    expect(window.problems).toEqual([])
    await window.close()
  })

  test(
    'CONSOLE-27 refused: the reason stands on the page in the agent’s words, and it can be tried again',
    { timeout: TEST_MS },
    async () => {
      const window = await open({ handlers: refusing(), bypassCSP: true })
      for (const { name, hash } of PAGES) {
        if (name === 'rollouts') continue
        await goTo(window.page, { hash, text: 'STORE_CORRUPT' })
        await window.page.getByRole('button', { name: 'Try again' }).first().waitFor()
        await look(window, `${name}, refused`)
      }
      await goTo(window.page, { hash: '#/alerts', text: 'STORE_CORRUPT' })
      window.serve(fleetHandlers(hosts))
      await window.page.getByRole('button', { name: 'Try again' }).click()
      await window.page.getByText('Seen, and going on').waitFor()
      await window.close()
    },
  )

  test(
    'CONSOLE-27 loading: a page that is not fed yet says so, and shows nothing as if it were true',
    { timeout: TEST_MS },
    async () => {
      const window = await open({ handlers: silent(), bypassCSP: true })
      for (const { name, hash } of PAGES) {
        if (name === 'rollouts' || name === 'overview') continue
        await goTo(window.page, { hash, text: '' })
        await window.page
          .getByRole('status')
          .filter({ hasText: /Loading/ })
          .first()
          .waitFor()
        await look(window, `${name}, loading`)
      }
      await window.close()
    },
  )

  test(
    'CONSOLE-27 disconnected: what was shown stays, greyed, with its age, and is fed again when the agent is back',
    { timeout: TEST_MS },
    async () => {
      const window = await open({ handlers: fleetHandlers(hosts), bypassCSP: true })
      for (const place of PAGES) {
        const { name, text } = place
        await goTo(window.page, place)
        await window.sever(true)
        await window.page.getByText('The agent does not answer.').waitFor()
        const greyed = window.page.locator('[data-stale=true]').first()
        if (name !== 'publish' && name !== 'settings')
          await expect.poll(() => greyed.isVisible(), { message: `${name} is greyed` }).toBe(true)
        expect(await window.page.getByText(text).first().isVisible(), name).toBe(true)
        await look(window, `${name}, disconnected`)
        await window.sever(false)
        await window.page.getByText('The agent does not answer.').waitFor({ state: 'detached' })
        await window.page.locator('[data-stale=true]').first().waitFor({ state: 'detached' })
      }
      expect(window.problems).toEqual([])
      await window.close()
    },
  )
})
