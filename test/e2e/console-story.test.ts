import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ControlHandlers, HostLine } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { accessOf } from '../support/console/access-view.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { changesOf, previewOf } from '../support/console/publish-view.ts'
import { rolloutOf } from '../support/console/rollout-view.ts'
import { fleetHandlers, overviewOf, picture } from '../support/console/views.ts'
import { buildWindow, type ConsoleWindow, openConsole } from '../support/console/window.ts'
import { launchChromium } from '../support/chromium.ts'
import { untilCancelled } from '../support/fake-handlers.ts'

const TEST_MS = 90_000
let folder: string
let browser: Browser
const hosts = makeFleet(600)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-window-'))
  await buildWindow(folder)
  browser = await launchChromium()
}, 900_000)
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

/** A window over a fleet, that expects no error in its console. */
async function withConsole(
  init: { readonly hash?: string; readonly replace?: Partial<ControlHandlers>; readonly hosts?: readonly HostLine[] },
  act: (window: ConsoleWindow, page: ConsoleWindow['page']) => Promise<void>,
): Promise<void> {
  const window = await openConsole(browser, {
    folder,
    handlers: fleetHandlers(init.hosts ?? hosts, init.replace),
    ...(init.hash === undefined ? {} : { hash: init.hash }),
  })
  await act(window, window.page)
  expect(window.problems).toEqual([])
  await window.close()
}

const place = (page: ConsoleWindow['page']): string => new URL(page.url()).hash

describe('console, what it is made of', () => {
  test('CONSOLE-30 the window loads no schema library, nothing of Node.js, and nothing from elsewhere', async () => {
    const names = await readdir(join(folder, 'assets'))
    const scripts = names.filter((name) => name.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(1)
    for (const name of scripts) {
      const text = await readFile(join(folder, 'assets', name), 'utf8')
      expect(text, name).not.toMatch(/ZodError|_zod\b|node:fs|require\("electron/)
      expect(text, name).not.toMatch(/\beval\(|new Function\(/)
    }
    expect(await readFile(join(folder, 'index.html'), 'utf8')).not.toMatch(/https?:|<style|<script(?![^>]*src=)/)
  })
})

describe('console, what a person does', { timeout: TEST_MS }, () => {
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

  test('CONSOLE-22 rollout: pausing says its numbers, rolling back wants the name typed', async () => {
    const calls: unknown[] = []
    const replace: Partial<ControlHandlers> = {
      pause: async (request) => {
        calls.push(['pause', request])
        throw new ShoalError('NOT_A_PUBLISHER', 'no key of this home publishes web; nothing was changed')
      },
      rollback: async (request) => {
        calls.push(['rollback', request])
        return {
          channel: 'web',
          sequence: 43,
          manifest: 'sha256-00',
          rollbackOf: request.to,
          waves: null,
          warnings: [],
          entries: 1,
          bytes: 1,
          proposal: null,
        }
      },
    }
    await withConsole({ hash: '#/rollouts/web', replace }, async (_window, page) => {
      const { hosts: all, converged } = rolloutOf(hosts, 'web', null)
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('button', { name: `Pause for ${all - converged} hosts` }).click()
      await page.getByText('no key of this home publishes web').waitFor()
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('button', { name: 'Roll back…' }).click()
      const button = page.getByRole('button', { name: `Roll ${all} hosts back to release 41` })
      await button.waitFor()
      expect(await button.isDisabled()).toBe(true)
      await page.getByLabel('Type web to go on').fill('we')
      expect(await button.isDisabled()).toBe(true)
      await page.getByLabel('Type web to go on').fill('web')
      await button.click()
      await page.getByText('web goes back to release 41, as release 43').waitFor()
      expect(calls.map((call) => JSON.stringify(call))).toEqual([
        expect.stringContaining('"fromWave":null'),
        expect.stringContaining('"to":41'),
      ])
    })
  })

  test('CONSOLE-28 publish: folder, changes, a path left out, waves, signature, watching', async () => {
    const previews: unknown[] = []
    const published: unknown[] = []
    const replace: Partial<ControlHandlers> = {
      publishPreview: (request) => {
        previews.push(request.exclude)
        return previewOf(
          changesOf(160).filter((row) => !request.exclude.includes(row.path)),
          request.channel,
        )
      },
      publishPreviewed: async function* (request) {
        published.push(request)
        yield {
          phase: 'sign',
          files: 1,
          bytes: 1,
          totalFiles: 1,
          totalBytes: 1,
          bytesPerSecond: null,
          etaSeconds: null,
        }
        return {
          channel: 'web',
          sequence: 43,
          manifest: 'sha256-00',
          entries: 1,
          bytes: 1,
          newBytes: 1,
          deltaBytes: 0,
          warnings: [],
          changes: null,
          waves: null,
          proposal: null,
        }
      },
    }
    await withConsole({ hash: '#/publish/web', replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'builds', exact: true }).click()
      await page.getByRole('button', { name: 'Choose site' }).click()
      await page.getByRole('button', { name: 'Next: what would change' }).click()
      await page.getByText('looks like a secret').waitFor()
      await page
        .getByRole('button', { name: 'changed app.json' })
        .click({ timeout: 1000 })
        .catch(async () => {
          await page.getByRole('button', { name: 'config/' }).click()
          await page.getByRole('button', { name: 'changed app.json' }).click()
        })
      await page.getByText('"workers": 8,').waitFor()
      await page.getByText('evil\\u{202e}gnp').first().waitFor()
      await page
        .getByRole('listitem')
        .filter({ hasText: 'looks like a secret' })
        .getByRole('button', { name: 'Leave out' })
        .click()
      await page.getByRole('button', { name: 'Read again without 1 pattern' }).click()
      await page.getByRole('button', { name: 'Next: where and how' }).click()
      expect(previews).toEqual([[], ['.env']])
      await page.getByText('the budget of its uplink: 40 MiB a day').waitFor()
      await page.getByRole('button', { name: 'Next: sign' }).click()
      await page.getByRole('textbox', { name: /^Message/ }).fill('Spring')
      await page
        .getByRole('button', { name: `Sign and send to 5 % (${Math.round(hosts.length * 0.05)} hosts)` })
        .click()
      await page.getByText('web@43 is published. Hosts hear of it now.').waitFor()
      await page.getByText('Slowest and stuck').waitFor()
      expect(published).toEqual([
        {
          ticket: 'ticket-1',
          message: 'Spring',
          lifetimeMs: 90 * 86_400_000,
          waves: ['5%:healthy=95%:after=30m', '25%:healthy=95%:after=30m'],
        },
      ])
    })
  })

  test('CONSOLE-28 a preview that is out of date is refused, in words, and nothing is lost', async () => {
    let locked = true
    const replace: Partial<ControlHandlers> = {
      access: async () =>
        locked ? { ...accessOf(2), me: { ...accessOf(2).me, lock: { state: 'locked', locksAt: null } } } : accessOf(2),
      keysUnlock: async ({ passphrase }) => {
        if (passphrase !== 'right') throw new ShoalError('USAGE', 'the passphrase does not open the keys')
        locked = false
        return { state: 'unlocked', locksAt: null }
      },
      // oxlint-disable-next-line require-yield -- refuses before it has anything to say
      publishPreviewed: async function* () {
        throw new ShoalError(
          'STALE_PREVIEW',
          'the folder has changed since it was read: read it again; nothing was published',
        )
      },
    }
    await withConsole({ hash: '#/publish/web', replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'builds', exact: true }).click()
      await page.getByRole('button', { name: 'Choose site' }).click()
      await page.getByRole('button', { name: 'Next: what would change' }).click()
      await page.getByRole('button', { name: 'Next: where and how' }).click()
      await page.getByRole('button', { name: 'Next: sign' }).click()
      await page.getByLabel('Passphrase').fill('wrong')
      await page.getByRole('button', { name: 'Unlock the keys' }).click()
      await page.getByText('the passphrase does not open the keys').waitFor()
      await page.getByLabel('Passphrase').fill('right')
      await page.getByRole('button', { name: 'Unlock the keys' }).click()
      await page.getByRole('button', { name: /^Sign and send to 5 %/ }).click()
      await page.getByText('the folder has changed since it was read').waitFor()
      await page.getByText('STALE_PREVIEW').waitFor()
      await page.keyboard.press('g')
      await page.keyboard.press('o')
      await page.getByText('Hosts by site').waitFor()
      await page.keyboard.press('p')
      await page.getByRole('heading', { name: 'Who signs' }).waitFor()
    })
  })

  test('CONSOLE-12 a late rollout is never shown for another channel', async () => {
    const held = Promise.withResolvers<undefined>()
    const replace: Partial<ControlHandlers> = {
      watchRollout: async function* ({ channel }, signal) {
        if (channel === 'web') await held.promise
        yield { ...rolloutOf(hosts, channel, null), message: `told for ${channel}` }
        return untilCancelled(signal)
      },
    }
    await withConsole({ hash: '#/rollouts/web', replace }, async (_window, page) => {
      await page.getByText('Loading the rollout…').waitFor()
      await page.evaluate(() => (location.hash = '#/rollouts/base-config'))
      await page.getByText('told for base-config').waitFor()
      held.resolve(undefined)
      await page.waitForTimeout(200)
      expect(await page.getByText('told for web').count()).toBe(0)
    })
  })

  test('CONSOLE-17 first run: a mesh is made, its keys get a passphrase, and the window goes on', async () => {
    let made = false
    const passphrases: unknown[] = []
    const replace: Partial<ControlHandlers> = {
      watchOverview: async function* (_request, signal) {
        if (!made) throw new ShoalError('NO_MESH', 'this home belongs to no mesh')
        yield* picture(overviewOf([]), signal)
        return null
      },
      meshCreate: async ({ name }) => {
        made = true
        return { mesh: '0f'.repeat(16), name, rootFingerprint: `sha256-${'9e'.repeat(32)}`, peerId: '12D3KooW' }
      },
      keysLock: async ({ passphrase }) => {
        passphrases.push(passphrase)
        return { state: 'locked', locksAt: null }
      },
    }
    await withConsole({ replace }, async (_window, page) => {
      await page.getByLabel('Name of the mesh').fill('acme')
      await page.getByRole('button', { name: 'Create the mesh' }).click()
      await page.getByText(`sha256-${'9e'.repeat(32)}`).waitFor()
      const go = page.getByRole('button', { name: 'Encrypt the keys and go on' })
      await page.getByLabel('Passphrase').fill('correct horse battery')
      await page.getByLabel('The same again').fill('correct horse batter')
      expect(await go.isDisabled()).toBe(true)
      await page.getByLabel('The same again').fill('correct horse battery')
      await go.click()
      await page.getByRole('heading', { name: 'No host has joined yet.' }).waitFor()
      expect(passphrases).toEqual(['correct horse battery'])
    })
  })

  test('CONSOLE-17 first run: a ticket joins, and a wrong one says why', async () => {
    let joined = false
    const replace: Partial<ControlHandlers> = {
      watchOverview: async function* (_request, signal) {
        if (!joined) throw new ShoalError('NO_MESH', 'this home belongs to no mesh')
        yield* picture(overviewOf(hosts), signal)
        return null
      },
      join: async ({ ticket }) => {
        if (ticket !== 'shoal1right')
          throw new ShoalError('TICKET_FORGED', 'the ticket was changed on its way; nothing was changed here')
        joined = true
        return { mesh: '0f'.repeat(16), name: 'acme', host: 'oslo-9', site: 'oslo', peerId: '12D3KooW' }
      },
    }
    await withConsole({ replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'Join with a ticket' }).click()
      await page.getByLabel('Ticket').fill('shoal1wrong')
      await page.getByRole('button', { name: 'Join the mesh' }).click()
      await page.getByText('TICKET_FORGED').waitFor()
      await page.getByLabel('Ticket').fill(' shoal1right ')
      await page.getByRole('button', { name: 'Join the mesh' }).click()
      await page.getByText('Hosts by site').waitFor()
    })
  })

  test('CONSOLE-29 keys and access: a ticket with its QR code, and what a revocation would do before it is done', async () => {
    const revoked: unknown[] = []
    const replace: Partial<ControlHandlers> = {
      meshInvite: async (request) => ({
        ...request,
        ticket: `shoal1${'t'.repeat(700)}`,
        expires: '2026-06-13T13:52:20.000Z',
      }),
      hostRevoke: async (request) => {
        revoked.push(request)
        return {
          host: request.host,
          done: !request.dryRun,
          effect: {
            leaving: [{ host: request.host, site: 'oslo', peerId: 'p', connected: true, channels: ['web'] }],
            joining: [],
            invites: [],
            connections: 1,
            roles: [],
            channels: [],
            warnings: [],
          },
        }
      },
    }
    await withConsole({ hash: '#/access', replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'Invite a host…' }).click()
      await page.getByLabel('Name of the host').fill('oslo-9')
      await page.getByLabel('Site').fill('oslo')
      await page.getByLabel('Labels').fill('role=web')
      await page.getByRole('button', { name: 'Make a ticket for oslo-9' }).click()
      await page.getByRole('img', { name: 'QR code of the ticket of oslo-9' }).waitFor()
      await page.getByRole('button', { name: 'Copy ticket' }).click()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`shoal1${'t'.repeat(700)}`)
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('button', { name: 'Revoke… oslo-0002' }).click()
      await page.getByText('they keep what they have, and get no release of web').waitFor()
      expect(revoked).toEqual([{ host: 'oslo-0002', reason: '', dryRun: true }])
      await page.getByLabel('Reason, for the record').fill('Lost')
      await page.getByRole('button', { name: 'Revoke oslo-0002 (1 machine)' }).click()
      await page.getByText('oslo-0002 is revoked').waitFor()
      expect(revoked.at(-1)).toEqual({ host: 'oslo-0002', reason: 'Lost', dryRun: false })
    })
  })

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

  test('CONSOLE-28 in the desktop app folders come from its own dialog', async () => {
    const window = await openConsole(browser, {
      folder,
      handlers: fleetHandlers(hosts),
      hash: '#/publish/web',
      desktop: { chooseFolder: () => ({ id: 'chosen-1', name: 'dist', path: '/home/ann/dist' }) },
    })
    await window.page.getByRole('button', { name: 'Choose a folder…' }).click()
    await window.page.getByText('/home/ann/dist').waitFor()
    await window.page.getByRole('button', { name: 'Next: what would change' }).click()
    await window.page.getByText('looks like a secret').waitFor()
    expect(window.problems).toEqual([])
    await window.close()
  })

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
