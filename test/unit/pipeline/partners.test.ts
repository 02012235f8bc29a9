import { describe, expect, test } from 'vitest'
import { partnersFor } from '../../../node-agent/pipeline/partners.ts'
import { channelStatus, NOTHING_RECEIVED, type StatusChange } from '../../../node-agent/pipeline/status.ts'
import { type Digest, parseChannelName, parseDigest, type PeerKey, type ShoalRecord } from '../../../protocol/index.ts'

const digest = (n: number): Digest => parseDigest(n.toString(16).padStart(64, '0'))
const [WEB, DB] = [parseChannelName('web'), parseChannelName('db')]

/** A status record as far as it is read. */
function statusOf(manifest: Digest | undefined, state: StatusChange['state'] = 'settled', channel = WEB): ShoalRecord {
  const retained = { releases: 0, bytes: 0, heldBytes: 0 }
  const parts = { channel, committed: undefined, proved: true, retained, staleProcesses: [] }
  const row = { ...channelStatus(parts, { state, progress: 1, ...NOTHING_RECEIVED }), manifest }
  return { kind: 'status', body: { channels: [row] } } as unknown as ShoalRecord
}

describe('with whom a release is shared', () => {
  test('SHARE-5 neighbours at the same release, that follow the channel and are not stuck', () => {
    const records = new Map<string, ShoalRecord>([
      ['status/same', statusOf(digest(1))],
      ['status/older', statusOf(digest(2))],
      ['status/there', statusOf(digest(9))],
      ['status/fresh', statusOf(undefined)],
      ['status/failed', statusOf(digest(1), 'failed')],
      ['status/other', statusOf(digest(1), 'settled', DB)],
      ['status/far', statusOf(digest(1))],
    ])
    const near = ['same', 'older', 'there', 'fresh', 'failed', 'other', 'silent'] as unknown as readonly PeerKey[]
    const deps = { book: { get: (slot: string) => records.get(slot) }, neighbours: () => near }
    const partners = (current: Digest | undefined): string[] => [...partnersFor(deps, WEB, current, digest(9))]
    expect(partners(digest(1))).toEqual(['same'])
    expect(partners(undefined)).toEqual(['fresh'])
    expect(partners(digest(3))).toEqual([])
    expect(partners(digest(9))).toEqual([])
  })
})
