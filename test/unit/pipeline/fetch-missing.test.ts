import { expect, test } from 'vitest'
import { makeDeltas } from '../../../node-agent/delta/index.ts'
import { Tally } from '../../../node-agent/fetch/tally.ts'
import type { FetchJob, Fetcher } from '../../../node-agent/fetch/types.ts'
import { fetchMissing } from '../../../node-agent/pipeline/fetch-missing.ts'
import type { ApplyInit, PipelineDeps } from '../../../node-agent/pipeline/types.ts'
import type { StagingArea } from '../../../node-agent/stage/index.ts'
import { type Digest, distinctChunks, parseChannelName, type TransferReport } from '../../../protocol/index.ts'
import { PEER_A } from '../../support/channel-pair.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { releaseStore } from '../../support/releases.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { keepingLogger } from '../../support/test-mesh.ts'

const { signal } = new AbortController()
const log = keepingLogger()
const FAR = { peer: PEER_A, sameSite: false, link: 'otherSite' } as const

/** A publisher of two releases, the second changed so much all over that its delta has several pieces, and a host with the first. */
async function away() {
  const [publisher, host] = [await releaseStore(), await releaseStore()]
  const first = seededBytes(2_000_000, 1)
  const noise = seededBytes(500_000, 2)
  const second = first.map((byte, i) => (i % 4 === 0 ? byte ^ (noise[i / 4] ?? 0) : byte))
  const [one, two] = [await publisher.add({ app: first }), await publisher.add({ app: second })]
  await host.add({ app: first })
  const init = { bases: [one.id], to: two.id, signal, onProgress: () => undefined }
  const [ref] = await makeDeltas({ ...publisher, log }, init)
  if (ref === undefined) throw new Error('no delta was made')
  return { publisher, host, two, step: { ...ref, to: two.id, manifestBytes: two.bytes.length } }
}

type Told = TransferReport & { readonly progress: number }

/** Fetches what staging lacks from the publisher, a chunk a second. */
async function fetched({ publisher, host, two, step }: Awaited<ReturnType<typeof away>>, withDelta: boolean) {
  const clock = new ManualClock()
  const missing = new Map(distinctChunks(two.manifest).map((ref) => [ref.digest, ref]))
  const total = [...missing.values()].reduce((sum, { size }) => sum + size, 0)
  const staging: Partial<StagingArea> = {
    missing: () => [...missing.values()],
    write: (id: Digest) => void missing.delete(id),
  }
  const told: Told[] = []
  const fetch: Fetcher['fetch'] = async (job: FetchJob, { onCounts }) => {
    const tally = new Tally(() => false)
    for (const i of job.missing) {
      const digest = job.chunks[i]?.digest ?? step.blob
      const bytes = (await publisher.read(digest)) ?? new Uint8Array()
      await clock.wind(1_000)
      await job.onChunk(digest, bytes, { peer: PEER_A, sameSite: false, wireBytes: bytes.length })
      tally.add(FAR, { wireBytes: bytes.length, plainBytes: bytes.length })
      onCounts?.(tally.counts)
    }
    return tally.counts
  }
  const deps = {
    clock,
    log,
    manifests: host.manifests,
    packs: host.packs,
    chunks: { read: host.read, announce: () => undefined },
    fetcher: { fetch },
  }
  const init: Partial<ApplyInit> = {
    channel: parseChannelName('web'),
    id: two.id,
    manifest: two.manifest,
    findPath: withDelta ? async () => [step] : undefined,
    partners: undefined,
    spending: undefined,
    signal,
    onState: (_, progress, transfer) => told.push({ progress, leftBytes: -1, bytesPerSecond: -1, ...transfer }),
    onCounts: () => undefined,
  }
  await host.manifests.save(two.bytes)
  await fetchMissing(deps as unknown as PipelineDeps, init as ApplyInit, staging as StagingArea)
  return { told, total, left: missing.size }
}

const falls = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value <= (values[i - 1] ?? 0))

test(
  'STATUS-6 of a release in whole chunks, what staging lacks is left; it comes at the rate of the line',
  { timeout: 90_000 },
  async () => {
    const scene = await away()
    const { told, total, left } = await fetched(scene, false)
    expect(left).toBe(0)
    expect(told[0]).toEqual({ progress: 0, leftBytes: total, bytesPerSecond: 0 })
    expect(told.at(-1)).toMatchObject({ progress: 1, leftBytes: 0 })
    expect(falls(told.map(({ leftBytes }) => leftBytes))).toBe(true)
    const chunk = total / distinctChunks(scene.two.manifest).length
    expect(told.at(-1)?.bytesPerSecond).toBeGreaterThan(chunk * 0.7)
    expect(told.at(-1)?.bytesPerSecond).toBeLessThan(chunk * 1.6)
  },
)

test(
  'STATUS-6 while a delta is obtained, its own bytes are left, and its share is the progress',
  { timeout: 90_000 },
  async () => {
    const scene = await away()
    const { told, total, left } = await fetched(scene, true)
    const deltaBytes = scene.step.bytes
    expect(left).toBe(0)
    expect(deltaBytes).toBeGreaterThan(256 * 1024)
    expect(deltaBytes).toBeLessThan(0.7 * total)
    const [first, ...rest] = told
    expect(first).toMatchObject({ progress: 0, leftBytes: total })
    expect(rest.every(({ leftBytes }) => leftBytes < deltaBytes)).toBe(true)
    expect(falls(rest.map(({ leftBytes }) => leftBytes))).toBe(true)
    const midway = rest.find(({ progress }) => progress > 0.2 && progress < 0.9)
    expect(midway?.progress).toBeCloseTo(1 - (midway?.leftBytes ?? 0) / deltaBytes, 5)
    expect(rest.at(-1)).toMatchObject({ progress: 1, leftBytes: 0 })
  },
)
