import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BundleResult } from '../../protocol/control/index.ts'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { seededBytes } from '../support/seeded-bytes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A publisher whose agent no host can reach. */
async function publisher() {
  const folder = await tempDir()
  const [admin, tree, file] = [quietHome(folder, 'admin'), join(folder, 'source'), join(folder, 'web.shoal')]
  await shoalJson(admin, 'mesh', 'create', 'north')
  mkdirSync(join(tree, 'lib'), { recursive: true })
  for (let i = 0; i < 6; i++) writeFileSync(join(tree, 'lib', `f${i}`), seededBytes(400_000, i + 1))
  const publish = async (): Promise<void> => {
    const agent = await startAgent(admin)
    await shoalJson(admin, 'publish', tree, '--channel', 'web')
    await agent.stop()
  }
  const exported = (...args: readonly string[]): Promise<BundleResult> =>
    shoalJson<BundleResult>(admin, 'bundle', 'export', file, '--channel', 'web', ...args)
  return { folder, admin, tree, file, publish, exported }
}

const waitProved = async (home: string, hosts: number): Promise<void> => {
  const { code, stderr } = await shoal(home, 'wait', '--channel', 'web', '--hosts', String(hosts), '--timeout', '60s')
  expect(code, stderr).toBe(0)
}

describe('bundles', () => {
  test(
    'BUNDLE-1 BUNDLE-3 STORE-14 a site that nobody can reach gets a release by hand, and one member seeds its neighbours',
    { timeout: 180_000 },
    async () => {
      const { folder, admin, tree, file, publish, exported } = await publisher()
      // Enrolled by ticket, never connected to the publisher.
      const [one, two] = [
        await enrolledHost(folder, admin, 'one', 'oslo'),
        await enrolledHost(folder, admin, 'two', 'oslo'),
      ]
      await publish()
      const { chunks, bytes, reusedChunks } = await exported()
      expect(reusedChunks).toBe(0)
      expect(bytes).toBeGreaterThan(1_000_000)
      expect(existsSync(`${file}.part`)).toBe(false)

      const first = await startAgent(one.home)
      const imported = await shoalJson<BundleResult>(one.home, 'bundle', 'import', file)
      expect(imported).toMatchObject({ sequence: 1, chunks, reusedChunks: 0 })
      expect((await statusOf(one.home)).self.storeBytes).toBeGreaterThan(0.9 * bytes)
      await waitProved(one.home, 1)
      expect(await compareTrees(tree, one.root)).toEqual([])
      await startAgent(two.home, '--bootstrap', first.addresses[0] ?? '')
      await waitProved(one.home, 2)
      expect(await compareTrees(tree, two.root)).toEqual([])
      // Repeatable, and nothing new.
      expect((await shoalJson<BundleResult>(one.home, 'bundle', 'import', file)).sequence).toBe(1)

      writeFileSync(join(tree, 'lib', 'f2'), seededBytes(400_000, 77))
      await publish()
      expect((await shoal(admin, 'bundle', 'export', file, '--channel', 'web', '--for', 'nowhere')).stderr).toContain(
        'NO_SUCH_HOST',
      )
      await exported()
      await shoalJson(one.home, 'bundle', 'import', file)
      await waitProved(one.home, 2)
      expect(await compareTrees(tree, two.root)).toEqual([])
      const { channels } = await statusOf(one.home)
      expect(channels[0]?.sequence).toBe(2)
    },
  )

  test(
    'BUNDLE-1 for a site, only what its hosts lack; an interrupted export goes on; a host that waits takes it up at once',
    { timeout: 180_000 },
    async () => {
      const { folder, admin, tree, file, publish, exported } = await publisher()
      const host = await enrolledHost(folder, admin, 'one', 'oslo')
      const agent = await startAgent(admin)
      const away = await startAgent(host.home, '--bootstrap', agent.addresses[0] ?? '')
      await shoalJson(admin, 'publish', tree, '--channel', 'web')
      await waitProved(admin, 1)
      await away.stop()
      await agent.stop()
      writeFileSync(join(tree, 'lib', 'f1'), seededBytes(400_000, 50))
      await publish()

      const whole = await exported()
      const part = await exported('--for', 'oslo')
      expect(part.bytes).toBeLessThan(whole.bytes / 3)
      // The same once more, cut off in the middle.
      const bytes = readFileSync(file)
      writeFileSync(`${file}.part`, bytes.subarray(0, bytes.length / 2))
      const again = await exported('--for', 'oslo')
      expect(again.reusedChunks).toBeGreaterThan(0)
      expect(readFileSync(file).equals(bytes)).toBe(true)

      await startAgent(host.home)
      await shoalJson(host.home, 'bundle', 'import', file)
      await waitProved(host.home, 1)
      expect(await compareTrees(tree, host.root)).toEqual([])
    },
  )

  test(
    'BUNDLE-4 a new machine with nothing but its ticket and a bundle joins, applies and proves the release, and its word goes back by hand',
    { timeout: 180_000 },
    async () => {
      const { folder, admin, tree, file, publish, exported } = await publisher()
      await publish()
      const { home, root } = await enrolledHost(folder, admin, 'new', 'oslo')
      const whole = await exported()
      expect((await exported('--for', 'oslo')).bytes).toBe(whole.bytes)
      // Nobody's agent runs, not even its own.
      expect((await shoalJson<BundleResult>(home, 'bundle', 'import', file)).sequence).toBe(1)
      await startAgent(home)
      await waitProved(home, 1)
      expect(await compareTrees(tree, root)).toEqual([])
      expect((await statusOf(home)).self.peers).toBe(0)
      expect((await statusOf(admin)).channels[0]?.hosts).toBe(0)
      const back = join(folder, 'back.shoal')
      await shoalJson(home, 'bundle', 'export', back, '--channel', 'web')
      await shoalJson(admin, 'bundle', 'import', back)
      expect((await statusOf(admin)).channels[0]).toMatchObject({
        converged: 1,
        states: [{ host: 'new', proved: true }],
      })
    },
  )

  test(
    'BUNDLE-2 what is damaged, cut off, of another mesh or no bundle is refused, and nothing of it counts',
    { timeout: 120_000 },
    async () => {
      const { folder, admin, file, publish, exported } = await publisher()
      const host = await enrolledHost(folder, admin, 'one', 'oslo')
      await publish()
      await exported()
      const bytes = readFileSync(file)
      const refused = async (home: string, code: string): Promise<void> => {
        const ran = await shoal(home, 'bundle', 'import', file)
        expect(ran.stderr).toContain(code)
        expect(ran.code).toBe(code === 'BUNDLE_UNREADABLE' ? 1 : 4)
        const { channels } = await statusOf(home)
        expect(channels.every(({ sequence }) => sequence === 0)).toBe(true)
      }
      for (const at of [3, 40, bytes.length >> 1, bytes.length - 3]) {
        const damaged = Buffer.from(bytes)
        damaged.writeUInt8((damaged[at] ?? 0) ^ 1, at)
        writeFileSync(file, damaged)
        await refused(host.home, at === 40 ? '' : 'BUNDLE_INVALID')
      }
      writeFileSync(file, bytes)
      truncateSync(file, bytes.length - 100)
      await refused(host.home, 'BUNDLE_INVALID')
      writeFileSync(file, 'no bundle')
      await refused(host.home, 'BUNDLE_INVALID')
      writeFileSync(file, bytes)
      const stranger = quietHome(folder, 'stranger')
      await shoalJson(stranger, 'mesh', 'create', 'south')
      await refused(stranger, 'BUNDLE_INVALID')
      expect(statSync(file).size).toBe(bytes.length)
      const missing = await shoal(host.home, 'bundle', 'import', join(folder, 'missing'))
      expect(missing).toMatchObject({ code: 1 })
      expect(missing.stderr).toContain('BUNDLE_UNREADABLE')
      // Whole again, it is taken in.
      expect(await shoal(host.home, 'bundle', 'import', file)).toMatchObject({ code: 0 })
    },
  )
})
