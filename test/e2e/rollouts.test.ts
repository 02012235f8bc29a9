import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HostView, RolloutView } from '../../protocol/status/index.ts'
import { quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

const PATIENCE = { timeout: 60_000, interval: 250 }

const FIVE = ['canary-1', 'canary-2', 'oslo-1', 'oslo-2', 'oslo-3']

/** A publisher and hosts, those named so labelled as canaries; a host is healthy unless a file `NAME.sick` is there. All agents run. */
async function scene(names: readonly string[] = FIVE) {
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  const { addresses } = await startAgent(admin)
  const hosts = await Promise.all(
    names.map(async (name) => {
      const label = name.startsWith('canary') ? ['--label', 'role=canary'] : []
      const { ticket } = await shoalJson<{ ticket: string }>(admin, 'mesh', 'invite', name, '--site', 'oslo', ...label)
      const home = quietHome(folder, name)
      const [root, sick] = [join(folder, `${name}.tree`), join(folder, `${name}.sick`)]
      const check = `[[action]]\nname = "well"\nrun = ["/bin/sh", "-c", "! test -e ${sick}"]\n`
      appendFileSync(
        join(home, 'config.toml'),
        `${check}[[target]]\nchannel = "web"\nroot = "${root}"\nhealth = ["well"]\n`,
      )
      await shoalJson(home, 'join', ticket)
      await startAgent(home, '--bootstrap', addresses[0] ?? '')
      return { name, home, root, sick }
    }),
  )
  const source = join(folder, 'source')
  mkdirSync(source)
  const publish = (content: string, ...flags: readonly string[]) => {
    writeFileSync(join(source, 'version'), content)
    return shoalJson<{ sequence: number }>(admin, 'publish', source, '--channel', 'web', ...flags)
  }
  const channel = async () => (await statusOf(admin)).channels[0]
  const rollout = async (): Promise<RolloutView | null | undefined> => (await channel())?.rollout
  const states = async (): Promise<readonly HostView[]> => (await channel())?.states ?? []
  const state = async (name: string) => (await states()).find(({ host }) => host === name)
  const live = () =>
    hosts.map(({ root }) => (existsSync(join(root, 'version')) ? readFileSync(join(root, 'version'), 'utf8') : ''))
  const hostOf = (name: string) => hosts.find((host) => host.name === name) ?? hosts[0]
  return { admin, hosts, hostOf, publish, channel, rollout, state, states, live, source }
}

test(
  'ROLLOUT-10 ROLLOUT-11 ROLLOUT-12 waves, a gate, a failing host, retry, promote, pause, resume and roll back, with real agents',
  { timeout: 300_000 },
  async () => {
    const { admin, hosts, hostOf, publish, rollout, state, states, live } = await scene()
    const wait = (timeout = '60s') => shoal(admin, 'wait', '--channel', 'web', '--hosts', 'all', '--timeout', timeout)
    await publish('1')
    expect((await wait()).code).toBe(0)

    // Wave 1 are the canaries, one of which is not healthy with it.
    const sick = hostOf('canary-2')?.sick ?? ''
    writeFileSync(sick, '')
    await publish('2', '--wave', 'label:role=canary', '--wave', 'host:oslo-1:approve')
    await expect.poll(() => state('canary-2'), PATIENCE).toMatchObject({ state: 'rolled-back', sequence: 1, wave: 1 })
    await expect.poll(() => state('canary-1'), PATIENCE).toMatchObject({ state: 'settled', sequence: 2, wave: 1 })
    for (const name of ['oslo-1', 'oslo-2', 'oslo-3']) {
      const expected = { state: 'held', sequence: 1, proved: true, progress: 1, error: { code: 'WAVE_NOT_OPEN' } }
      await expect.poll(() => state(name), PATIENCE).toMatchObject(expected)
    }
    expect(live()).toEqual(['2', '1', '1', '1', '1'])
    expect(await rollout()).toMatchObject({
      sequence: 2,
      open: 1,
      paused: null,
      waves: [
        { select: 'label:role=canary', open: true, hosts: 2, counts: { healthy: 1, failed: 1 } },
        { select: 'host:oslo-1', open: false, hosts: 1, counts: { held: 1 } },
        { select: 'all', open: false, hosts: 2, counts: { held: 2 } },
      ],
    })
    const why = (await shoal(admin, 'why', 'oslo-1')).stdout
    expect(why).toContain(
      'it is in wave 2 of 3 of web@2; wave 2 waits for 100 % of wave 1 healthy: 1 of 2 hosts so far',
    )
    expect((await wait('1s')).code).toBe(3)
    expect((await shoal(admin, 'status')).stdout).toContain('1 of 5 hosts proved it; wave 1 of 3')

    // The cause is gone; the host tries again because a publisher says so, and the gate opens by itself.
    rmSync(sick)
    await shoalJson(admin, 'target', 'retry', 'web', '--host', 'canary-2')
    await expect.poll(() => state('oslo-1'), PATIENCE).toMatchObject({ state: 'settled', sequence: 2 })
    expect(await state('canary-2')).toMatchObject({ state: 'settled', sequence: 2 })
    expect(await rollout()).toMatchObject({
      open: 2,
      next: { wave: 3, text: expect.stringContaining('a person to promote it') },
    })
    expect(live()).toEqual(['2', '2', '2', '1', '1'])

    // Paused, nothing begins although the wave is promoted.
    await shoalJson(admin, 'pause', 'web', '--message', 'lunch')
    await shoalJson(admin, 'promote', 'web')
    for (const name of ['oslo-2', 'oslo-3']) {
      const error = { code: 'ROLLOUT_PAUSED', message: expect.stringContaining('(lunch)') }
      await expect.poll(() => state(name), PATIENCE).toMatchObject({ state: 'held', sequence: 1, error })
    }
    expect(await rollout()).toMatchObject({ open: 3, paused: { fromWave: 1, message: 'lunch' }, promoted: { wave: 3 } })
    expect(live()).toEqual(['2', '2', '2', '1', '1'])
    await shoalJson(admin, 'resume', 'web')
    expect((await wait()).code).toBe(0)
    expect(live()).toEqual(['2', '2', '2', '2', '2'])
    const again = await shoal(admin, 'promote', 'web')
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('ROLLOUT_NOT_HELD')])

    // Back, everywhere at once.
    await shoalJson(admin, 'rollback', 'web', '--to', '1')
    expect((await wait()).code).toBe(0)
    expect(live()).toEqual(['1', '1', '1', '1', '1'])
    expect((await states()).every(({ sequence }) => sequence === 3)).toBe(true)
    expect(hosts).toHaveLength(5)
  },
)

test(
  'ROLLOUT-6 ROLLOUT-13 a time gate opens by itself, and a late wave fetches nothing before its turn, while others stage ahead',
  { timeout: 300_000 },
  async () => {
    const { admin, publish, state, live } = await scene(['canary-1', 'oslo-1', 'oslo-2'])
    await publish('1', '--wave', 'host:canary-1:after=3s', '--wave', 'host:oslo-1:approve:late')
    // Wave 2 goes once the first host has been well for three seconds; wave 3 waits for a person.
    await expect.poll(() => state('oslo-1'), PATIENCE).toMatchObject({ state: 'settled', sequence: 1 })
    await expect.poll(() => state('oslo-2'), PATIENCE).toMatchObject({ state: 'held', sequence: 0, progress: 1 })
    expect(live()).toEqual(['1', '1', ''])
    await publish('2', '--wave', 'host:canary-1:approve', '--wave', 'host:oslo-1:late')
    await expect.poll(() => state('oslo-2'), PATIENCE).toMatchObject({ state: 'held', sequence: 0, progress: 1 })
    const late = { state: 'held', sequence: 1, progress: 0, error: { code: 'WAVE_NOT_OPEN' } }
    await expect.poll(() => state('oslo-1'), PATIENCE).toMatchObject(late)
    await shoalJson(admin, 'promote', 'web', '--wave', 'all')
    expect((await shoal(admin, 'wait', '--channel', 'web', '--timeout', '60s')).code).toBe(0)
    expect(live()).toEqual(['2', '2', '2'])
  },
)
