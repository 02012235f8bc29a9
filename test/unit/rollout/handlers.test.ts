import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../../node-agent/config/index.ts'
import { createLogger } from '../../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../../node-agent/offline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const never = new AbortController().signal

/** A publisher's home without network, at a release in these waves. */
async function publisher(waves: readonly string[]) {
  const folder = await tempDir()
  const [home, dir] = [join(folder, 'home'), join(folder, 'site')]
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(dir)
  const clock = new ManualClock(Date.now())
  const log = createLogger({ level: 'error', json: false, clock, write: () => undefined })
  const open = async () => openOffline({ home, config: await parseConfig('', 'config.toml'), clock, log })
  let opened = await open()
  onTestFinished(() => opened.close())
  await opened.handlers.meshCreate({ name: 'north' }, never)
  const publish = async (text: string, specs: readonly string[], dryRun = false) => {
    writeFileSync(join(dir, 'version'), text)
    const request = { dir, channel: 'web', message: '', lifetimeMs: 60_000, dryRun, checksum: false, waves: specs }
    const events = opened.handlers.publish(request, never)
    for (let step = await events.next(); ; step = await events.next()) if (step.done === true) return step.value
  }
  await publish('1', waves)
  return {
    publish,
    handlers: () => opened.handlers,
    reopen: async () => {
      await opened.close()
      opened = await open()
    },
    rollout: async () => (await opened.handlers.status({}, never)).channels[0]?.rollout,
  }
}

const say = { channel: 'web', message: '' }

describe('words on a rollout', () => {
  test('ROLLOUT-8 pause, resume and promote are kept, over restarts, and end with the next release', async () => {
    const { handlers, publish, reopen, rollout } = await publisher(['5%:approve', '50%:approve'])
    const paused = await handlers().pause({ ...say, fromWave: null, message: 'lunch' }, never)
    expect(paused.rollout).toMatchObject({ open: 1, paused: { fromWave: 1, message: 'lunch' } })
    await reopen()
    expect(await rollout()).toEqual(paused.rollout)
    const part = await handlers().resume({ ...say, throughWave: 2 }, never)
    expect(part.rollout.paused).toMatchObject({ fromWave: 3 })
    expect((await handlers().resume({ ...say, throughWave: null }, never)).rollout.paused).toBeNull()
    expect((await handlers().pause({ ...say, fromWave: 2 }, never)).rollout.paused).toMatchObject({ fromWave: 2 })
    const promoted = await handlers().promote({ ...say, wave: 'next' }, never)
    expect(promoted.rollout).toMatchObject({ open: 2, promoted: { wave: 2 }, paused: { fromWave: 2 } })
    const both = await Promise.all([1, 2].map((fromWave) => handlers().pause({ ...say, fromWave }, never)))
    expect(both.map(({ rollout: { paused: at } }) => at?.fromWave)).toEqual([1, 2])
    await publish('2', ['5%:approve'])
    expect(await rollout()).toMatchObject({ sequence: 2, open: 1, paused: null, promoted: null })
  })

  test('ROLLOUT-9 what changes nothing is refused, and so is a wave that is not there', async () => {
    const { handlers } = await publisher(['5%:approve'])
    const refused = async (work: Promise<unknown>, code: string): Promise<void> => {
      await expect(work).rejects.toMatchObject({ code })
    }
    await refused(handlers().resume({ ...say, throughWave: null }, never), 'ROLLOUT_NOT_HELD')
    await refused(handlers().promote({ ...say, wave: 1 }, never), 'ROLLOUT_NOT_HELD')
    await refused(handlers().promote({ ...say, wave: 3 }, never), 'WAVE_INVALID')
    await refused(handlers().pause({ ...say, fromWave: 3 }, never), 'WAVE_INVALID')
    await refused(handlers().pause({ ...say, channel: 'other', fromWave: null }, never), 'NO_SUCH_RELEASE')
    await refused(handlers().retryHost({ channel: 'web', host: 'oslo-1' }, never), 'NO_SUCH_HOST')
    await handlers().promote({ ...say, wave: 'all' }, never)
    await refused(handlers().promote({ ...say, wave: 'next' }, never), 'ROLLOUT_NOT_HELD')
    await refused(handlers().promote({ ...say, wave: 'all' }, never), 'ROLLOUT_NOT_HELD')
  })

  test('PUB-10 publish and its dry run tell how many hosts each wave reaches, and warn of one that reaches nobody', async () => {
    const { handlers, publish } = await publisher([])
    const reach = [
      { number: 1, select: 'site:oslo', hosts: 0, names: [] },
      { number: 2, select: 'all', hosts: 0, names: [] },
    ]
    const warnings = [expect.stringContaining('wave 1 (site:oslo) reaches no host')]
    expect(await publish('2', ['site:oslo'], true)).toMatchObject({ waves: reach, warnings })
    expect(await handlers().previewWaves({ channel: 'web', waves: ['site:oslo'] }, never)).toEqual({
      channel: 'web',
      hosts: 0,
      waves: reach,
      warnings,
    })
    expect((await publish('2', [])).waves).toBeNull()
    const rollback = { channel: 'web', to: 1, message: '', lifetimeMs: 60_000, waves: ['site:oslo'] }
    expect(await handlers().rollback(rollback, never)).toMatchObject({ sequence: 3, waves: reach, warnings })
    await expect(publish('4', ['is:failed'])).rejects.toMatchObject({ code: 'WAVE_INVALID' })
    expect((await handlers().releases({ channel: 'web' }, never)).at(-1)).toMatchObject({ sequence: 3 })
  })
})
