import { describe, expect, test } from 'vitest'
import type { FetchJob } from '../../node-agent/fetch/index.ts'
import type { Digest } from '../../protocol/index.ts'
import { type FakeContent, fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { fetchNode, join } from '../support/fetch-nodes.ts'
import { TestMesh } from '../support/test-mesh.ts'

/** A job for everything, and what it got. */
function jobFor(content: FakeContent, into: FakeSource): FetchJob & { readonly got: Map<Digest, string[]> } {
  const got = new Map<Digest, string[]>()
  return {
    got,
    manifest: content.manifest,
    chunks: content.chunks,
    missing: content.chunks.map((_, i) => i),
    onChunk: async (digest, bytes, from) => {
      got.set(digest, [...(got.get(digest) ?? []), from.peer])
      into.add(content, digest, bytes)
    },
  }
}

describe.each(['memory', 'tcp'] as const)('fetch over %s', (transport) => {
  test('FETCH-1 a fetch takes from several peers what each of them has', async () => {
    await using mesh = new TestMesh(transport)
    const content = fakeContent(1, 200, 16_384)
    const peers = [
      await fetchNode(
        mesh,
        1,
        FakeSource.of(content, (i) => i % 2 === 0),
      ),
      await fetchNode(
        mesh,
        2,
        FakeSource.of(content, (i) => i % 3 === 0),
      ),
      await fetchNode(
        mesh,
        3,
        FakeSource.of(content, (i) => i % 2 === 1),
      ),
    ]
    const source = new FakeSource()
    source.known.set(content.manifest, content)
    const node = await fetchNode(mesh, 4, source)
    for (const peer of peers) await join(node, peer)
    const job = jobFor(content, source)
    const counts = await node.fetcher.fetch(job, { signal: AbortSignal.timeout(20_000) })
    expect(job.got.size).toBe(200)
    expect([...job.got.values()].every((from) => from.length === 1)).toBe(true)
    expect(counts.wastedBytes).toBe(0)
    expect(counts.sameSiteBytes).toBe(counts.wireBytes)
  })
})
