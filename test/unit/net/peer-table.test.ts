import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DialView, PeerTable, redialMs } from '../../../node-agent/net/peer-table.ts'
import { LIMITS, parseSiteName, type PeerKey, type SiteName } from '../../../protocol/index.ts'
import { seededRng } from '../../support/test-mesh.ts'

const OSLO = parseSiteName('oslo')
const POLICY = { peersSought: 12, peersSoughtSameSite: 8, redialMinMs: 1_000, redialMaxMs: 300_000 }
const peerOf = (n: number, site: string): PeerKey => `${site}-${n}` as PeerKey
const siteOf = (peer: PeerKey): SiteName | undefined => {
  const site = peer.split('-')[0] ?? ''
  return site === 'stranger' ? undefined : parseSiteName(site)
}
const view = (busy: Iterable<PeerKey>, nowMs = 0): DialView => ({ nowMs, busy: new Set(busy), ownSite: OSLO, siteOf })

/** A table that knows `counts` peers of each site. */
function tableOf(counts: Readonly<Record<string, number>>, seed = 1): PeerTable {
  const table = new PeerTable(POLICY, seededRng(seed))
  for (const [site, count] of Object.entries(counts)) {
    for (let n = 0; n < count; n++) table.learn(peerOf(n, site), ['/ip4/192.0.2.1/tcp/1'])
  }
  return table
}

const sites = (peers: readonly { readonly peer: PeerKey }[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { peer } of peers) counts[peer.split('-')[0] ?? ''] = (counts[peer.split('-')[0] ?? ''] ?? 0) + 1
  return counts
}

describe('whom to dial', () => {
  test('NET-9 in a large mesh: 8 of the own site, 4 of others', () => {
    expect(sites(tableOf({ oslo: 100, rome: 100 }).choose(view([])))).toEqual({ oslo: 8, rome: 4 })
  })

  test('NET-9 in a small mesh: everybody', () => {
    expect(sites(tableOf({ oslo: 2, rome: 3 }).choose(view([])))).toEqual({ oslo: 2, rome: 3 })
  })

  test('NET-9 seats that the own site cannot fill go to others', () => {
    expect(sites(tableOf({ oslo: 3, rome: 100 }).choose(view([])))).toEqual({ oslo: 3, rome: 9 })
  })

  test('NET-9 one site alone: 8, however many there are', () => {
    expect(sites(tableOf({ oslo: 100 }).choose(view([])))).toEqual({ oslo: 8 })
  })

  test('NET-9 those connected, being dialled or banned take their seats', () => {
    const busy = Array.from({ length: 8 }, (_, n) => peerOf(n, 'oslo'))
    expect(sites(tableOf({ oslo: 100, rome: 100 }).choose(view(busy)))).toEqual({ rome: 4 })
    const full = [...busy, ...Array.from({ length: 4 }, (_, n) => peerOf(n, 'rome'))]
    expect(tableOf({ oslo: 100, rome: 100 }).choose(view(full))).toEqual([])
  })

  test('NET-9 strangers found on the LAN are tried like members of another site', () => {
    expect(sites(tableOf({ oslo: 8, stranger: 2 }).choose(view([])))).toEqual({ oslo: 8, stranger: 2 })
  })

  test('NET-9 the choice is random: two hosts choose differently', () => {
    const chosen = [1, 2].map((seed) =>
      tableOf({ oslo: 100, rome: 100 }, seed)
        .choose(view([]))
        .map(({ peer }) => peer),
    )
    expect(chosen[0]).not.toEqual(chosen[1])
  })

  test('NET-9 to join halves of a mesh, any member may be chosen, but never a stranger or who is connected', () => {
    const table = tableOf({ oslo: 2, stranger: 5 })
    expect(table.chooseAny(view([peerOf(0, 'oslo')]))?.peer).toBe(peerOf(1, 'oslo'))
    expect(table.chooseAny(view([peerOf(0, 'oslo'), peerOf(1, 'oslo')]))).toBeUndefined()
  })

  test('NET-9 never more than sought, whatever is known and connected', () => {
    const count = fc.integer({ min: 0, max: 30 })
    fc.assert(
      fc.property(count, count, count, count, count, (oslo, rome, stranger, inOslo, inRome) => {
        const busy = [
          ...Array.from({ length: inOslo }, (_, n) => peerOf(n, 'oslo')),
          ...Array.from({ length: inRome }, (_, n) => peerOf(n, 'rome')),
        ]
        const chosen = tableOf({ oslo, rome, stranger }).choose(view(busy))
        expect(chosen.length).toBeLessThanOrEqual(Math.max(0, POLICY.peersSought - busy.length))
        expect(chosen.some(({ peer }) => busy.includes(peer))).toBe(false)
      }),
      { seed: 4, numRuns: 300 },
    )
  })
})

describe('when to dial again', () => {
  test('NET-10 waits grow from the least to the most, at least half of it always, for ever', () => {
    const most = [0, 1, 2, 3, 20, 1_000].map((failures) => redialMs(failures, POLICY, () => 0.999_999))
    expect(most.map(Math.round)).toEqual([1_000, 1_250, 1_562, 1_953, 86_736, 300_000])
    expect(Math.round(redialMs(3, POLICY, () => 0))).toBe(977)
  })

  test('NET-10 whoever was away for a while is tried again within a quarter of that', () => {
    let awayMs = 0
    for (let failures = 0; awayMs < 1_200_000; failures++) {
      const waitMs = redialMs(failures, POLICY, () => 0.999_999)
      expect(waitMs).toBeLessThan(1_000 + awayMs / 4)
      awayMs += waitMs
    }
  })

  test('NET-22 on another network everybody is tried again soon, but for those that refuse', () => {
    const table = tableOf({ oslo: 2 })
    for (let n = 0; n < 30; n++) {
      table.failed(peerOf(0, 'oslo'), 0, true)
      table.failed(peerOf(1, 'oslo'), 0, false)
    }
    table.retryAll(0)
    expect(table.choose(view([], 1_000)).map(({ peer }) => peer)).toEqual([peerOf(1, 'oslo')])
  })

  test('NET-10 a failed peer waits; one that says where it is now is tried at once', () => {
    const table = tableOf({ oslo: 1 })
    const peer = peerOf(0, 'oslo')
    table.failed(peer, 0)
    expect(table.choose(view([], 400))).toEqual([])
    expect(table.nextDueMs(view([]))).toBeGreaterThan(400)
    expect(table.choose(view([], 1_000))).toHaveLength(1)
    for (let n = 0; n < 30; n++) table.failed(peer, 0)
    expect(table.choose(view([], 100_000))).toEqual([])
    expect(table.learn(peer, ['/ip4/192.0.2.1/tcp/1'])).toBe(false)
    expect(table.choose(view([], 100_000))).toEqual([])
    expect(table.learn(peer, ['/ip4/192.0.2.9/tcp/1'])).toBe(true)
    expect(table.choose(view([], 100_000))).toHaveLength(1)
  })

  test('NET-10 a lost connection that worked starts over with the shortest wait', () => {
    const table = tableOf({ oslo: 1 })
    const peer = peerOf(0, 'oslo')
    for (let n = 0; n < 10; n++) table.failed(peer, 0)
    table.lost(peer, 0)
    expect(table.choose(view([], 1_000))).toHaveLength(1)
    expect(table.get(peer)?.failures).toBe(0)
  })

  test('NET-10 when membership changes, who was refused is tried again soon, who was unreachable is not', () => {
    const table = tableOf({ oslo: 2 })
    for (let n = 0; n < 10; n++) {
      table.failed(peerOf(0, 'oslo'), 0, true)
      table.failed(peerOf(1, 'oslo'), 0, false)
    }
    table.retryRefused(0)
    expect(table.choose(view([], 1_000)).map(({ peer }) => peer)).toEqual([peerOf(0, 'oslo')])
  })

  test('NET-13 the peers known are bounded; the least reachable is forgotten', () => {
    const table = new PeerTable(POLICY, seededRng(1))
    for (let n = 0; n < LIMITS.peersKnown; n++) table.learn(peerOf(n, 'oslo'), ['/ip4/192.0.2.1/tcp/1'])
    table.failed(peerOf(5, 'oslo'), 0)
    table.learn(peerOf(LIMITS.peersKnown, 'oslo'), ['/ip4/192.0.2.1/tcp/1'])
    expect(table.get(peerOf(5, 'oslo'))).toBeUndefined()
    expect(table.get(peerOf(LIMITS.peersKnown, 'oslo'))).toBeDefined()
  })
})
