/**
 * How long a fetch takes, and what it wastes, with peers that misbehave beside the honest ones, against the honest ones alone: some claim 30 % more than they have, one keeps a
 * few bytes a second coming and never a chunk, one serves garbage. All nodes are in this process; each honest one has a line of its own.
 *
 *     node bench/liars.ts [--honest 3] [--kbps 2000] [--mb 30] [--chunk-kb 64] [--near] [--json]
 *
 * --near: those that misbehave are of the host's own site, on a LAN ten times as fast, and asked before the others.
 */
import { parseArgs } from 'node:util'
import type { FetchJob } from '../node-agent/fetch/index.ts'
import { type FakeContent, fakeContent, FakeSource } from '../test/support/fake-chunks.ts'
import { fetchNode, join } from '../test/support/fetch-nodes.ts'
import { garbler, honest, liar, slowly, trickler } from '../test/support/liars.ts'
import { TestMesh, type TestNode } from '../test/support/test-mesh.ts'

const { values } = parseArgs({
  options: {
    honest: { type: 'string', default: '3' },
    kbps: { type: 'string', default: '2000' },
    mb: { type: 'string', default: '30' },
    'chunk-kb': { type: 'string', default: '64' },
    near: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const CHUNK_BYTES = Number(values['chunk-kb']) * 1000
const CHUNK_MS = CHUNK_BYTES / Number(values.kbps)

type Company = 'honest' | 'liars' | 'trickler' | 'garbler' | 'all'

/** Those that misbehave. */
async function strangers(mesh: TestMesh, content: FakeContent, company: Company): Promise<TestNode[]> {
  const site = values.near ? 'oslo' : 'lima'
  const chunkMs = values.near ? CHUNK_MS / 10 : CHUNK_MS
  const has = (one: Company): boolean => company === one || company === 'all'
  const made: Promise<TestNode>[] = []
  if (has('liars')) {
    for (let n = 0; n < 2; n++) made.push(fetchNode(mesh, 200 + n, slowly(liar(content, n), chunkMs), site))
  }
  if (has('trickler')) made.push(trickler(mesh, 210, content, site))
  if (has('garbler')) made.push(fetchNode(mesh, 211, garbler(content), site))
  return Promise.all(made)
}

async function measure(company: Company): Promise<{ readonly seconds: number; readonly wasted: number }> {
  await using mesh = new TestMesh('memory')
  const content = fakeContent(7, Math.round((Number(values.mb) * 1e6) / CHUNK_BYTES), CHUNK_BYTES)
  const source = new FakeSource()
  source.known.set(content.manifest, content)
  const host = await fetchNode(mesh, 1, source, 'oslo')
  for (const node of await honest(mesh, content, Number(values.honest), CHUNK_MS)) await join(host, node)
  for (const node of await strangers(mesh, content, company)) await join(host, node)
  const job: FetchJob = {
    manifest: content.manifest,
    chunks: content.chunks,
    missing: content.chunks.map((_, i) => i),
    onChunk: async (digest, bytes) => source.add(content, digest, bytes),
  }
  const startMs = performance.now()
  const counts = await host.fetcher.fetch(job, { signal: AbortSignal.timeout(600_000) })
  const plainBytes = content.chunks.reduce((sum, { size }) => sum + size, 0)
  return { seconds: (performance.now() - startMs) / 1000, wasted: counts.wastedBytes / plainBytes }
}

const alone = await measure('honest')
for (const company of ['liars', 'trickler', 'garbler', 'all'] as const) {
  const { seconds, wasted } = await measure(company)
  const ratio = seconds / alone.seconds
  if (values.json)
    process.stdout.write(`${JSON.stringify({ company, seconds, aloneSeconds: alone.seconds, ratio, wasted })}\n`)
  else {
    const text = `${company}: ${seconds.toFixed(1)} s, ${ratio.toFixed(2)} of the ${alone.seconds.toFixed(1)} s without; wasted ${(wasted * 100).toFixed(2)} %`
    process.stdout.write(`${text}\n`)
  }
}
