import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A publisher, and one host of another site with these lines in its config.toml. */
async function scene(config: string) {
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  await startAgent(admin)
  const host = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
  appendFileSync(join(host.home, 'config.toml'), config)
  const source = join(folder, 'source')
  mkdirSync(source)
  const publish = async (name: string, bytes: Uint8Array): Promise<void> => {
    writeFileSync(join(source, name), bytes)
    await shoalJson(admin, 'publish', source, '--channel', 'web')
  }
  const state = async () => (await statusOf(host.home)).channels[0]?.states[0]
  const wait = () => shoal(admin, 'wait', '--channel', 'web', '--hosts', 'all', '--timeout', '60s')
  return { ...host, folder, admin, publish, state, wait }
}

test(
  'LIMIT-11 a release beyond its budget is held with the live tree untouched, over restarts, until somebody consents to it alone',
  { timeout: 180_000 },
  async () => {
    const { home, root, publish, state, wait, admin } = await scene('[limits.otherSite]\nperRelease = "100KiB"\n')
    const agent = await startAgent(home)
    await publish('small', randomBytes(20_000))
    expect((await wait()).code).toBe(0)
    const held = { state: 'held', sequence: 1, error: { code: 'BUDGET_EXCEEDED' } }
    await publish('large', randomBytes(1_000_000))
    await expect.poll(state, { timeout: 30_000 }).toMatchObject(held)
    expect((await state())?.received.otherSiteBytes).toBeLessThan(50_000)
    expect(existsSync(join(root, 'large'))).toBe(false)
    const why = await shoal(admin, 'why', 'oslo-1')
    expect(why.stdout).toContain('`shoal target consent web`')
    await agent.stop()
    const offline = await shoal(home, 'target', 'consent', 'web')
    expect([offline.code, offline.stderr]).toEqual([1, expect.stringContaining('AGENT_UNREACHABLE')])
    await startAgent(home)
    await expect.poll(state, { timeout: 30_000 }).toMatchObject(held)
    expect(await shoalJson(home, 'target', 'consent', 'web')).toEqual({ release: 'web@2' })
    expect((await wait()).code).toBe(0)
    expect(readFileSync(join(root, 'large')).length).toBe(1_000_000)
    expect((await shoal(home, 'target', 'consent', 'web')).stderr).toContain('NOT_HELD')
    await publish('large', randomBytes(1_000_000))
    await expect.poll(state, { timeout: 30_000 }).toMatchObject({ ...held, sequence: 2 })
  },
)

test(
  'LIMIT-11 while a host is held, it takes the release from a neighbour that has it',
  { timeout: 180_000 },
  async () => {
    const { home, root, folder, admin, publish, state, wait } = await scene('[limits.otherSite]\nperDay = "0B"\n')
    const first = await startAgent(home)
    await publish('large', randomBytes(300_000))
    await expect.poll(state, { timeout: 30_000 }).toMatchObject({ state: 'held', sequence: 0 })
    const neighbour = await enrolledHost(folder, admin, 'oslo-2', 'oslo')
    await startAgent(neighbour.home, '--bootstrap', first.addresses[0] ?? '')
    expect((await wait()).code).toBe(0)
    expect(readFileSync(join(root, 'large')).length).toBe(300_000)
    expect((await state())?.received).toMatchObject({ otherSiteBytes: 0 })
  },
)
