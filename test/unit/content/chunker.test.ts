import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Chunker, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, nextBoundary } from '../../../protocol/index.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'

const MIB = 1024 * 1024

/** Sizes of the chunks of a whole content. */
function sizesOf(bytes: Uint8Array): number[] {
  const sizes: number[] = []
  for (let at = 0; at < bytes.length;) {
    const size = nextBoundary(bytes, at, bytes.length)
    sizes.push(size)
    at += size
  }
  return sizes
}

/** Chunks of a content pushed in pieces that end at `splits`. */
function stream(bytes: Uint8Array, splits: readonly number[]): Uint8Array[] {
  const chunker = new Chunker()
  const ends = [...splits.map((s) => s % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  const chunks: Uint8Array[] = []
  let start = 0
  for (const end of ends) {
    // The caller may use its buffer again at once.
    const buffer = Buffer.from(bytes.subarray(start, end))
    chunks.push(...chunker.push(buffer).map((c) => new Uint8Array(c)))
    buffer.fill(0)
    start = end
  }
  return [...chunks, ...chunker.flush().map((c) => new Uint8Array(c))]
}

/** Random, zeros and repeated text, in turns: short, forced and natural cuts. */
const content = fc
  .array(fc.tuple(fc.constantFrom('random', 'zero', 'text'), fc.integer({ min: 0, max: 400_000 }), fc.nat()), {
    maxLength: 4,
  }) // prettier-ignore
  .map((parts) =>
    Buffer.concat(
      parts.map(([kind, length, seed]) => {
        if (kind === 'random') return seededBytes(length, seed)
        return kind === 'zero' ? new Uint8Array(length) : Buffer.alloc(length, `line ${seed}\n`)
      }),
    ),
  )

describe('cuts', () => {
  test('CONTENT-1 the cuts of the golden buffer', () => {
    const golden = JSON.parse(readFileSync(new URL('../../fixtures/content/cuts-1.json', import.meta.url), 'utf8'))
    expect(sizesOf(seededBytes(golden.length, golden.seed))).toEqual(golden.sizes)
  })

  test('CONTENT-2 CONTENT-3 CONTENT-4 sizes in bounds, nothing lost, streams cut like the whole', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 12 }), (bytes, splits) => {
        const sizes = sizesOf(bytes)
        expect(sizes.slice(0, -1).every((s) => s >= MIN_CHUNK_BYTES && s <= MAX_CHUNK_BYTES)).toBe(true)
        expect(sizes.every((s) => s > 0 && s <= MAX_CHUNK_BYTES)).toBe(true)
        const chunks = stream(bytes, splits)
        expect(chunks.map((c) => c.length)).toEqual(sizes)
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('CONTENT-4 a stream in very small pieces', () => {
    const bytes = seededBytes(300_000, 5)
    const splits = Array.from({ length: 2000 }, (_, i) => i * 150)
    expect(stream(bytes, splits).map((c) => c.length)).toEqual(sizesOf(bytes))
  })

  test('CONTENT-5 an insertion moves only the cuts near it', () => {
    const bytes = seededBytes(4 * MIB, 9)
    const endsOf = (b: Uint8Array): number[] => {
      let at = 0
      return sizesOf(b).map((s) => (at += s))
    }
    const before = endsOf(bytes)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * MIB }), fc.integer({ min: 1, max: 5000 }), (at, length) => {
        const changed = Buffer.concat([bytes.subarray(0, at), seededBytes(length, at + 1), bytes.subarray(at)])
        const after = new Set(endsOf(changed))
        expect(before.filter((end) => end <= at).every((end) => after.has(end))).toBe(true)
        const lost = before.filter((end) => end > at && !after.has(end + length))
        expect(lost.every((end) => end < at + MIB)).toBe(true)
      }),
      { seed: 2, numRuns: 30 },
    )
  })

  test('CONTENT-6 a flushed chunker starts afresh; empty content has no chunk', () => {
    const chunker = new Chunker()
    const bytes = seededBytes(500_000, 3)
    const pieces = [bytes.subarray(0, 200_000), bytes.subarray(200_000)]
    const take = (): number[] =>
      [...pieces.flatMap((piece) => chunker.push(piece)), ...chunker.flush()].map((c) => c.length)
    expect(take()).toEqual(sizesOf(bytes))
    expect(take()).toEqual(take())
    expect(chunker.flush()).toEqual([])
    expect(nextBoundary(bytes, 7, 7)).toBe(0)
  })
})
