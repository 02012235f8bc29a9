import { describe, expect, test } from 'vitest'
import type { FetchJob } from '../../node-agent/fetch/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { PeerKey } from '../../protocol/index.ts'
import { type FakeContent, fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { type FetchNode, fetchNode, join } from '../support/fetch-nodes.ts'
import { TestMesh } from '../support/test-mesh.ts'

/** An origin far away, and `count` hosts of one site that know it and each other. */
async function site(
  mesh: TestMesh,
  content: FakeContent,
  count: number,
): Promise<{ origin: FetchNode; hosts: FetchNode[] }> {
  const origin = await fetchNode(
    mesh,
    1,
    FakeSource.of(content, () => true),
    'far',
  )
  const hosts: FetchNode[] = []
  for (let n = 0; n < count; n++) {
    const source = new FakeSource()
    source.known.set(content.manifest, content)
    const next = await fetchNode(mesh, 2 + n, source, 'oslo')
    await join(next, origin)
    for (const other of hosts) await join(next, other)
    hosts.push(next)
  }
  return { origin, hosts }
}

/** Everything, shared with whoever of the site is connected. */
function jobOf(content: FakeContent, { net, source }: FetchNode): FetchJob {
  const partners = (): ReadonlySet<PeerKey> =>
    new Set(net.peers().flatMap(({ peer, sameSite }) => (sameSite ? [peer] : [])))
  return {
    manifest: content.manifest,
    chunks: content.chunks,
    missing: content.chunks.map((_, i) => i),
    partners,
    onChunk: async (digest, bytes) => source.add(content, digest, bytes),
  }
}

describe('a site fetches over its uplink', () => {
  test('SHARE-4 every chunk crosses once, however many hosts of the site want it', { timeout: 60_000 }, async () => {
    await using mesh = new TestMesh('memory')
    const content = fakeContent(1, 300, 32_768)
    const { origin, hosts } = await site(mesh, content, 5)
    const { signal } = new AbortController()
    const counts = await Promise.all(hosts.map((h) => h.fetcher.fetch(jobOf(content, h), { signal })))
    // A host that is slow for once may have some of its share taken over.
    expect(origin.source.reads).toBeLessThan(1.1 * 300)
    const crossed = counts.reduce((sum, { otherSiteBytes }) => sum + otherSiteBytes, 0)
    const copy = content.chunks.reduce((sum, { size }) => sum + size, 0)
    expect(crossed).toBeLessThan(1.15 * copy)
    for (const { wireBytes, wastedBytes } of counts) {
      expect(wastedBytes).toBeLessThan(0.1 * copy)
      expect(wireBytes).toBeGreaterThan(0.95 * copy)
    }
  })

  test(
    'SHARE-4 an owner that is gone half way costs what it had brought and not passed on',
    { timeout: 60_000 },
    async () => {
      await using mesh = new TestMesh('memory')
      const content = fakeContent(2, 300, 32_768)
      const { origin, hosts } = await site(mesh, content, 4)
      // A line that takes its time: what a host asked for and did not get is not sent to it.
      origin.source.answer = async (_digest, held) => {
        await systemClock.sleep(10)
        return held
      }
      const [first, ...rest] = hosts
      if (first === undefined) throw new Error('no host')
      const dies = new AbortController()
      let brought = 0
      const job = jobOf(content, first)
      const onChunk: FetchJob['onChunk'] = async (digest, bytes, from) => {
        await job.onChunk(digest, bytes, from)
        if (!from.sameSite && ++brought === 20) dies.abort()
      }
      const died = first.fetcher.fetch({ ...job, onChunk }, { signal: dies.signal }).catch(() => undefined)
      dies.signal.addEventListener('abort', () => void first.net.stop())
      const { signal } = new AbortController()
      await Promise.all(rest.map((h) => h.fetcher.fetch(jobOf(content, h), { signal })))
      await died
      expect(origin.source.reads).toBeLessThan(1.3 * 300)
      for (const { source } of rest) expect(source.held.size).toBe(300)
    },
  )
})
