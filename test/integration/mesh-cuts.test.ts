import { describe, expect, test } from 'vitest'
import type { FetchJob } from '../../node-agent/fetch/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { Digest } from '../../protocol/index.ts'
import { fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { type FetchNode, fetchNode } from '../support/fetch-nodes.ts'
import { FrozenLink } from '../support/frozen-link.ts'
import { joined, TestMesh, until } from '../support/test-mesh.ts'

const CHUNKS = 240
/** An answer that is overdue by so much was lost: everything here is on one machine. */
const INIT = { pace: { pulseMs: 500, handshakeTimeoutMs: 1_000 } }

const portOf = ({ net }: FetchNode): number => Number(/\/tcp\/(\d+)/.exec(net.addresses()[0] ?? '')?.[1])

describe('a line that is cut', () => {
  test(
    'FETCH-7 NET-21 a fetch goes on when its connection dies without a word; nothing comes twice, and both sides let the dead one go',
    { timeout: 60_000 },
    async () => {
      await using mesh = new TestMesh('tcp')
      const content = fakeContent(1, CHUNKS, 16_384)
      const origin = await fetchNode(mesh, 1, FakeSource.of(content), 'far', undefined, INIT)
      origin.source.answer = async (_digest, held) => {
        await systemClock.sleep(4)
        return held
      }
      await using line = new FrozenLink(portOf(origin))
      const source = new FakeSource()
      source.known.set(content.manifest, content)
      const bootstrap = [`/ip4/127.0.0.1/tcp/${await line.open()}`]
      const host = await fetchNode(mesh, 2, source, 'oslo', undefined, { ...INIT, bootstrap })
      await until('they are joined', () => joined(origin, host))
      const got = new Map<Digest, number>()
      const job: FetchJob = {
        manifest: content.manifest,
        chunks: content.chunks,
        missing: content.chunks.map((_, i) => i),
        onChunk: async (digest, bytes) => {
          got.set(digest, (got.get(digest) ?? 0) + 1)
          source.add(content, digest, bytes)
          if (got.size === CHUNKS / 3) line.freeze()
        },
      }
      const counts = await host.fetcher.fetch(job, { signal: AbortSignal.timeout(50_000) })
      expect(got.size).toBe(CHUNKS)
      expect([...got.values()].every((times) => times === 1)).toBe(true)
      expect(counts.wastedBytes).toBe(0)
      expect(host.log.lines.some(({ event }) => event === 'connection-dead')).toBe(true)
      // By its own address now, past the dead line.
      await until('one connection is left', () => [origin, host].every(({ net }) => net.connections().length === 1))
      expect(joined(origin, host)).toBe(true)
    },
  )
})
