import { describe, expect, test } from 'vitest'
import { createFetcher } from '../../node-agent/fetch/index.ts'
import type { FetchCounts, FetchJob } from '../../node-agent/fetch/types.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import { Traffic } from '../../node-agent/traffic/index.ts'
import { parseChannelName, parseSiteName, type PeerKey } from '../../protocol/index.ts'
import { fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { fetchNode, join } from '../support/fetch-nodes.ts'
import { seededRng, TestMesh, until } from '../support/test-mesh.ts'

const WEB = parseChannelName('web')
const CHUNK = 16_384
const content = fakeContent(3, 60, CHUNK)
const third = (n: number) => FakeSource.of(content, (i) => i % 3 === n)

/** A host on site oslo whose traffic is counted, and that knows one member as the publisher. */
async function counted(mesh: TestMesh, publisher: () => PeerKey | undefined) {
  const node = await mesh.node(9, { site: 'oslo' })
  const [source, traffic] = [new FakeSource(), new Traffic()]
  source.known.set(content.manifest, content)
  const fetcher = createFetcher({
    net: node.net,
    source,
    clock: systemClock,
    log: node.log,
    rng: seededRng(9),
    site: () => parseSiteName('oslo'),
    traffic,
    publishes: (peer, channel) => channel === WEB && peer === publisher(),
  })
  mesh.defer(() => fetcher.stop())
  await fetcher.start()
  await node.net.start()
  const job: FetchJob = {
    manifest: content.manifest,
    channel: WEB,
    chunks: content.chunks,
    missing: content.chunks.map((_, i) => i),
    onChunk: async (digest, bytes) => source.add(content, digest, bytes),
  }
  return { ...node, source, traffic, fetcher, job }
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

describe('what a fetch receives', () => {
  test('FETCH-8 is counted by class of link and by source, on both sides', async () => {
    await using mesh = new TestMesh()
    const peers = [
      await fetchNode(mesh, 1, third(0), 'lima'),
      await fetchNode(mesh, 2, third(1), 'oslo'),
      await fetchNode(mesh, 3, third(2), 'rome'),
    ]
    const host = await counted(mesh, () => peers[0]?.net.peerId)
    for (const peer of peers) await join(host, peer)
    const { by, ...counts } = await host.fetcher.fetch(host.job, { signal: AbortSignal.timeout(30_000) })
    expect(by.links).toMatchObject({
      sameSite: counts.sameSiteBytes,
      otherSite: counts.otherSiteBytes,
      relayed: 0,
      metered: 0,
    })
    expect(by.sources.sameSite).toBe(counts.sameSiteBytes)
    expect(by.sources.publisher + by.sources.otherSites).toBe(counts.otherSiteBytes)
    for (const bytes of Object.values(by.sources)) expect(bytes).toBeGreaterThan(15 * CHUNK)
    expect([sum(by.links), sum(by.wasted)]).toEqual([counts.wireBytes, 0])
    expect(counts.plainBytes).toBe(content.chunks.reduce((bytes, { size }) => bytes + size, 0))
    expect(host.traffic.view.received).toEqual([
      { channel: 'web', link: 'sameSite', source: 'sameSite', bytes: by.sources.sameSite },
      { channel: 'web', link: 'otherSite', source: 'otherSites', bytes: by.sources.otherSites },
      { channel: 'web', link: 'otherSite', source: 'publisher', bytes: by.sources.publisher },
    ])
    const [uplink] = host.net.connections().filter(({ peer }) => peer === peers[0]?.net.peerId)
    expect(uplink?.traffic.receivedBytes).toBeGreaterThanOrEqual(by.sources.publisher)
    const [down] = peers[0]?.net.connections() ?? []
    expect(down?.traffic.sentBytes).toBe(uplink?.traffic.receivedBytes)
    expect(uplink?.traffic.receiveRate).toBeGreaterThan(0)
  })

  test('FETCH-8 other bytes than were asked for are wasted as bad', async () => {
    await using mesh = new TestMesh()
    const liar = await fetchNode(mesh, 1, FakeSource.of(content), 'lima')
    liar.source.answer = async (_, held) => held?.map((byte) => byte ^ 1)
    const host = await counted(mesh, () => undefined)
    await join(host, liar)
    let counts: FetchCounts | undefined
    const options = { signal: AbortSignal.timeout(30_000), onCounts: (now: FetchCounts) => void (counts = now) }
    const done = host.fetcher.fetch(host.job, options).catch(() => undefined)
    await until('they are counted', () => (counts?.by.wasted.bad ?? 0) > 0)
    expect(counts?.by.wasted).toMatchObject({ duplicate: 0, cancelled: 0 })
    expect(counts?.wastedBytes).toBe(counts?.wireBytes)
    expect(host.traffic.view.wasted).toEqual([{ channel: 'web', kind: 'bad', bytes: counts?.by.wasted.bad }])
    await host.fetcher.stop()
    await done
  })

  test('FETCH-8 what comes although its fetch was given up is wasted as cancelled, and still counted', async () => {
    await using mesh = new TestMesh()
    const slow = await fetchNode(mesh, 1, FakeSource.of(content), 'lima')
    const gate = Promise.withResolvers<void>()
    slow.source.answer = async (_, held) => (await gate.promise, held)
    const host = await counted(mesh, () => slow.net.peerId)
    await join(host, slow)
    let counts: FetchCounts | undefined
    const abort = new AbortController()
    const options = { signal: abort.signal, onCounts: (now: FetchCounts) => void (counts = now) }
    const done = host.fetcher.fetch(host.job, options).catch((err: unknown) => err)
    await until('it is being asked', () => slow.source.reads > 0)
    abort.abort()
    expect(await done).toMatchObject({ code: 'CANCELLED' })
    gate.resolve()
    await until('it came all the same', () => (counts?.by.wasted.cancelled ?? 0) > 0)
    expect(counts?.by.wasted).toMatchObject({ duplicate: 0, bad: 0 })
    expect(counts?.by.sources.publisher).toBe(counts?.wireBytes)
    expect(host.source.held.size).toBe(0)
  })
})
