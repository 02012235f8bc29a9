import { describe, expect, test } from 'vitest'
import { makeFleet } from '../support/console/fleet.ts'
import { networkOf } from '../support/console/other-views.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 90_000
const hosts = makeFleet(1200)
const { withConsole } = consoleOver(hosts)

describe('console, network', { timeout: TEST_MS }, () => {
  test('LINKS-11 links say in words how they stand; those of one site alone are shown when it is chosen, by list, table or map', () =>
    withConsole({ hash: '#/network' }, async (_window, page) => {
      await page.getByText('none of the 1,204 hosts that tell which sites they reach reaches it').waitFor()
      const table = page.getByRole('table', { name: 'Links between sites' })
      const { links } = networkOf(hosts)
      expect(await table.getAttribute('aria-rowcount')).toBe(String(links.length + 1))
      const row = (name: string) => table.getByRole('row').filter({ hasText: name })
      expect(await row('fra1 – syd1').innerText()).toMatch(/cut[^]*4 h/)
      expect(await row('oslo – ship-7').innerText()).toMatch(/through a relay[^]*512 ms[^]*80 KiB\/s/)
      expect(await row('cape-town – fra1').innerText()).toContain('9.0 MiB/s hours ago')
      await page.getByLabel('Links of', { exact: true }).selectOption('ams2')
      await page.getByRole('heading', { name: 'Links of ams2' }).waitFor()
      expect(await table.getByRole('rowheader').allInnerTexts()).toEqual(['ams2 – fra1', 'ams2 – oslo'])
      await page.getByRole('button', { name: 'Show the links of ship-7' }).click()
      expect(await table.getByRole('rowheader').allInnerTexts()).toEqual(['oslo – ship-7'])
      await page.getByRole('button', { name: 'Table' }).click()
      await page.locator('canvas').waitFor({ state: 'detached' })
    }))

  test('LINKS-8 the path between two hosts names both ends of every hop, and how old the word of it is', () =>
    withConsole({ hash: '#/network' }, async (_window, page) => {
      await page.getByLabel('From host').fill('oslo-0001')
      await page.getByLabel('to host').fill('nyc3-0002')
      await page.getByRole('button', { name: 'Find' }).click()
      await page.getByText('through a relay, 91 ms').waitFor()
      const [first, second] = await page.locator('.hops > li').allInnerTexts()
      expect(first).toMatch(/oslo → fra1 direct, 23 ms, 95 MiB\/s comes now[^]*leaves from oslo-0001 itself/)
      expect(second).toMatch(/4.0 MiB\/s hours ago, told[^]*arrives at its neighbours nyc3-0040, nyc3-0041/)
      await page.getByLabel('to host').fill('syd1-0001')
      await page.getByRole('button', { name: 'Find' }).click()
      await page.getByText('No way between them is known').waitFor()
      expect(await page.evaluate(() => location.hash)).toBe('#/network?from=oslo-0001&to=syd1-0001')
    }))
})
