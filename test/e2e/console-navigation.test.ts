import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { overviewOf } from '../support/console/overview-view.ts'
import { picture } from '../support/console/views.ts'
import { consoleOver } from '../support/console/with-console.ts'
import type { ConsoleWindow } from '../support/console/window.ts'

const TEST_MS = 90_000
const hosts = makeFleet(600)
const { withConsole, folder } = consoleOver(hosts)

const place = (page: ConsoleWindow['page']): string => new URL(page.url()).hash

describe('console, what it is made of', () => {
  test('CONSOLE-30 the window loads no schema library, nothing of Node.js, and nothing from elsewhere', async () => {
    const names = await readdir(join(folder(), 'assets'))
    const scripts = names.filter((name) => name.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(1)
    for (const name of scripts) {
      const text = await readFile(join(folder(), 'assets', name), 'utf8')
      expect(text, name).not.toMatch(/ZodError|_zod\b|node:fs|require\("electron/)
      expect(text, name).not.toMatch(/\beval\(|new Function\(/)
    }
    expect(await readFile(join(folder(), 'index.html'), 'utf8')).not.toMatch(/https?:|<style|<script(?![^>]*src=)/)
  })
})

describe('console, finding the way', { timeout: TEST_MS }, () => {
  test('CONSOLE-10 the keyboard goes everywhere', () =>
    withConsole({}, async (_window, page) => {
      await page.getByText('Hosts by site').waitFor()
      await page.keyboard.press('g')
      await page.keyboard.press('h')
      await page.getByRole('link', { name: 'ams2-0001' }).waitFor()
      await page.keyboard.press('/')
      await page.keyboard.type('is:fail')
      await page.getByRole('option', { name: 'failed' }).waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: 'ams2-0001' }).waitFor({ state: 'detached' })
      await page.getByText(`${hosts.filter((host) => host.state === 'failed').length} of ${hosts.length}`).waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await page.getByText('1 host selected').waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('complementary', { name: /^Host / }).waitFor()
      expect(place(page)).toMatch(/q=is%3Afailed.*host=/)
      await page.keyboard.press('Escape')
      await page.getByRole('complementary', { name: /^Host / }).waitFor({ state: 'detached' })
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('t')
      await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light')
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search or run anything' }).waitFor()
      await page.keyboard.type('web roll')
      await page.keyboard.press('Enter')
      await page.getByText('Slowest and stuck').waitFor()
      expect(place(page)).toBe('#/rollouts/web')
    }))

  test('CONSOLE-18 facets, saved views and files of what was found', () =>
    withConsole({ hash: '#/hosts' }, async (_window, page) => {
      await page.getByRole('button', { name: /^failed/ }).click()
      const failed = hosts.filter((host) => host.state === 'failed')
      await page.getByText(`${failed.length} of ${hosts.length}`).waitFor()
      await page.waitForFunction(() => location.hash === '#/hosts?q=is%3Afailed')
      const file = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('button', { name: 'As CSV' }).click()
      const text = await readFile(await (await file).path(), 'utf8')
      expect(text.split('\r\n')[0]).toContain('host,site,channel')
      expect(text.trim().split('\r\n')).toHaveLength(failed.length + 1)
      await page.getByRole('button', { name: 'Views' }).click()
      await page.getByRole('button', { name: /Not heard for an hour/ }).click()
      await page.waitForFunction(() => location.hash.includes('heard'))
      await page.getByRole('combobox', { name: 'Filter hosts' }).fill('colour:red')
      await page.getByText(/Character 1: /).waitFor()
      expect(await page.getByText(/of 600/).isVisible()).toBe(true)
    }))

  test('CONSOLE-13 the palette finds hosts by name, and closing it leaves the page as it was', () =>
    withConsole({ hash: '#/settings' }, async (_window, page) => {
      await page.getByText('Alerts of this agent').waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search or run anything' }).fill('fra1-0003')
      await page.getByRole('option', { name: /^fra1-0003/ }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByText('Alerts of this agent').waitFor()
    }))

  test('CONSOLE-8 hostile names are text', async () => {
    const evil = '<img src=x onerror=alert(1)>\u202egnp.exe\u001b[31m'
    const replace: Partial<ControlHandlers> = {
      watchOverview: (_request, signal) =>
        picture(
          {
            ...overviewOf(hosts),
            mesh: { ...overviewOf(hosts).mesh, name: evil },
            channels: overviewOf(hosts).channels.map((card) => ({ ...card, message: evil })),
          },
          signal,
        ),
    }
    await withConsole({ replace }, async (_window, page) => {
      await page.getByText('\\u{202e}gnp.exe').first().waitFor()
      expect(await page.locator('img').count()).toBe(0)
      expect(await page.evaluate(() => document.body.innerText)).not.toMatch(/[\u202e\u001b]/)
    })
  })
})
