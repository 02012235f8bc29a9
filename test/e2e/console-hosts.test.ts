import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { revokeEffectOf } from '../support/console/access-view.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 90_000
const hosts = makeFleet(1200)
const { withConsole } = consoleOver(hosts)
const failed = hosts.filter(({ state }) => state === 'failed' || state === 'refused' || state === 'rolled-back')

describe('console, many hosts at once', { timeout: TEST_MS }, () => {
  test('CONSOLE-31 all that a filter finds are selected, and those of them that failed try again', async () => {
    const told: [string, readonly string[]][] = []
    const replace: Partial<ControlHandlers> = {
      retryHosts: async ({ channel, hosts: names }) => {
        told.push([channel, names])
        return { channel, sequence: 42, hosts: names, missing: [] }
      },
    }
    await withConsole({ hash: '#/hosts', replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'Select all 1,200', exact: true }).click()
      await page.getByText('1,200 hosts selected').waitFor()
      await page.getByRole('button', { name: `Let ${failed.length} try again…` }).click()
      await page.getByRole('button', { name: `Let ${failed.length} hosts try again` }).click()
      await page.getByText(`${failed.length} hosts will try again`).waitFor()
      expect(told.flatMap(([, names]) => names).toSorted()).toEqual(failed.map(({ host }) => host).toSorted())
      for (const [channel, names] of told) {
        for (const name of names) expect(hosts.find(({ host }) => host === name)?.channel).toBe(channel)
      }
      await page.getByText('hosts selected').waitFor({ state: 'detached' })
    })
  })

  test('CONSOLE-31 selected hosts are revoked with the effect of all shown first; too many at once are refused', async () => {
    const calls: { hosts: readonly string[]; reason: string; dryRun: boolean }[] = []
    const replace: Partial<ControlHandlers> = {
      hostsRevoke: async (request) => {
        calls.push(request)
        if (!request.dryRun && request.reason === '') throw new ShoalError('KEYS_LOCKED', 'the keys are locked')
        const { hosts: names, dryRun } = request
        return { hosts: names, missing: [], done: !dryRun, effect: revokeEffectOf(names) }
      },
    }
    await withConsole({ hash: '#/hosts?q=site%3Aoslo', replace }, async (_window, page) => {
      const names = ['oslo-0001', 'oslo-0003']
      for (const name of names) await page.getByRole('checkbox', { name: `Select ${name}` }).check()
      await page.getByRole('button', { name: 'Revoke 2 hosts…' }).click()
      await page.getByText('2 hosts would leave the mesh for good').waitFor()
      expect(calls).toEqual([{ hosts: names, reason: '', dryRun: true }])
      const revoke = page.getByRole('button', { name: 'Revoke 2 hosts for good' })
      await revoke.click()
      await page.getByText('the keys are locked').waitFor()
      await page.getByRole('textbox', { name: /^Reason/ }).fill('sold')
      await revoke.click()
      await page.getByText('2 hosts revoked').waitFor()
      expect(calls.at(-1)).toEqual({ hosts: names, reason: 'sold', dryRun: false })
      await page.getByRole('combobox', { name: 'Filter hosts' }).fill('')
      await page.getByRole('button', { name: 'Select all 1,200', exact: true }).click()
      await page.getByRole('button', { name: 'Revoke 1,200 hosts…' }).click()
      await page.getByText('1,200 hosts are too many at once').waitFor()
      expect(calls).toHaveLength(3)
    })
  })

  test('CONSOLE-31 the first wave of the next release is what was selected: by its filter, or by name', async () => {
    await withConsole({ hash: '#/hosts?q=site%3Aoslo%20label%3Arole%3Dedge' }, async (_window, page) => {
      const edge = hosts.filter(({ site, labels }) => site === 'oslo' && labels['role'] === 'edge').length
      await page.getByRole('button', { name: `Select all ${edge}`, exact: true }).click()
      await page.getByRole('button', { name: `Publish to ${edge} first…` }).click()
      await page.waitForFunction(() => location.hash.startsWith('#/publish'))
      await page.getByText(`The first wave is ${edge} hosts: site:oslo label:role=edge`).waitFor()
    })
    await withConsole({ hash: '#/hosts?q=is%3Acurrent' }, async (_window, page) => {
      const current = hosts.filter(({ state }) => state === 'current').length
      await page.getByRole('button', { name: /^Select all [\d,]+$/ }).click()
      await page.getByRole('button', { name: `Publish to ${current.toLocaleString('en')} first…` }).click()
      await page.getByText(/^A wave cannot name /).waitFor()
      expect(await page.evaluate(() => location.hash)).toContain('#/hosts')
    })
  })

  test('CONSOLE-31 what is selected is exported and copied, and nothing else', () =>
    withConsole({ hash: '#/hosts?q=site%3Aoslo' }, async (_window, page) => {
      for (const name of ['oslo-0001', 'oslo-0002'])
        await page.getByRole('checkbox', { name: `Select ${name}` }).check()
      const file = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Copy or export' }).click()
      await page.getByRole('button', { name: 'Export 2 hosts as CSV' }).click()
      const lines = (await readFile(await (await file).path(), 'utf8')).trim().split('\r\n')
      expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['oslo-0001', 'oslo-0002'])
      await page.getByRole('button', { name: 'Copy or export' }).click()
      await page.getByRole('button', { name: 'Copy as a query' }).click()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('host:oslo-0001,oslo-0002')
    }))
})
