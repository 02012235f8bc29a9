import { describe, expect, test } from 'vitest'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { makeFleet } from '../support/console/fleet.ts'
import { rolloutOf } from '../support/console/rollout-view.ts'
import { consoleOver } from '../support/console/with-console.ts'
import { untilCancelled } from '../support/fake-handlers.ts'

const TEST_MS = 90_000
const hosts = makeFleet(600)
const { withConsole } = consoleOver(hosts)

describe('console, rollouts', { timeout: TEST_MS }, () => {
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
})
