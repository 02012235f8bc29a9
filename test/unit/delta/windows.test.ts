import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DELTA_BASE_BYTES,
  DELTA_NEXT_BYTES,
  type DeltaWindow,
  planWindows,
  type Run,
} from '../../../protocol/delta/index.ts'
import { type ChunkRef, distinctChunks, type FileEntry, type Manifest } from '../../../protocol/index.ts'
import { chunkOf, file, hardlink, manifestOf } from '../../support/entries.ts'

const withChunks = (path: string, chunks: readonly ChunkRef[]): FileEntry =>
  file(path, '', { chunks, size: chunks.reduce((sum, { size }) => sum + size, 0) })

const numbers = (runs: readonly Run[]): readonly number[] =>
  runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i))

const bytesOf = (chunks: readonly ChunkRef[], runs: readonly Run[]): number =>
  numbers(runs).reduce((sum, number) => sum + (chunks[number]?.size ?? Number.NaN), 0)

/** Digests of the base chunks that a window reads. */
const baseDigests = (base: Manifest, window: DeltaWindow | undefined): readonly string[] =>
  numbers(window?.base ?? []).map((number) => distinctChunks(base)[number]?.digest ?? '')

const tree = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom('a', 'b', 'lib-1.2.so', 'lib-1.3.so', 'd.js', 'e.js', 'f', 'g'),
      fc.array(fc.tuple(fc.nat(60), fc.constantFrom(1000, 65_536, 262_144)), { maxLength: 120 }),
    ),
    { selector: ([name]) => name, maxLength: 8 },
  )
  .map((files) =>
    manifestOf(
      ...files.map(([name, refs]) =>
        withChunks(
          name,
          refs.map(([n, size]) => chunkOf(`${n} ${size}`, size)),
        ),
      ),
    ),
  )

describe('windows of a delta', () => {
  test('DELTA-3 every chunk that the base lacks is in exactly one window, within the bounds', () => {
    fc.assert(
      fc.property(tree, tree, (base, next) => {
        const [old, wanted] = [distinctChunks(base), distinctChunks(next)]
        const have = new Set(old.map(({ digest }) => digest))
        const windows = planWindows(base, next)
        const made = windows.flatMap((window) => numbers(window.next))
        const lacking = wanted.flatMap(({ digest }, number) => (have.has(digest) ? [] : [number]))
        expect(made.toSorted((a, b) => a - b)).toEqual(lacking)
        for (const window of windows) {
          expect(bytesOf(wanted, window.next)).toBeLessThanOrEqual(DELTA_NEXT_BYTES)
          expect(bytesOf(old, window.base)).toBeLessThanOrEqual(DELTA_BASE_BYTES)
          expect(new Set(numbers(window.base)).size).toBe(numbers(window.base).length)
        }
      }),
      { seed: 43, numRuns: 300 },
    )
  })

  test('DELTA-3 a large file is cut, and each window reads the base around its own place', () => {
    const chunks = (letter: string) => Array.from({ length: 200 }, (_, i) => chunkOf(`${letter}${i}`, 200_000))
    const [base, next] = [manifestOf(withChunks('big', chunks('a'))), manifestOf(withChunks('big', chunks('b')))]
    const windows = planWindows(base, next)
    expect(windows).toHaveLength(10)
    for (const window of windows) {
      const [mine, theirs] = [numbers(window.next), numbers(window.base)]
      expect(Math.min(...theirs)).toBeLessThanOrEqual(mine[0] ?? 0)
      expect(Math.max(...theirs)).toBeGreaterThanOrEqual(mine.at(-1) ?? 0)
    }
  })

  test('DELTA-4 what moved and changed is coded against the file that shares most of it', () => {
    const shared = [chunkOf('s1', 50_000), chunkOf('s2', 50_000)]
    const base = manifestOf(
      withChunks('old/name', [...shared, chunkOf('old tail', 30_000)]),
      withChunks('other', [chunkOf('o', 90_000)]),
    )
    const next = manifestOf(withChunks('new', [...shared, chunkOf('new tail', 30_000)]))
    const [window, ...more] = planWindows(base, next)
    expect(more).toEqual([])
    expect(baseDigests(base, window)).toContain(chunkOf('old tail').digest)
    expect(baseDigests(base, window)).not.toContain(chunkOf('o').digest)
  })

  test('DELTA-4 another version number, another directory, another name of one inode', () => {
    const base = manifestOf(
      withChunks('lib64', [chunkOf('decoy', 5000)]),
      withChunks('libz.so.1.2.13', [chunkOf('z old', 5000)]),
      withChunks('m', [chunkOf('m old', 5000)]),
      hardlink('n', 'm'),
    )
    for (const [path, old] of [
      ['libz.so.1.3.1', 'z old'],
      ['moved/libz.so.1.2.13', 'z old'],
      ['n', 'm old'],
    ] as const) {
      const [window] = planWindows(base, manifestOf(withChunks(path, [chunkOf(`${path} new`, 5000)])))
      expect(baseDigests(base, window)).toEqual([chunkOf(old).digest])
    }
  })

  test('DELTA-3 nothing new makes no window; nothing like it in the base makes one without a base', () => {
    const base = manifestOf(file('a', 'one'))
    expect(planWindows(base, manifestOf(file('b', 'one')))).toEqual([])
    expect(planWindows(base, manifestOf(file('b', 'two')))).toEqual([{ base: [], next: [{ start: 0, count: 1 }] }])
  })
})
