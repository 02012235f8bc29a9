import { describe, expect, test } from 'vitest'
import { cheapestChain, chooseBases, type DeltaStep } from '../../../node-agent/delta/index.ts'
import { findDeltaPath } from '../../../node-agent/pipeline/delta-path.ts'
import {
  type Digest,
  parseChannelName,
  parseDigest,
  parseHostName,
  parseSiteName,
  type StatusBody,
} from '../../../protocol/index.ts'
import { channelStatus, NOTHING_RECEIVED } from '../../../node-agent/pipeline/status.ts'

const digest = (n: number): Digest => parseDigest(n.toString(16).padStart(64, '0'))
const step = (from: number, to: number, bytes: number): DeltaStep => ({
  from: digest(from),
  to: digest(to),
  blob: digest(1000 + 100 * from + to),
  bytes,
  manifestBytes: 70,
})
const head = (n: number) => ({ body: { manifest: digest(n) } })

/** A host whose live tree of `web` is at a manifest. */
function hostAt(manifest: Digest, channel = 'web'): Pick<StatusBody, 'channels' | 'host' | 'site'> {
  const retained = { releases: 0, bytes: 0, heldBytes: 0 }
  const committed = undefined
  const parts = { channel: parseChannelName(channel), committed, proved: true, retained, staleProcesses: [] }
  const status = channelStatus(parts, { state: 'settled', progress: 1, manifest, ...NOTHING_RECEIVED })
  return { host: parseHostName('h'), site: parseSiteName('s'), channels: [status] }
}

describe('bases of deltas', () => {
  const heads = [head(1), head(2), head(3), head(4)]
  const to = digest(9)

  test('DELTA-9 the last two releases, then what most hosts run, of this channel only', () => {
    const statuses = [
      hostAt(digest(1)),
      hostAt(digest(2)),
      hostAt(digest(2)),
      hostAt(digest(4)),
      hostAt(digest(7), 'other'),
    ]
    expect(chooseBases({ channel: 'web', to, heads, statuses })).toEqual([4, 3, 2, 1].map(digest))
  })

  test('DELTA-9 never the release itself, no base twice, eight at most', () => {
    expect(
      chooseBases({ channel: 'web', to: digest(4), heads: [...heads, head(3)], statuses: [hostAt(digest(4))] }),
    ).toEqual([3, 2].map(digest))
    const many = Array.from({ length: 20 }, (_, i) => hostAt(digest(100 + i)))
    expect(chooseBases({ channel: 'web', to, heads, statuses: many })).toHaveLength(8)
    expect(chooseBases({ channel: 'web', to, heads: [], statuses: [] })).toEqual([])
  })

  test('DELTA-11 a host takes the delta from where it is, else the smallest whose base it knows', async () => {
    const deltas = [
      { from: digest(1), blob: digest(11), bytes: 50 },
      { from: digest(2), blob: digest(12), bytes: 900 },
      { from: digest(3), blob: digest(13), bytes: 20 },
    ]
    const head = { deltas, manifest: digest(9), manifestBytes: 70 }
    const asked: Digest[] = []
    const find = async (current: number | undefined, known: readonly number[], offered: readonly DeltaStep[] = []) => {
      const deps = {
        manifests: { has: async (id: Digest) => known.map(digest).includes(id) },
        chains: { ask: async (from: Digest) => (asked.push(from), offered) },
      }
      const from = current === undefined ? undefined : digest(current)
      const path = await findDeltaPath(deps, head, from, new AbortController().signal)
      return path.map(({ bytes }) => bytes)
    }
    expect(await find(2, [1, 2])).toEqual([900])
    expect(asked).toEqual([])
    expect(await find(5, [1, 2], [step(5, 6, 7), step(6, 9, 8)])).toEqual([7, 8])
    expect(await find(5, [1, 2])).toEqual([50])
    expect(await find(undefined, [])).toEqual([])
    expect(await find(9, [1, 2])).toEqual([])
    expect(asked).toEqual([digest(5), digest(5)])
  })

  test('DELTA-14 of all chains of deltas the one of fewest bytes is taken, and none that is too long', () => {
    const steps = [step(1, 2, 10), step(2, 3, 10), step(1, 3, 25), step(3, 4, 10), step(2, 1, 1), step(4, 2, 1)]
    const chain = (from: number, to: number) => cheapestChain(steps, digest(from), digest(to)).map(({ bytes }) => bytes)
    expect(chain(1, 3)).toEqual([10, 10])
    expect(chain(1, 4)).toEqual([10, 10, 10])
    expect(chain(3, 1)).toEqual([10, 1, 1])
    expect(chain(1, 5)).toEqual([])
    expect(chain(1, 1)).toEqual([])
    const long = Array.from({ length: 9 }, (_, i) => step(i, i + 1, 1))
    expect(cheapestChain(long, digest(0), digest(8))).toHaveLength(8)
    expect(cheapestChain(long, digest(0), digest(9))).toEqual([])
  })
})
