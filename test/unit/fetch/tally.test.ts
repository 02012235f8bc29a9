import { describe, expect, test } from 'vitest'
import { CountSum } from '../../../node-agent/fetch/count-sum.ts'
import { Job } from '../../../node-agent/fetch/job.ts'
import { Tally } from '../../../node-agent/fetch/tally.ts'
import type { FetchCounts } from '../../../node-agent/fetch/types.ts'
import { parseSiteName } from '../../../protocol/index.ts'
import { PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { fakeContent } from '../../support/fake-chunks.ts'

const far = { peer: PEER_A, sameSite: false, link: 'otherSite' } as const
const content = fakeContent(5, 2, 1_000)
const [one, two] = content.chunks
if (one === undefined || two === undefined) throw new Error('no chunks')

describe('counts of a fetch', () => {
  test('FETCH-8 who is the publisher may become known after its first bytes', () => {
    let known = false
    const tally = new Tally((peer) => known && peer === PEER_A)
    tally.add(far, { wireBytes: 10, plainBytes: 20 })
    expect(tally.counts.by.sources).toEqual({ sameSite: 0, otherSites: 10, publisher: 0 })
    known = true
    tally.add(far, { wireBytes: 1, plainBytes: 0, waste: 'bad' })
    expect(tally.counts).toMatchObject({ wireBytes: 11, otherSiteBytes: 11, wastedBytes: 1, plainBytes: 20 })
    expect(tally.counts.by.sources).toEqual({ sameSite: 0, otherSites: 0, publisher: 11 })
  })

  test('FETCH-8 a chunk that comes twice is a duplicate the second time; one that was taken back is cancelled', async () => {
    const peer = { peer: PEER_A, site: parseSiteName('lima'), sameSite: false, outbound: true, relayed: false }
    const job = new Job(
      { manifest: undefined, chunks: content.chunks, missing: [0, 1], onChunk: async () => undefined },
      {
        self: PEER_B,
        site: undefined,
        rng: () => 0.5,
        onCounts: undefined,
        linkOf: () => 'relayed',
        publishes: () => false,
        spent: () => undefined,
        settled: () => undefined,
        kept: () => undefined,
      },
    )
    const bytes = content.bytes.get(one.digest) ?? new Uint8Array()
    job.receive(0, bytes, 100, peer)
    job.receive(0, bytes, 100, peer)
    job.wasted(peer, one.digest, 10, false)
    job.wasted(peer, two.digest, 1, false)
    expect(job.counts().by.wasted).toEqual({ duplicate: 110, bad: 0, cancelled: 1 })
    expect(job.counts().by.links.relayed).toBe(211)
  })

  test('FETCH-8 fetches for one purpose add up, whichever tells last', () => {
    const told: FetchCounts[] = []
    const sum = new CountSum((counts) => told.push(counts))
    const [first, second] = [sum.next(), sum.next()]
    const tally = new Tally(() => false)
    const counts = (wireBytes: number): FetchCounts => {
      tally.add(far, { wireBytes, plainBytes: 1 })
      return tally.counts
    }
    first(counts(1))
    second(counts(1))
    first(counts(1))
    expect(told.map(({ wireBytes, by }) => [wireBytes, by.links.otherSite])).toEqual([
      [1, 1],
      [3, 3],
      [5, 5],
    ])
  })
})
