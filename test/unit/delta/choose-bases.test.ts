import { describe, expect, test } from 'vitest'
import { chooseBases } from '../../../node-agent/delta/index.ts'
import { deltaFor } from '../../../node-agent/pipeline/use-delta.ts'
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
const head = (n: number) => ({ body: { manifest: digest(n) } })

/** A host whose live tree of `web` is at a manifest. */
function hostAt(manifest: Digest, channel = 'web'): Pick<StatusBody, 'channels' | 'host' | 'site'> {
  const retained = { releases: 0, bytes: 0, heldBytes: 0 }
  const committed = undefined
  const parts = { channel: parseChannelName(channel), committed, proved: true, retained, staleProcesses: [] }
  const status = channelStatus(parts, { state: 'settled', progress: 1, manifest, received: NOTHING_RECEIVED })
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
    const knows = (...known: readonly number[]) => ({
      manifests: { has: async (id: Digest) => known.map(digest).includes(id) },
    })
    expect((await deltaFor(knows(1, 2), { deltas }, digest(2)))?.bytes).toBe(900)
    expect((await deltaFor(knows(1, 2), { deltas }, digest(5)))?.bytes).toBe(50)
    expect(await deltaFor(knows(), { deltas }, undefined)).toBeUndefined()
  })
})
