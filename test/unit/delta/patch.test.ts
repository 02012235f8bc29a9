import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPatch, makePatch, type Patch } from '../../../protocol/delta/index.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'

const empty = new Uint8Array()
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

/** Content of few different bytes, so that much of it repeats. */
const likeText = fc.uint8Array({ maxLength: 3000, max: 3 })

/** What the base becomes: pieces kept, changed, moved, and new ones between. */
const edited = (base: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.oneof(
        fc.tuple(fc.nat(base.length), fc.nat(400)).map(([from, length]) => base.slice(from, from + length)),
        fc.uint8Array({ maxLength: 60 }),
        fc.tuple(fc.nat(base.length), fc.nat(400), fc.nat(50)).map(([from, length, every]) => {
          const piece = base.slice(from, from + length)
          for (let i = 0; i < piece.length; i += every + 1) piece[i] = (piece[i] ?? 0) + 7
          return piece
        }),
      ),
      { maxLength: 8 },
    )
    .map((pieces) => Buffer.concat(pieces))

describe('patches', () => {
  test('DELTA-1 any two contents: the patch gives exactly the new bytes', () => {
    const pairs = fc.oneof(
      fc.tuple(likeText, likeText),
      likeText.chain((base) => fc.tuple(fc.constant(base), edited(base))),
      fc.uint8Array({ maxLength: 2000 }).chain((base) => fc.tuple(fc.constant(base), edited(base))),
    )
    fc.assert(
      fc.property(pairs, ([base, next]) => {
        expect(Buffer.from(applyPatch(base, makePatch(base, next), next.length)).equals(next)).toBe(true)
      }),
      { seed: 41, numRuns: 400 },
    )
  })

  test('DELTA-1 empty contents, equal contents, and content that only moved', () => {
    const base = seededBytes(200_000, 3)
    for (const next of [
      empty,
      base,
      base.slice(70_000),
      Buffer.concat([base.slice(100_000), base.slice(0, 100_000)]),
    ]) {
      const patch = makePatch(base, next)
      expect(Buffer.from(applyPatch(base, patch, next.length)).equals(next)).toBe(true)
      expect(patch.inserts.length + patch.differences.length).toBeLessThan(64)
    }
    expect(applyPatch(empty, makePatch(empty, base), base.length)).toEqual(base)
  })

  test('DELTA-1 moved addresses in code: differences are few and small', () => {
    const base = seededBytes(300_000, 5)
    const next = new Uint8Array(base)
    for (let i = 0; i < next.length; i += 40) next[i] = (next[i] ?? 0) + 4
    const { inserts, differences } = makePatch(base, next)
    expect(inserts.length).toBeLessThan(100)
    expect(new Set(differences)).toEqual(new Set([0, 4]))
  })

  test.for<readonly [string, Patch, number]>([
    ['reads behind the base', { control: bytes(2 * 9, 0, 0), differences: new Uint8Array(9), inserts: empty }, 9],
    ['reads before the base', { control: bytes(4, 0, 1), differences: new Uint8Array(2), inserts: empty }, 2],
    ['makes more than stated', { control: bytes(0, 9, 0), differences: empty, inserts: new Uint8Array(9) }, 8],
    ['makes less than stated', { control: bytes(0, 9, 0), differences: empty, inserts: new Uint8Array(9) }, 10],
    ['lacks inserts', { control: bytes(0, 9, 0), differences: empty, inserts: new Uint8Array(8) }, 9],
    ['lacks differences', { control: bytes(4, 0, 0), differences: new Uint8Array(1), inserts: empty }, 2],
    ['leaves differences over', { control: bytes(4, 0, 0), differences: new Uint8Array(3), inserts: empty }, 2],
    ['is cut off', { control: bytes(4, 0x80), differences: new Uint8Array(2), inserts: empty }, 2],
    ['has a number without end', { control: new Uint8Array(40).fill(0xff), differences: empty, inserts: empty }, 2],
  ])('DELTA-2 a patch that %s is refused', ([, patch, size]) => {
    expect(() => applyPatch(new Uint8Array(8), patch, size)).toThrow(expect.objectContaining({ code: 'DELTA_INVALID' }))
  })

  test('DELTA-2 whatever the streams hold: the stated size, or DELTA_INVALID', () => {
    const stream = fc.uint8Array({ maxLength: 40 })
    fc.assert(
      fc.property(stream, stream, stream, fc.nat(200), (control, differences, inserts, size) => {
        try {
          expect(applyPatch(new Uint8Array(50), { control, differences, inserts }, size)).toHaveLength(size)
        } catch (err) {
          expect(err).toMatchObject({ code: 'DELTA_INVALID' })
        }
      }),
      { seed: 42, numRuns: 2000 },
    )
  })
})
