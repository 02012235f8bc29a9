import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { readTree, structureProblems } from '../support/console/ax.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { AT_WORK, DIALOGS, FIRST_RUN, goTo, PAGES, type Place } from '../support/console/pages.ts'
import { DIALOG_ANSWERS, empty, firstRun, refusing, silent, stirring } from '../support/console/states.ts'
import { fleetHandlers } from '../support/console/views.ts'
import { consoleOver } from '../support/console/with-console.ts'
import { findViolations } from '../support/console/axe.ts'

const TEST_MS = 240_000
const hosts = makeFleet(600)
const { open, withConsole } = consoleOver(hosts)
const fed = () => fleetHandlers(hosts, DIALOG_ANSWERS)

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement === null || activeElement === document.body
      ? ''
      : `${activeElement.localName} ${(activeElement.getAttribute('aria-label') ?? activeElement.textContent ?? '').trim()}`
  })

describe('console, read out', { timeout: TEST_MS }, () => {
  const look = async (places: readonly Place[], handlers = fed()): Promise<readonly string[]> => {
    const window = await open({ handlers })
    const found: string[] = []
    for (const place of places) {
      await goTo(window.page, place)
      const over = (await window.page.locator('dialog[open]').count()) > 0
      const tree = await readTree(window.page)
      for (const problem of structureProblems(tree, over)) found.push(`${place.name}: ${problem}`)
      if (over || FIRST_RUN.includes(place)) continue
      const landmarks = tree.map(({ role, name }) => `${role} ${name}`)
      for (const landmark of ['banner ', 'navigation Pages'])
        if (!landmarks.includes(landmark)) found.push(`${place.name}: no ${landmark}`)
    }
    await window.close()
    return found
  }

  test('WCAG-6 pages: landmarks, one heading above all others, and a name for everything', async () => {
    expect(await look([...PAGES, ...AT_WORK])).toEqual([])
  })

  test('WCAG-6 questions, and the first run', async () => {
    expect(await look(DIALOGS)).toEqual([])
    expect(await look(FIRST_RUN, firstRun())).toEqual([])
  })

  test.each([
    ['empty', empty],
    ['refused', refusing],
    ['loading', silent],
  ])('WCAG-6 pages that are %s have the same structure', async (_state, handlers) => {
    expect(
      await look(
        PAGES.map((place) => ({ ...place, text: '' })),
        handlers(),
      ),
    ).toEqual([])
  })

  test('WCAG-6 questions have no violation in either theme', async () => {
    const window = await open({ handlers: fed(), bypassCSP: true })
    for (const place of DIALOGS) {
      await goTo(window.page, place)
      for (const colorScheme of ['light', 'dark'] as const) {
        await window.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        expect(await findViolations(window.page), `${place.name}, ${colorScheme}`).toEqual([])
      }
    }
    await window.close()
  })

  test('WCAG-7 a table of any length says which of how many rows these are, and the focus goes from row to row', () =>
    withConsole({ hash: '#/hosts' }, async (_window, page) => {
      await page.getByRole('link', { name: 'ams2-0001' }).waitFor()
      const table = page.getByRole('table', { name: 'Hosts' })
      expect(await table.getAttribute('aria-rowcount')).toBe(String(hosts.length + 1))
      const rows = async () =>
        table.getByRole('row').evaluateAll((all) =>
          all.map((row) => ({
            index: Number(row.getAttribute('aria-rowindex')),
            header: row.querySelector('[role=rowheader]')?.textContent ?? '',
          })),
        )
      const first = await rows()
      expect(first.map(({ index }) => index)).toEqual(first.map((_row, place) => place + 1))
      expect(first.slice(1, 4).map(({ header }) => header)).toEqual(['ams2-0001', 'ams2-0002', 'ams2-0003'])
      expect(await table.getByRole('columnheader').count()).toBe(9)
      await page.keyboard.press('j')
      await expect.poll(() => focused(page)).toBe('a ams2-0001')
      await page.keyboard.press('ArrowDown')
      await expect.poll(() => focused(page)).toBe('a ams2-0002')
      for (let i = 0; i < 60; i++) await page.keyboard.press('j')
      await expect.poll(() => focused(page)).toBe('a ams2-0062')
      // Its row is kept while others are looked at.
      await table.evaluate((element) => element.scrollTo(0, 9_000))
      await page.getByRole('link', { name: hosts[310]?.host ?? '' }).waitFor()
      expect(await focused(page)).toBe('a ams2-0062')
      await page.keyboard.press('k')
      await expect.poll(() => focused(page)).toBe('a ams2-0061')
      // What is opened has the focus, and gives it back.
      await page.keyboard.press('Enter')
      await expect.poll(() => focused(page)).toBe('h2 ams2-0061')
      await page.keyboard.press('Escape')
      await expect.poll(() => focused(page)).toBe('a ams2-0061')
    }))

  test('WCAG-8 going to a place names the document after it and moves the focus to its heading', () =>
    withConsole({}, async (_window, page) => {
      await page.getByText('Hosts by site').waitFor()
      expect(await page.title()).toBe('Overview – acme – Shoal')
      // Nothing was gone to yet.
      expect(await focused(page)).toBe('')
      for (const [keys, title, heading] of [
        ['gr', 'Rollouts', 'Rollouts'],
        ['gh', 'Hosts', 'Hosts'],
        ['gl', 'Releases', 'Releases'],
        ['gn', 'Network', 'Network'],
        ['ga', 'Alerts', 'Alerts'],
        ['gt', 'Activity', 'Activity'],
        ['gk', 'Keys & access', 'Keys & access'],
        [',', 'Settings', 'Settings'],
        ['p', 'Publish', 'Publish'],
      ] as const) {
        for (const key of keys) await page.keyboard.press(key)
        await expect.poll(() => page.title()).toBe(`${title} – acme – Shoal`)
        await expect.poll(() => focused(page), { message: title }).toBe(`h1 ${heading}`)
      }
      await page.evaluate(() => (location.hash = '#/rollouts/web'))
      await expect.poll(() => focused(page)).toMatch(/^h1 web/)
      await page.getByText('Slowest and stuck').waitFor()
      // The heading that had the focus before anything was known is the same one.
      expect(await focused(page)).toMatch(/^h1 web@42/)
      expect(await page.title()).toBe('web – Rollouts – acme – Shoal')
    }))

  test('WCAG-8 a question takes the focus and gives it back to what asked it', () =>
    withConsole({ hash: '#/rollouts/web', replace: DIALOG_ANSWERS }, async (_window, page) => {
      for (const { hash, text, button, first } of [
        { hash: '#/rollouts/web', text: 'Slowest and stuck', button: 'Roll back…', first: 'input' },
        { hash: '#/access', text: 'Invited, not joined', button: 'Invite a host…', first: 'input' },
        { hash: '#/access/keys', text: 'Waiting for signatures', button: 'Import a step…', first: 'textarea' },
        { hash: '#/access', text: 'Invited, not joined', button: 'This is nyc3-0457…', first: 'button Cancel' },
      ]) {
        await goTo(page, { hash, text })
        await page.getByRole('button', { name: button }).first().focus()
        await page.keyboard.press('Enter')
        await page.getByRole('dialog').waitFor()
        expect(await focused(page), button).toMatch(new RegExp(`^${first}`))
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        await expect.poll(() => focused(page)).toBe(`button ${button}`)
      }
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search or run anything' }).waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(() => focused(page)).toBe('button This is nyc3-0457…')
    }))

  test('WCAG-9 numbers that change with every picture are not read out; what happens to the link is, once', async () => {
    let pictures = 0
    const window = await open({ handlers: stirring(() => pictures++) })
    const { page } = window
    for (const { hash, text } of PAGES.filter(({ name }) => STIRRED.has(name))) {
      await goTo(page, { hash, text })
      await page.evaluate(listenToRegions)
      const before = pictures
      const shown = await page.evaluate(() => document.body.innerText)
      await expect.poll(() => pictures - before).toBeGreaterThan(12)
      // What is on the page did change.
      await expect.poll(() => page.evaluate(() => document.body.innerText), { message: hash }).not.toBe(shown)
      expect(await page.evaluate(() => Reflect.get(globalThis, 'said')), hash).toEqual([])
    }
    await window.sever(true)
    await page.getByText('The agent does not answer.').waitFor()
    await window.sever(false)
    await page.getByText('The agent does not answer.').waitFor({ state: 'detached' })
    await expect
      .poll(() => page.evaluate(() => Reflect.get(globalThis, 'said')))
      .toEqual(['There is no answer from the agent. What is shown is old.', 'The agent answers, and all is connected.'])
    await window.close()
  })

  test('WCAG-9 how many hosts a filter finds is read out once for each filter', () =>
    withConsole({ hash: '#/hosts' }, async (_window, page) => {
      await page
        .getByRole('status')
        .filter({ hasText: `${hosts.length} hosts found` })
        .waitFor()
      await page.getByRole('combobox', { name: 'Filter hosts' }).fill('is:failed')
      const failed = hosts.filter((host) => host.state === 'failed').length
      await page
        .getByRole('status')
        .filter({ hasText: `${failed} hosts found` })
        .waitFor()
    }))
})

/** Pages whose numbers come from the streams that stir. */
const STIRRED = new Set(['overview', 'hosts', 'rollout', 'rollouts', 'network'])

/** Runs in the page: keeps what its live regions say from now on. */
function listenToRegions(): void {
  const said: string[] = []
  Reflect.set(globalThis, 'said', said)
  new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement
      const region = element?.closest('[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]')
      const text = region?.textContent?.trim() ?? ''
      if (region !== null && region !== undefined && text !== '' && said.at(-1) !== text) said.push(text)
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
}
