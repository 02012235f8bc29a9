import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Share } from '../../../node-agent/plan/share.ts'
import { type Digest, parseDigest, type PeerKey } from '../../../protocol/index.ts'

const digest = (n: number): Digest => parseDigest(n.toString(16).padStart(64, '0'))
const peers = (count: number, from = 0): PeerKey[] =>
  Array.from({ length: count }, (_, i) => `12D3KooWmember${from + i}` as PeerKey)
const chunksOf = (count: number, size: number) => Array.from({ length: count }, (_, i) => ({ digest: digest(i), size }))
const PATIENCE_MS = 10_000

/** One share a member, each told of all the others. */
function site(members: readonly PeerKey[], count: number, size = 64 * 1024): Share[] {
  const chunks = chunksOf(count, size)
  return members.map((self) => {
    const share = new Share({ self, content: digest(999), chunks })
    share.update(new Set(members.filter((peer) => peer !== self)), 0, PATIENCE_MS)
    return share
  })
}

/** The one member that brings each chunk. */
function ownersOf(shares: readonly Share[], count: number): number[] {
  return Array.from({ length: count }, (_, chunk) => {
    const owners = shares.flatMap((share, i) => (share.owns(chunk) ? [i] : []))
    expect(owners).toHaveLength(1)
    return owners[0] ?? -1
  })
}

describe('the hosts of a site share chunks out', () => {
  test('SHARE-1 every chunk has exactly one owner, whatever the members and the sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 262_144 }),
        fc.nat(1000),
        (members, count, size, from) => void ownersOf(site(peers(members, from), count, size), count),
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  test('SHARE-1 shares are about equal, and small neighbours stay together', () => {
    const owners = ownersOf(site(peers(5), 5_000), 5_000)
    for (let i = 0; i < 5; i++) {
      const share = owners.filter((owner) => owner === i).length
      expect(share).toBeGreaterThan(850)
      expect(share).toBeLessThan(1150)
    }
    const small = ownersOf(site(peers(5), 5_000, 100), 5_000)
    expect(small.filter((owner, i) => i > 0 && owner !== small[i - 1]).length).toBeLessThan(5)
  })

  test('SHARE-2 a member that leaves or joins moves its own share and no other', () => {
    const members = peers(6)
    const before = ownersOf(site(members, 2_000), 2_000)
    const after = ownersOf(site(members.slice(0, 5), 2_000), 2_000)
    for (const [chunk, owner] of before.entries()) if (owner !== 5) expect(after[chunk]).toBe(owner)
  })

  test('SHARE-3 what a silent partner owns is taken over after patience, and given back when it is heard of', () => {
    const [self, other] = peers(2) as [PeerKey, PeerKey]
    const share = new Share({ self, content: digest(999), chunks: chunksOf(200, 64 * 1024) })
    const own = (): number => Array.from({ length: 200 }, (_, i) => i).filter((i) => share.owns(i)).length
    expect(own()).toBe(200)
    expect(share.update(new Set([other]), 0, PATIENCE_MS)).toBe(true)
    const half = own()
    expect(half).toBeLessThan(140)
    expect(share.update(new Set([other]), PATIENCE_MS, PATIENCE_MS)).toBe(false)
    expect(share.update(new Set([other]), PATIENCE_MS + 1, PATIENCE_MS)).toBe(true)
    expect(own()).toBe(200)
    share.heard(other, PATIENCE_MS + 2)
    expect(share.update(new Set([other]), PATIENCE_MS + 3, PATIENCE_MS)).toBe(true)
    expect(own()).toBe(half)
    expect(share.update(new Set(), PATIENCE_MS + 4, PATIENCE_MS)).toBe(true)
    expect(own()).toBe(200)
  })
})
