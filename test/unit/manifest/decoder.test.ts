import { expect, test } from 'vitest'
import {
  encodeManifest,
  type Entry,
  findEntry,
  isShoalError,
  ManifestDecoder,
  parseTreePath,
  PathFinder,
  pathIndex,
} from '../../../protocol/index.ts'
import { directory, file, hardlink, manifestOf } from '../../support/entries.ts'

const many = (count: number): readonly Entry[] =>
  Array.from({ length: count }, (_, i) => file(`f${String(i).padStart(5, '0')}`, `${i}`))

test('MANIFEST-10 entries come in steps, the same as all at once, and the manifest at the end', () => {
  const manifest = manifestOf(directory('a'), hardlink('zz', 'f00001'), ...many(2_300))
  const decoder = new ManifestDecoder(encodeManifest(manifest))
  expect(decoder.count).toBe(2_303)
  expect(decoder.entries).toEqual([])
  let steps = 0
  for (; decoder.step() === undefined; steps++) {
    expect(decoder.entries.length).toBeGreaterThan(0)
    expect(decoder.entries).toEqual(manifest.entries.slice(0, decoder.entries.length))
  }
  expect(steps).toBeGreaterThan(2)
  expect(decoder.step()).toEqual(manifest)
  expect(decoder.step()).toBe(decoder.step())
})

test('MANIFEST-10 a fault ends it where it stands, and is told again whenever it is asked', () => {
  const bytes = encodeManifest(manifestOf(...many(2_000)))
  const cut = new ManifestDecoder(bytes.subarray(0, bytes.length / 2))
  const fault = (): unknown => {
    try {
      while (cut.step() === undefined);
      return undefined
    } catch (err) {
      return err
    }
  }
  const first = fault()
  expect(isShoalError(first, 'MANIFEST_MALFORMED')).toBe(true)
  const { length } = cut.entries
  expect(fault()).toBe(first)
  expect(cut.entries).toHaveLength(length)
})

test('MANIFEST-11 a path is found in whatever order it is asked for, and as the list grows', () => {
  const all = manifestOf(directory('d'), ...many(300)).entries
  const odd = all.filter((_, i) => i % 2 === 1)
  const isIn = (path: string): boolean => odd.some((one) => one.path === path)
  const list: Entry[] = []
  const finder = new PathFinder(() => list)
  for (const [i, { path }] of all.entries()) {
    if (i % 100 === 0) list.push(...odd.slice(list.length, i / 2 + 50))
    expect(finder.indexOf(path)).toBe(isIn(path) ? (i - 1) / 2 : -1)
  }
  for (const jump of [299, 1, 300, 150, 0, 7, 9, 8, 299, 301, 2]) {
    const path = all[jump]?.path ?? 'none'
    expect(finder.indexOf(path)).toBe(isIn(path) ? (jump - 1) / 2 : -1)
    expect(pathIndex(odd, path)).toBe(isIn(path) ? (jump - 1) / 2 : -1)
    expect(findEntry(odd, parseTreePath(path))?.path).toBe(isIn(path) ? path : undefined)
  }
  expect(findEntry(odd, parseTreePath(odd[5]?.path ?? ''), 5)).toBeUndefined()
})
