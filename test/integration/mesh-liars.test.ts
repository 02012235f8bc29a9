import { expect, test } from 'vitest'
import type { FetchJob } from '../../node-agent/fetch/index.ts'
import { digestOf, fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { fetchNode, join } from '../support/fetch-nodes.ts'
import { garbler, honest, liar, trickler } from '../support/liars.ts'
import { TestMesh } from '../support/test-mesh.ts'

const CHUNKS = 300

test.each(['lima', 'oslo'])(
  'FETCH-8 among honest peers, some of site %s that lie, trickle and garble cost little, and who garbled is dropped',
  { timeout: 60_000 },
  async (site) => {
    await using mesh = new TestMesh('memory')
    const content = fakeContent(3, CHUNKS, 16_384)
    const source = new FakeSource()
    source.known.set(content.manifest, content)
    const host = await fetchNode(mesh, 1, source, 'oslo')
    const bad = await fetchNode(mesh, 2, garbler(content), site)
    const liars = [1, 2].map((seed) => fetchNode(mesh, 10 + seed, liar(content, seed), site))
    const others = [...(await honest(mesh, content, 3, 2)), ...(await Promise.all(liars))]
    for (const node of [bad, ...others, await trickler(mesh, 20, content, site)]) await join(host, node)
    const from = new Set<string>()
    const job: FetchJob = {
      manifest: content.manifest,
      chunks: content.chunks,
      missing: content.chunks.map((_, i) => i),
      onChunk: async (digest, bytes, { peer }) => {
        from.add(peer)
        source.add(content, digest, bytes)
      },
    }
    const counts = await host.fetcher.fetch(job, { signal: AbortSignal.timeout(50_000) })
    expect(source.held.size).toBe(CHUNKS)
    for (const [digest, bytes] of source.held) expect(digestOf(bytes)).toBe(digest)
    expect(from.has(bad.host.peer)).toBe(false)
    // Of who garbles, what was on the wire when the first bad chunk was found; of the others next to nothing.
    const plainBytes = content.chunks.reduce((sum, { size }) => sum + size, 0)
    expect(counts.wastedBytes).toBeLessThan(0.05 * plainBytes)
    expect(host.net.peers().some(({ peer }) => peer === bad.host.peer)).toBe(false)
    const dropped = host.log.lines.filter(({ level, event }) => level === 'warn' && event === 'exchange-ended')
    expect(dropped).toMatchObject([{ fields: { peer: bad.host.peer, code: 'CHUNK_DIGEST_MISMATCH' } }])
    // Ignored from now on.
    await expect(host.net.dial(bad.net.addresses()[0] ?? '')).rejects.toThrow()
  },
)
