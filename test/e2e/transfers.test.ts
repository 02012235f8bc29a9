import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectControl } from '../../node-agent/control/index.ts'
import type { HostView } from '../../protocol/status/index.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

const BYTES = 3_000_000

test(
  'STATUS-6 LINKS-5 a transfer over a limited line is seen on its way, with what is left and how long it takes, and afterwards by where it came from',
  { timeout: 180_000 },
  async () => {
    const folder = await tempDir()
    const admin = quietHome(folder, 'admin')
    await shoalJson(admin, 'mesh', 'create', 'north')
    const publisher = await startAgent(admin)
    const far = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
    const near = await enrolledHost(folder, admin, 'oslo-2', 'oslo')
    appendFileSync(join(far.home, 'config.toml'), '[limits.otherSite]\nrate = "150KiB"\nperDay = "10MiB"\n')
    const first = await startAgent(far.home)
    const source = join(folder, 'source')
    mkdirSync(source)
    writeFileSync(join(source, 'file'), randomBytes(BYTES))
    await shoalJson(admin, 'publish', source, '--channel', 'web')
    const state = async () => (await statusOf(far.home)).channels[0]?.states.find(({ host }) => host === 'oslo-1')

    let moving: HostView | undefined
    await expect
      .poll(async () => (moving = await state()), { timeout: 30_000 })
      .toMatchObject({ state: 'fetching', transfer: { bytesPerSecond: expect.any(Number) } })
    const { leftBytes = 0, bytesPerSecond = 0, etaSeconds = 0 } = moving?.transfer ?? {}
    expect(leftBytes).toBeGreaterThan(0)
    expect(leftBytes).toBeLessThan(BYTES)
    expect(bytesPerSecond).toBeGreaterThan(20_000)
    expect(bytesPerSecond).toBeLessThan(400_000)
    expect(etaSeconds).toBe(Math.ceil(leftBytes / (bytesPerSecond ?? 1)))
    const text = (await shoal(far.home, 'status', '--peers')).stdout
    expect(text).toMatch(/^ {2}oslo-1 {2}fetching \d+ %, [\d.]+ [KM]iB left at [\d.]+ KiB\/s, about [\dms .]+$/m)

    await startAgent(near.home, '--bootstrap', first.addresses[0] ?? '')
    expect((await shoal(admin, 'wait', '--channel', 'web', '--hosts', 'all', '--timeout', '90s')).code).toBe(0)
    const done = await state()
    const { links, sources } = done?.receivedBy ?? {}
    expect(done?.transfer).toBeNull()
    expect(sources?.publisher).toBeGreaterThan(BYTES / 2)
    expect(links?.otherSite).toBe(done?.received.otherSiteBytes)
    expect((links?.sameSite ?? 0) + (links?.otherSite ?? 0)).toBe(done?.received.wireBytes)

    const { self } = await statusOf(far.home)
    expect(self.connected).toHaveLength(self.peers)
    const view = self.connected.find(({ peerId }) => peerId === publisher.peerId)
    expect(view).toMatchObject({ link: 'otherSite', relayed: false, roundTripMs: expect.any(Number) })
    expect(view?.receivedBytes).toBeGreaterThan(BYTES / 2)
    const uplink = self.links?.classes.find(({ link }) => link === 'otherSite')
    expect(uplink?.today.usedBytes).toBe(done?.received.otherSiteBytes)
    expect(uplink?.today.leftBytes).toBe(10 * 2 ** 20 - (uplink?.today.usedBytes ?? 0))

    // What the hosts tell of their links, as the node of another host sees it.
    const control = await connectControl(near.home)
    onTestFinished(() => control?.close())
    const network = async () => {
      for await (const picture of control?.stream('watchNetwork', {}) ?? []) return picture
      return undefined
    }
    await expect.poll(network, { timeout: 60_000 }).toMatchObject({
      selfSite: 'oslo',
      sites: [
        { site: 'admin', heard: 1, telling: 1 },
        { site: 'oslo', heard: 2, telling: 2, lone: 0 },
      ],
      links: [{ a: 'admin', b: 'oslo', relayed: 0, stale: false, measured: { bytesPerSecond: expect.any(Number) } }],
      parts: [{ sites: ['admin', 'oslo'] }],
    })
    const path = await control?.call('networkPath', { from: 'oslo-1', to: (await statusOf(admin)).self.host ?? '' })
    expect(path).toMatchObject({
      hops: [{ fromSite: 'oslo', toSite: 'admin', leave: expect.arrayContaining(['oslo-1']) }],
    })
  },
)
