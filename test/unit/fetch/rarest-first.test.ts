import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RarestFirst } from '../../../node-agent/plan/rarest-first.ts'
import { seededRng } from '../../support/test-mesh.ts'

const COUNT = 12
const step = fc.tuple(fc.constantFrom('add', 'remove', 'raise', 'lower'), fc.nat(COUNT - 1))

describe('rarest first', () => {
  test('PLAN-FETCH-1 after any steps, the set is in order of holders and holds what was put in', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, seed) => {
        const order = new RarestFirst(COUNT, seededRng(seed))
        const members = new Set<number>()
        const holders = Array.from({ length: COUNT }, () => 0)
        for (const [what, item] of steps) {
          order[what](item)
          if (what === 'add') members.add(item)
          if (what === 'remove') members.delete(item)
          if (what === 'raise') holders[item] = (holders[item] ?? 0) + 1
          if (what === 'lower') holders[item] = Math.max(0, (holders[item] ?? 0) - 1)
          const items = Array.from({ length: order.size }, (_, place) => order.at(place))
          expect(new Set(items)).toEqual(members)
          expect(items.map((one) => order.holders(one))).toEqual(items.map((one) => holders[one]))
          expect(items.every((one, i) => i === 0 || (holders[items[i - 1] ?? 0] ?? 0) <= (holders[one] ?? 0))).toBe(
            true,
          )
          for (let one = 0; one < COUNT; one++) expect(order.has(one)).toBe(members.has(one))
        }
      }),
      { seed: 10, numRuns: 300 },
    )
  })

  test('PLAN-FETCH-1 equals are in random order, another one for every host', () => {
    const orderOf = (seed: number): number[] => {
      const order = new RarestFirst(100, seededRng(seed))
      for (let item = 0; item < 100; item++) order.add(item)
      return Array.from({ length: 100 }, (_, place) => order.at(place))
    }
    expect(orderOf(1)).not.toEqual(orderOf(2))
    expect(orderOf(1)).not.toEqual(orderOf(1).toSorted((a, b) => a - b))
    // Every item comes first about as often.
    const firsts = new Set(Array.from({ length: 1_000 }, (_, seed) => orderOf(seed)[0]))
    expect(firsts.size).toBeGreaterThan(95)
  })

  test('PLAN-FETCH-1 a million items and ten holders of each take seconds, not minutes', () => {
    const start = performance.now()
    const order = new RarestFirst(1_000_000, seededRng(1))
    for (let item = 0; item < 1_000_000; item++) order.add(item)
    for (let holder = 0; holder < 10; holder++) for (let item = 0; item < 1_000_000; item++) order.raise(item)
    while (order.size > 0) order.remove(order.at(0))
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})
