import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

function writeTree(folder: string, version: number): string {
  const tree = join(folder, `source-${version}`)
  mkdirSync(join(tree, 'lib', 'deep'), { recursive: true })
  writeFileSync(join(tree, 'version'), `${version}\n`)
  for (let i = 0; i < 40; i++)
    writeFileSync(join(tree, 'lib', `f${i}`), `${i % 3 === 0 ? version : 0} `.repeat(5000 + i))
  writeFileSync(join(tree, 'lib', 'deep', 'empty'), '')
  return tree
}

describe('the spine', () => {
  test(
    'SPINE-1 SPINE-2 a release reaches every host, and a late one without its publisher',
    { timeout: 120_000 },
    async () => {
      const folder = await tempDir()
      const admin = quietHome(folder, 'admin')
      await shoalJson(admin, 'mesh', 'create', 'north')
      const publisher = await startAgent(admin)
      const hosts = await Promise.all(
        ['oslo-1', 'oslo-2', 'lima-1'].map((n) => enrolledHost(folder, admin, n, n.slice(0, 4))),
      )
      const agents = await Promise.all(hosts.map(({ home }) => startAgent(home)))
      const first = writeTree(folder, 1)
      const published = await shoalJson<{ sequence: number; entries: number }>(
        admin,
        'publish',
        first,
        '--channel',
        'web',
      )
      expect(published).toMatchObject({ sequence: 1, entries: 45, deltaBytes: 0 })
      expect(await shoal(admin, 'wait', '--channel', 'web', '--hosts', 'all', '--timeout', '60s')).toMatchObject({
        code: 0,
      })
      for (const { root } of hosts) expect(await compareTrees(first, root)).toEqual([])

      const status = await statusOf(admin)
      expect(status.channels).toMatchObject([{ name: 'web', sequence: 1, fresh: true, converged: 3, hosts: 3 }])
      expect(status.channels[0]?.states.map((s) => s.host)).toEqual(['lima-1', 'oslo-1', 'oslo-2'])
      expect(
        status.channels[0]?.states.every((s) => s.proved && s.state === 'settled' && s.received.wireBytes > 0),
      ).toBe(true)

      // The publisher is gone for good; a host that was never there before converges from its peers alone.
      const late = await enrolledHost(folder, admin, 'lima-2', 'lima')
      expect(await publisher.stop()).toBe(0)
      await startAgent(late.home, '--bootstrap', agents[0]?.addresses[0] ?? '')
      expect(await shoal(late.home, 'wait', '--channel', 'web', '--hosts', '4', '--timeout', '60s')).toMatchObject({
        code: 0,
      })
      expect(await compareTrees(first, late.root)).toEqual([])
    },
  )

  test(
    'SPINE-3 a host that was away learns the newest release and goes straight to it',
    { timeout: 120_000 },
    async () => {
      const folder = await tempDir()
      const admin = quietHome(folder, 'admin')
      await shoalJson(admin, 'mesh', 'create', 'north')
      await startAgent(admin)
      const host = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
      const agent = await startAgent(host.home)
      await shoalJson(admin, 'publish', writeTree(folder, 1), '--channel', 'web')
      await shoalJson(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '60s')
      await agent.kill()
      for (const version of [2, 3]) await shoalJson(admin, 'publish', writeTree(folder, version), '--channel', 'web')
      expect(await shoal(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '1s')).toMatchObject({
        code: 3,
      })
      await startAgent(host.home)
      await shoalJson(admin, 'wait', '--channel', 'web', '--sequence', '3', '--hosts', '1', '--timeout', '60s')
      expect(await compareTrees(join(folder, 'source-3'), host.root)).toEqual([])
      expect((await shoalJson<unknown[]>(admin, 'releases', '--channel', 'web')).length).toBe(3)
      expect(await shoal(host.home, 'verify', '--deep')).toMatchObject({ code: 0 })
      writeFileSync(join(host.root, 'version'), 'edited\n')
      const verified = await shoal(host.home, 'verify')
      expect(verified.code).toBe(1)
      expect(verified.stdout).toContain('version')
    },
  )

  test(
    'SPINE-4 publishing without a running agent seeds until a host has proved it',
    { timeout: 120_000 },
    async () => {
      const folder = await tempDir()
      const admin = quietHome(folder, 'admin')
      await shoalJson(admin, 'mesh', 'create', 'north')
      writeFileSync(join(admin, 'config.toml'), 'mdns = false\nlisten = ["/ip4/127.0.0.1/tcp/0"]\n')
      const host = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
      const agent = await startAgent(host.home)
      const tree = writeTree(folder, 1)
      const published = await shoal(
        admin,
        'publish',
        tree,
        '--channel',
        'web',
        '--json',
        '--bootstrap',
        agent.addresses[0] ?? '',
      )
      expect(published).toMatchObject({ code: 0 })
      expect(JSON.parse(published.stdout)).toMatchObject({ channel: 'web', sequence: 1 })
      expect(await compareTrees(tree, host.root)).toEqual([])
    },
  )
})
