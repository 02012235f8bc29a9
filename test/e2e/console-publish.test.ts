import type { Page } from 'playwright-core'
import { refusing } from '../support/fake-views.ts'
import { describe, expect, test } from 'vitest'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { accessOf } from '../support/console/access-view.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { changesOf, previewOf } from '../support/console/publish-view.ts'
import { consoleOver } from '../support/console/with-console.ts'

const TEST_MS = 90_000
const hosts = makeFleet(600)
const { withConsole } = consoleOver(hosts)

/** To another page and to publishing again, by keys. */
async function leaveAndComeBack(page: Page): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await page.getByText('Hosts by site').waitFor()
  await page.keyboard.press('p')
}

describe('console, publishing', { timeout: TEST_MS }, () => {
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
      // What was sent is no draft: whoever comes back publishes something else.
      await leaveAndComeBack(page)
      await page.getByRole('heading', { name: 'Folder' }).waitFor()
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

  test('CONSOLE-28 what is left out is told, and can be taken in again', async () => {
    const previews: unknown[] = []
    const replace: Partial<ControlHandlers> = {
      publishPreview: (request) => {
        previews.push(request.exclude)
        return previewOf(
          changesOf(160).filter((row) => !request.exclude.includes(row.path)),
          request.channel,
        )
      },
    }
    await withConsole({ hash: '#/publish/web', replace }, async (_window, page) => {
      await page.getByRole('button', { name: 'builds', exact: true }).click()
      await page.getByRole('button', { name: 'Choose site' }).click()
      await page.getByRole('button', { name: 'Next: what would change' }).click()
      const secret = page.getByRole('listitem').filter({ hasText: 'looks like a secret' })
      await secret.getByRole('button', { name: 'Leave out' }).click()
      await page.getByRole('button', { name: 'Read again without 1 pattern' }).click()
      await page.getByRole('button', { name: 'Next: where and how' }).click()
      await page.getByRole('button', { name: 'Next: sign' }).click()
      await page.getByRole('definition').filter({ hasText: '.env' }).waitFor()
      await page.getByRole('button', { name: 'Changes', exact: false }).click()
      await page.getByRole('button', { name: 'Take it in again: .env' }).click()
      await page.getByRole('list', { name: 'Left out' }).waitFor({ state: 'detached' })
      await secret.waitFor()
      expect(previews).toEqual([[], ['.env'], []])
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
      publishPreviewed: refusing(
        () =>
          new ShoalError(
            'STALE_PREVIEW',
            'the folder has changed since it was read: read it again; nothing was published',
          ),
      ),
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
      await leaveAndComeBack(page)
      await page.getByRole('heading', { name: 'Who signs' }).waitFor()
    })
  })

  test('CONSOLE-28 in the desktop app folders come from its own dialog', () => {
    const desktop = { chooseFolder: () => ({ id: 'chosen-1', name: 'dist', path: '/home/ann/dist' }) }
    return withConsole({ hash: '#/publish/web', desktop }, async (_window, page) => {
      await page.getByRole('button', { name: 'Choose a folder…' }).click()
      await page.getByText('/home/ann/dist').waitFor()
      await page.getByRole('button', { name: 'Next: what would change' }).click()
      await page.getByText('looks like a secret').waitFor()
    })
  })
})
