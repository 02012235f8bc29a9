import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bucketOf,
  compareSummaries,
  type Digest,
  encodeSummaries,
  parseDigest,
  RecordBuckets,
  sendingOrder,
  slotHash,
  SLOT_HASH_BYTES,
  type Summary,
  SUMMARY_BYTES,
  toHex,
} from '../../../protocol/index.ts'
import { digestOf } from '../../support/fake-chunks.ts'

const SALT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const idOf = (text: string): Digest => digestOf(new TextEncoder().encode(text))

/** A record of a slot and version; `twin` makes another of the same version. */
const summaryOf = (slot: string, version: number, twin = 0): Summary => ({
  slot,
  version,
  id: idOf(`${slot} ${version} ${twin}`),
})

const summary = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 1 }))
  .map(([slot, version, twin]) => summaryOf(`status/host-${slot}`, version, twin))
const kept = fc.array(summary, { maxLength: 80 }).map((list) => new Map(list.map((one) => [one.slot, one])))

const bucketsOf = (records: Iterable<Summary>): RecordBuckets => {
  const buckets = new RecordBuckets()
  for (const one of records) buckets.set(one)
  return buckets
}

const all = (buckets: RecordBuckets): Summary[] => Array.from({ length: 256 }, (_, i) => [...buckets.in(i)]).flat()

describe('bucket digests', () => {
  test('RECONCILE-2 equal sets have equal digests, in whatever order and over whatever detours they came about', () => {
    fc.assert(
      fc.property(kept, fc.array(summary, { maxLength: 40 }), (records, detour) => {
        const direct = bucketsOf(records.values())
        const winding = bucketsOf(detour)
        for (const { slot } of detour) if (!records.has(slot)) winding.delete(slot)
        for (const one of [...records.values()].toReversed()) winding.set(one)
        expect(toHex(winding.total())).toBe(toHex(direct.total()))
        expect(winding.digests()).toEqual(direct.digests())
        expect(winding.size).toBe(records.size)
        expect(new Set(all(winding).map(({ id }) => id))).toEqual(new Set([...records.values()].map(({ id }) => id)))
      }),
      { seed: 6, numRuns: 200 },
    )
  })

  test('RECONCILE-2 unequal sets differ in the buckets of what differs, and in no other', () => {
    fc.assert(
      fc.property(kept, kept, (a, b) => {
        const slots = new Set([...a.keys(), ...b.keys()])
        const expected = new Set([...slots].filter((slot) => a.get(slot)?.id !== b.get(slot)?.id).map(bucketOf))
        expect(new Set(bucketsOf(a.values()).differing(bucketsOf(b.values()).digests()))).toEqual(expected)
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  test('RECONCILE-2 the buckets of slots never change between versions of the program', () => {
    expect(['root/1', 'head/web', 'status/12D3KooW', ''].map(bucketOf)).toEqual([194, 143, 244, 197])
  })

  test('RECONCILE-2 records spread evenly over the buckets', () => {
    const counts = new Uint32Array(256)
    for (let n = 0; n < 25_600; n++) {
      const at = bucketOf(`status/12D3KooW${n}`)
      counts[at] = (counts[at] ?? 0) + 1
    }
    expect(Math.max(...counts)).toBeLessThan(200)
    expect(Math.min(...counts)).toBeGreaterThan(40)
  })
})

describe('summaries', () => {
  test('RECONCILE-4 after both sides did what the comparison says, both have the newest of every slot', () => {
    fc.assert(
      fc.property(kept, kept, (ours, theirs) => {
        const wire = encodeSummaries([...theirs.values()], SALT)
        expect(wire.length).toBe(theirs.size * SUMMARY_BYTES)
        const { send, want } = compareSummaries(ours.values(), wire, SALT)
        const wanted = new Set<string>()
        for (let at = 0; at < want.length; at += SLOT_HASH_BYTES)
          wanted.add(toHex(want.subarray(at, at + SLOT_HASH_BYTES)))
        const asked = [...theirs.values()].filter(({ slot }) => wanted.has(slotHash(slot, SALT)))
        for (const { slot, version, id } of theirs.values()) {
          const mine = ours.get(slot)
          const newer = mine === undefined || mine.version < version || (mine.version === version && mine.id !== id)
          expect(asked.some((one) => one.slot === slot)).toBe(newer)
        }
        for (const { slot, version, id } of ours.values()) {
          const other = theirs.get(slot)
          const newer = other === undefined || other.version < version || (other.version === version && other.id !== id)
          expect(send.includes(slot)).toBe(newer)
        }
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  test('RECONCILE-4 versions up to 2^48 keep their order', () => {
    const versions = [1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 47]
    for (const mine of versions) {
      for (const other of versions) {
        const wire = encodeSummaries([summaryOf('head/web', other)], SALT)
        const { send, want } = compareSummaries([summaryOf('head/web', mine)], wire, SALT)
        expect([send.length, want.length > 0]).toEqual([mine > other ? 1 : 0, mine < other])
      }
    }
  })

  test('RECONCILE-7 slot hashes depend on the salt, and 100,000 slots do not collide', () => {
    expect(slotHash('head/web', SALT)).not.toBe(slotHash('head/web', SALT.toReversed()))
    expect(slotHash('head/web', SALT)).toMatch(/^[0-9a-f]{16}$/)
    expect(new Set(Array.from({ length: 100_000 }, (_, n) => slotHash(`status/${n}`, SALT))).size).toBe(100_000)
  })

  test('RECONCILE-4 whatever bytes stand for summaries, the comparison ends', () => {
    fc.assert(
      fc.property(kept, fc.uint8Array({ maxLength: 200 }), (ours, junk) => {
        const { send, want } = compareSummaries(ours.values(), junk, SALT)
        expect(send.length).toBeLessThanOrEqual(ours.size)
        expect(want.length % SLOT_HASH_BYTES).toBe(0)
      }),
      { seed: 9, numRuns: 100 },
    )
  })

  test('RECONCILE-5 roots go first and by version, then grants, bindings and the rest', () => {
    const id = parseDigest('00'.repeat(32))
    const slots = ['status/x', 'head/web', 'root/10', 'binding/b', 'root/2', 'grant/g', 'future/kind']
    const versions: Record<string, number> = { 'root/10': 10, 'root/2': 2 }
    const order = slots.map((slot) => ({ slot, version: versions[slot] ?? 1, id })).toSorted(sendingOrder)
    expect(order.map(({ slot }) => slot)).toEqual([
      'root/2',
      'root/10',
      'grant/g',
      'binding/b',
      'head/web',
      'status/x',
      'future/kind',
    ])
  })
})
