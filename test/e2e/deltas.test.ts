import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { seededBytes } from '../support/seeded-bytes.ts'
import { tempDir } from '../support/temp-dir.ts'

interface PublishDocument {
  readonly sequence: number
  readonly deltaBytes: number
  readonly newBytes: number
}

/** A tree of which a few bytes change from version to version. */
function writeTree(folder: string, version: number): string {
  const tree = join(folder, `source-${version}`)
  mkdirSync(join(tree, 'lib'), { recursive: true })
  for (let i = 0; i < 8; i++) {
    const bytes = seededBytes(600_000, i + 1)
    bytes.set(Buffer.from(`version ${version}`), 300_000)
    writeFileSync(join(tree, 'lib', `f${i}`), bytes)
    utimesSync(join(tree, 'lib', `f${i}`), 1e9, 1e9)
  }
  return tree
}

async function mesh() {
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  const agent = await startAgent(admin)
  const publish = (version: number) =>
    shoalJson<PublishDocument>(admin, 'publish', writeTree(folder, version), '--channel', 'web')
  return { folder, admin, agent, publish }
}

/** A mesh with two enrolled hosts of one site. */
async function twoHosts() {
  const north = await mesh()
  const host = (name: string) => enrolledHost(north.folder, north.admin, name, 'oslo')
  return { ...north, one: await host('one'), two: await host('two') }
}

async function waitProved(home: string, hosts: number): Promise<void> {
  const { code, stderr } = await shoal(home, 'wait', '--channel', 'web', '--hosts', String(hosts), '--timeout', '90s')
  expect(code, stderr).toBe(0)
}

const received = async (home: string) => {
  const { self, channels } = await statusOf(home)
  const own = channels[0]?.states.find(({ peerId }) => peerId === self.peerId)
  if (own === undefined) throw new Error('the host has no state')
  return own.received
}

describe('deltas between hosts', () => {
  test(
    'DELTA-12 DELTA-13 a delta costs a fraction; neighbours serve it on; a base changed on the host costs only its own chunks',
    { timeout: 240_000 },
    async () => {
      const { folder, admin, agent, publish, one, two } = await twoHosts()
      const first = await startAgent(one.home)
      const second = await startAgent(two.home, '--bootstrap', first.addresses[0] ?? '')
      await publish(1)
      await waitProved(admin, 2)
      await second.stop()

      const { deltaBytes, newBytes } = await publish(2)
      expect(deltaBytes).toBeGreaterThan(0)
      expect(deltaBytes).toBeLessThan(newBytes / 50)
      await waitProved(admin, 1)
      expect((await received(one.home)).wireBytes).toBeLessThan(deltaBytes + 2000)
      expect(await compareTrees(join(folder, 'source-2'), one.root)).toEqual([])

      // The publisher is gone: the neighbour has kept the pieces. One of the files that the delta reads was changed meanwhile.
      await agent.stop()
      const path = join(two.root, 'lib', 'f3')
      const edited = readFileSync(path)
      edited.set(Buffer.from('edited on the host'), 290_000)
      writeFileSync(path, edited)
      await startAgent(two.home, '--bootstrap', first.addresses[0] ?? '')
      await waitProved(one.home, 2)
      const { wireBytes, sameSiteBytes } = await received(two.home)
      expect(sameSiteBytes).toBe(wireBytes)
      expect(wireBytes).toBeGreaterThan(0)
      expect(wireBytes).toBeLessThan(newBytes / 2)
      expect(await compareTrees(join(folder, 'source-2'), two.root)).toEqual([])
    },
  )

  test(
    'DELTA-12 a delta that nobody has any more is not waited for long: the release comes in chunks',
    { timeout: 240_000 },
    async () => {
      const { folder, admin, agent, publish } = await mesh()
      const late = await enrolledHost(folder, admin, 'late', 'oslo')
      const away = await startAgent(late.home)
      await publish(1)
      await waitProved(admin, 1)
      await away.stop()
      const { newBytes } = await publish(2)
      // A host that never had release 1 takes chunks and keeps no piece of the delta.
      const fresh = await enrolledHost(folder, admin, 'fresh', 'oslo')
      const neighbour = await startAgent(fresh.home)
      await waitProved(admin, 1)
      await agent.stop()
      await startAgent(late.home, '--bootstrap', neighbour.addresses[0] ?? '')
      await waitProved(fresh.home, 2)
      expect((await received(late.home)).sameSiteBytes).toBeGreaterThan(newBytes / 2)
      expect(await compareTrees(join(folder, 'source-2'), late.root)).toEqual([])
    },
  )

  test(
    'DELTA-14 a host of which the publisher knew nothing is led by deltas over releases that it never had',
    { timeout: 240_000 },
    async () => {
      const { folder, admin, agent, publish, one, two } = await twoHosts()
      const neighbour = await startAgent(one.home)
      await publish(1)
      await waitProved(admin, 1)
      await agent.stop()
      const late = await startAgent(two.home, '--bootstrap', neighbour.addresses[0] ?? '')
      await waitProved(one.home, 2)
      await late.stop()
      await neighbour.stop()

      const again = await startAgent(admin)
      let deltaBytes = 0
      for (const version of [2, 3, 4]) deltaBytes += (await publish(version)).deltaBytes
      const { newBytes } = await publish(5)
      await startAgent(two.home, '--bootstrap', again.addresses[0] ?? '')
      await waitProved(admin, 1)
      expect((await received(two.home)).wireBytes).toBeLessThan(deltaBytes + 4000)
      expect((await received(two.home)).wireBytes).toBeLessThan(newBytes / 10)
      expect(await compareTrees(join(folder, 'source-5'), two.root)).toEqual([])
    },
  )

  test(
    'SHARE-5 the pieces of a delta, its list and the manifest cross to a site once, and spread there',
    { timeout: 240_000 },
    async () => {
      const { folder, admin } = await mesh()
      const names = ['one', 'two', 'three']
      const hosts = await Promise.all(names.map((name) => enrolledHost(folder, admin, name, 'oslo')))
      const agents = [await startAgent(hosts[0]?.home ?? '')]
      for (const { home } of hosts.slice(1))
        agents.push(await startAgent(home, ...agents.flatMap(({ addresses }) => ['--bootstrap', addresses[0] ?? ''])))
      const tree = join(folder, 'large')
      mkdirSync(tree)
      const base = seededBytes(6_000_000, 5)
      const deliver = async (bytes: Uint8Array): Promise<PublishDocument> => {
        writeFileSync(join(tree, 'app'), bytes)
        const published = await shoalJson<PublishDocument>(admin, 'publish', tree, '--channel', 'web')
        await waitProved(admin, 3)
        return published
      }
      await deliver(base)
      // New content in between, so that the delta has many pieces.
      const next = Buffer.concat([base.subarray(0, 3_000_000), randomBytes(2_000_000), base.subarray(3_000_000)])
      const { deltaBytes } = await deliver(next)
      expect(deltaBytes).toBeGreaterThan(1_900_000)
      const all = await Promise.all(hosts.map(({ home }) => received(home)))
      const crossed = all.reduce((sum, { otherSiteBytes }) => sum + otherSiteBytes, 0)
      // Three copies without sharing; a slow machine may see a share taken over.
      expect(crossed).toBeLessThan(1.5 * deltaBytes)
      expect(all.reduce((sum, { sameSiteBytes }) => sum + sameSiteBytes, 0)).toBeGreaterThan(1.5 * deltaBytes)
    },
  )

  test(
    'STORE-13 a host that lost its home takes from its old tree what it can, under whatever name',
    { timeout: 240_000 },
    async () => {
      const { folder, admin, publish } = await mesh()
      const old = writeTree(folder, 1)
      const host = await enrolledHost(folder, admin, 'one', 'oslo')
      cpSync(old, host.root, { recursive: true })
      renameSync(join(host.root, 'lib'), join(host.root, 'lib-before'))
      await publish(2)
      await startAgent(host.home)
      await waitProved(admin, 1)
      const { wireBytes, reusedBytes } = await received(host.home)
      expect(reusedBytes).toBeGreaterThan(2_000_000)
      expect(wireBytes).toBeLessThan(2_500_000)
      expect(await compareTrees(join(folder, 'source-2', 'lib'), join(host.root, 'lib'))).toEqual([])
      // What was there before is not the release's, and stays.
      expect(readFileSync(join(host.root, 'lib-before', 'f0')).length).toBe(600_000)
    },
  )
})
