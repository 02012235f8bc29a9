import { describe, expect, test } from 'vitest'
import type { FetchPlan } from '../../../node-agent/plan/fetch-plan.ts'
import { parseDigest } from '../../../protocol/index.ts'
import { bits, FAR, FAR2, NEAR, NEAR2, planOf, SIZE, every } from '../../support/fetch-plans.ts'

const sorted = (chunks: readonly number[]): number[] => chunks.toSorted((a, b) => a - b)

describe('what is asked of whom', () => {
  test('EXCHANGE-9 small chunks are handed out with their neighbours, large ones one by one', () => {
    const runs = (taken: readonly number[]): number =>
      taken.filter((chunk, i) => i === 0 || chunk !== (taken[i - 1] ?? 0) + 1).length
    const plan = planOf(1_000)
    plan.addPeer(NEAR, true)
    plan.setHave(NEAR, every(1_000))
    expect(runs(plan.take(NEAR, 64 * SIZE, 64))).toBeLessThan(4)
    const digest = parseDigest('ab'.repeat(32))
    const large = planOf(1_000, { chunks: Array.from({ length: 1_000 }, () => ({ digest, size: 65_536 })) })
    large.addPeer(NEAR, true)
    large.setHave(NEAR, every(1_000))
    expect(runs(large.take(NEAR, 64 * 65_536, 64))).toBeGreaterThan(50)
  })

  test('PLAN-FETCH-1 the rarest chunks are asked for first', () => {
    const plan = planOf(8)
    for (const name of [NEAR, NEAR2]) plan.addPeer(name, true)
    plan.setHave(NEAR, every(8))
    plan.setHave(
      NEAR2,
      bits(8, (i) => i !== 5),
    )
    expect(plan.take(NEAR, SIZE, 64)).toEqual([5])
  })

  test('PLAN-FETCH-2 a chunk is asked of one peer at a time, and only of one that has it', () => {
    const plan = planOf(100)
    plan.addPeer(NEAR, true)
    plan.addPeer(NEAR2, true)
    plan.setHave(
      NEAR,
      bits(100, (i) => i < 60),
    )
    plan.setHave(
      NEAR2,
      bits(100, (i) => i >= 40),
    )
    const a = plan.take(NEAR, 1e9, 64)
    const b = plan.take(NEAR2, 1e9, 64)
    expect(sorted([...a, ...b])).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(a.every((i) => i < 60) && b.every((i) => i >= 40)).toBe(true)
    expect([plan.take(NEAR, 1e9, 64), plan.take(NEAR2, 1e9, 64)]).toEqual([[], []])
  })

  test('PLAN-FETCH-2 no more bytes and chunks are taken than there is room for, but one if there is any', () => {
    const plan = planOf(100)
    plan.addPeer(NEAR, true)
    plan.setHave(NEAR, every(100))
    expect(plan.take(NEAR, 1, 64)).toHaveLength(1)
    expect(plan.take(NEAR, 3 * SIZE, 64)).toHaveLength(3)
    expect(plan.take(NEAR, 1e9, 10)).toHaveLength(10)
    expect(plan.take(NEAR, 0, 64)).toEqual([])
  })

  test('PLAN-FETCH-3 other sites are asked only for what no working peer of the own site has', () => {
    const plan = planOf(10)
    plan.addPeer(NEAR, true)
    plan.addPeer(FAR, false)
    plan.setHave(
      NEAR,
      bits(10, (i) => i < 6),
    )
    plan.setHave(FAR, every(10))
    expect(sorted(plan.take(FAR, 1e9, 64))).toEqual([6, 7, 8, 9])
    expect(plan.take(FAR, 1e9, 64)).toEqual([])
    // The near peer loses a chunk, stalls, or goes: the far one takes over.
    plan.take(NEAR, 1e9, 64)
    plan.lacked(NEAR, 3, 0)
    expect(plan.take(FAR, 1e9, 64)).toEqual([3])
    plan.suspect(NEAR, true)
    expect(sorted(plan.take(FAR, 1e9, 2))).toHaveLength(2)
    plan.removePeer(NEAR)
    plan.take(FAR, 1e9, 64)
    expect(plan.unasked).toBe(0)
  })

  test('PLAN-FETCH-3 a chunk that appears nearby is no longer asked of other sites', () => {
    const plan = planOf(4)
    plan.addPeer(NEAR, true)
    plan.addPeer(FAR, false)
    plan.setHave(FAR, every(4))
    plan.addHave(NEAR, [0, 1, 2])
    expect(plan.take(FAR, 1e9, 64)).toEqual([3])
    expect(sorted(plan.take(NEAR, 1e9, 64))).toEqual([0, 1, 2])
  })

  test('PLAN-FETCH-3 the seam for dividing chunks within a site keeps a far peer from the chunks of others', () => {
    const plan = planOf(10, { mayCross: (chunk) => chunk % 2 === 0 })
    plan.addPeer(FAR, false)
    plan.setHave(FAR, every(10))
    expect(sorted(plan.take(FAR, 1e9, 64))).toEqual([0, 2, 4, 6, 8])
  })

  test('PLAN-FETCH-4 what a lost peer owed is free again at once', () => {
    const plan = planOf(10)
    plan.addPeer(NEAR, true)
    plan.addPeer(NEAR2, true)
    plan.setHave(NEAR, every(10))
    plan.setHave(NEAR2, every(10))
    plan.take(NEAR, 4 * SIZE, 64)
    plan.take(NEAR2, 1e9, 64)
    expect(plan.take(NEAR2, 1e9, 64)).toEqual([])
    plan.removePeer(NEAR)
    expect(plan.take(NEAR2, 1e9, 64)).toHaveLength(4)
  })

  test('PLAN-FETCH-4 a suspect gets nothing new; what it owes may be taken by others; what it still delivers counts', () => {
    const plan = planOf(4)
    for (const name of [NEAR, NEAR2]) {
      plan.addPeer(name, true)
      plan.setHave(name, every(4))
    }
    expect(plan.take(NEAR, 1e9, 2)).toHaveLength(2)
    plan.suspect(NEAR, true)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([])
    expect(plan.take(NEAR2, 1e9, 64)).toHaveLength(4)
    const [owed] = plan.askedOf(NEAR)
    expect(sorted((plan.received(owed ?? -1) ?? []).map(({ peer: name }) => name.length))).toEqual([4, 5])
    expect(plan.received(owed ?? -1)).toBeUndefined()
    expect(plan.left).toBe(3)
  })

  test('PLAN-FETCH-4 a suspect that answers again keeps what nobody took over', () => {
    const plan = planOf(4)
    for (const name of [NEAR, NEAR2]) {
      plan.addPeer(name, true)
      plan.setHave(name, every(4))
    }
    plan.take(NEAR, 1e9, 64)
    plan.suspect(NEAR, true)
    expect(plan.take(NEAR2, 1e9, 1)).toHaveLength(1)
    plan.suspect(NEAR, false)
    expect(plan.take(NEAR2, 1e9, 64)).toEqual([])
  })

  test('PLAN-FETCH-5 peers that come later are used at once', () => {
    const plan = planOf(10)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([])
    plan.addPeer(NEAR, true)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([])
    plan.addHave(NEAR, [3, 4])
    expect(sorted(plan.take(NEAR, 1e9, 64))).toEqual([3, 4])
    plan.addHave(NEAR, [5, 500, 3])
    expect(plan.take(NEAR, 1e9, 64)).toEqual([5])
  })

  test('PLAN-FETCH-7 without bitmaps every peer may have everything, near ones first; who lacks a chunk is asked again later', () => {
    const plan = planOf(1, { covered: false })
    plan.addPeer(NEAR, true)
    plan.addPeer(FAR, false)
    expect(plan.take(FAR, 1e9, 64)).toEqual([])
    expect(plan.take(NEAR, 1e9, 64)).toEqual([0])
    plan.lacked(NEAR, 0, 1_000)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([])
    expect(plan.take(FAR, 1e9, 64)).toEqual([0])
    plan.lacked(FAR, 0, 2_000)
    plan.retry(5_999)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([])
    plan.retry(6_000)
    expect(plan.take(NEAR, 1e9, 64)).toEqual([0])
    expect(plan.received(0)).toEqual([{ peer: NEAR, chunk: 0 }])
    expect(plan.left).toBe(0)
  })
})

describe('end game', () => {
  const outstanding = (): FetchPlan => {
    const plan = planOf(400)
    for (const name of [NEAR, NEAR2]) {
      plan.addPeer(name, true)
      plan.setHave(name, every(400))
    }
    plan.take(NEAR, 1e9, 10)
    for (const chunk of plan.take(NEAR2, 1e9, 1_000)) plan.received(chunk)
    return plan
  }

  test('PLAN-FETCH-6 chunks are asked for twice only when nothing is left to ask, never more than the share', () => {
    const plan = outstanding()
    expect(plan.left).toBe(10)
    expect(plan.double(NEAR2, 1e9, () => true)).toHaveLength(4)
    expect(plan.double(NEAR2, 1e9, () => true)).toEqual([])
    const fresh = planOf(400)
    fresh.addPeer(NEAR, true)
    fresh.addPeer(NEAR2, true)
    fresh.setHave(NEAR, every(400))
    fresh.setHave(NEAR2, every(400))
    fresh.take(NEAR, 1e9, 10)
    expect(fresh.double(NEAR2, 1e9, () => true)).toEqual([])
  })

  test('PLAN-FETCH-6 only what is worth it, what the peer has, and never of the holder itself', () => {
    const plan = outstanding()
    expect(plan.double(NEAR, 1e9, () => true)).toEqual([])
    expect(plan.double(NEAR2, 1e9, () => false)).toEqual([])
    plan.setHave(NEAR2, new Uint8Array(50))
    expect(plan.double(NEAR2, 1e9, () => true)).toEqual([])
  })

  test('PLAN-FETCH-6 whoever is first, the other is told to forget it', () => {
    const plan = outstanding()
    const [chunk] = plan.double(NEAR2, SIZE, () => true)
    expect(
      plan
        .received(chunk ?? -1)
        ?.map(({ peer: name }) => name)
        .toSorted(),
    ).toEqual([NEAR, NEAR2])
    expect(plan.askedOf(NEAR)).not.toContain(chunk)
  })

  test('PLAN-FETCH-6 a job of fewer than a hundred chunks asks for none twice', () => {
    const plan = planOf(50)
    for (const name of [NEAR, NEAR2]) {
      plan.addPeer(name, true)
      plan.setHave(name, every(50))
    }
    plan.take(NEAR, 1e9, 64)
    expect(plan.double(NEAR2, 1e9, () => true)).toEqual([])
  })
})

describe('what is asked of a far source that has everything', () => {
  const far = (count: number): FetchPlan => {
    const plan = planOf(count, { first: (chunk) => chunk % 2 === 0 })
    plan.addPeer(FAR, false)
    plan.setHave(FAR, every(count))
    return plan
  }

  test('SHARE-6 the own share is asked for first, and then the rest: nobody waits for another site', () => {
    const plan = far(10)
    expect(sorted(plan.take(FAR, 5 * SIZE, 64))).toEqual([0, 2, 4, 6, 8])
    expect(sorted(plan.take(FAR, 1e9, 64))).toEqual([1, 3, 5, 7, 9])
  })

  test('SHARE-6 what another peer has too is asked for last', () => {
    const plan = far(10)
    plan.addPeer(FAR2, false)
    plan.setHave(
      FAR2,
      bits(10, (i) => i < 4),
    )
    expect(sorted(plan.take(FAR, 3 * SIZE, 64))).toEqual([4, 6, 8])
    expect(sorted(plan.take(FAR, 3 * SIZE, 64))).toEqual([5, 7, 9])
    expect(sorted(plan.take(FAR2, 1e9, 64))).toEqual([0, 1, 2, 3])
  })

  test('SHARE-6 new shares are looked at again', () => {
    let mine = 0
    const plan = planOf(6, { first: (chunk) => chunk % 2 === mine })
    plan.addPeer(FAR, false)
    plan.setHave(FAR, every(6))
    expect(plan.take(FAR, 2 * SIZE, 64).every((i) => i % 2 === 0)).toBe(true)
    mine = 1
    plan.reconsider()
    expect(sorted(plan.take(FAR, 3 * SIZE, 64))).toEqual([1, 3, 5])
  })
})
