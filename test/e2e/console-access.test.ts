import { describe, expect, test } from 'vitest'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { overviewOf } from '../support/console/overview-view.ts'
import { picture } from '../support/console/views.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 90_000
const hosts = makeFleet(600)
const { withConsole } = consoleOver(hosts)

describe('console, first run and access', { timeout: TEST_MS }, () => {
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
      await page.getByText('it keeps what it has, and gets no release of web').waitFor()
      expect(revoked).toEqual([{ host: 'oslo-0002', reason: '', dryRun: true }])
      await page.getByLabel('Reason, for the record').fill('Lost')
      await page.getByRole('button', { name: 'Revoke oslo-0002 (1 machine)' }).click()
      await page.getByText('oslo-0002 is revoked').waitFor()
      expect(revoked.at(-1)).toEqual({ host: 'oslo-0002', reason: 'Lost', dryRun: false })
    })
  })
})
