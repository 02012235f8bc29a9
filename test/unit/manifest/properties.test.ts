import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  caseClashes,
  runSteps,
  decodeManifest,
  distinctChunks,
  encodeManifest,
  type Entry,
  isShoalError,
  type Manifest,
  manifestParts,
  parentPath,
  treeBytes,
} from '../../../protocol/index.ts'
import { chunkOf, directory, file, hardlink, manifestOf, symlink } from '../../support/entries.ts'

const name = fc
  .string({ unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)), minLength: 1, maxLength: 6 })
  .filter((s) => !s.includes('/') && s !== '.' && s !== '..' && s !== '.shoal')

const owned = fc.record({
  uid: fc.integer({ min: 0, max: 0xfffffffe }),
  gid: fc.integer({ min: 0, max: 0xfffffffe }),
  mtimeSec: fc.maxSafeInteger(),
  mtimeNs: fc.integer({ min: 0, max: 999_999_999 }),
  xattrs: fc
    .uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 3 })
    .chain((ids) =>
      fc.tuple(...ids.map((id) => fc.uint8Array({ maxLength: 9 }).map((value) => ({ name: `user.${id}`, value })))),
    ) // prettier-ignore
    .map((list) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
})

const leaf = fc.tuple(
  fc.constantFrom('file', 'directory', 'symlink', 'hardlink'),
  name,
  owned,
  fc.nat(),
  fc.nat(0o7777),
)

/** Any valid tree: each leaf goes into some directory made before. */
const manifest: fc.Arbitrary<Manifest> = fc.array(leaf, { maxLength: 20 }).map((leaves) => {
  const entries = new Map<string, Entry>([['', directory('')]])
  for (const [kind, base, owner, pick, mode] of leaves) {
    const directories = [...entries.values()].filter((e) => e.kind === 'directory')
    const parent = directories[pick % directories.length]?.path ?? ''
    const path = parent === '' ? base : `${parent}/${base}`
    if (entries.has(path)) continue
    const text = 'x'.repeat(pick % 5)
    const earlier = [...entries.values()].filter((e) => e.kind === 'file' && e.path < path)
    const target = earlier[pick % Math.max(1, earlier.length)]
    if (kind === 'file') entries.set(path, file(path, text, { ...owner, mode, sparse: pick % 2 === 0 }))
    else if (kind === 'directory') entries.set(path, directory(path, { ...owner, mode }))
    else if (kind === 'symlink') entries.set(path, symlink(path, `${base}/../x`, owner))
    else if (target !== undefined) entries.set(path, hardlink(path, target.path))
  }
  return manifestOf(...entries.values())
})

test('MANIFEST-2 what was encoded decodes to an equal manifest with equal bytes', () => {
  fc.assert(
    fc.property(manifest, (m) => {
      const bytes = encodeManifest(m)
      expect(decodeManifest(bytes)).toEqual(m)
      expect(encodeManifest(decodeManifest(bytes))).toEqual(bytes)
    }),
    { seed: 1, numRuns: 300 },
  )
})

/** Only ShoalErrors, and what decodes is canonical. */
function probe(bytes: Uint8Array): void {
  let decoded
  try {
    decoded = decodeManifest(bytes)
  } catch (err) {
    if (isShoalError(err)) return
    throw err
  }
  expect(encodeManifest(decoded)).toEqual(bytes)
}

test('MANIFEST-3 random bytes behind the magic never crash the reader', () => {
  const magic = new TextEncoder().encode('SHOALMF1')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => probe(Uint8Array.of(...magic, ...tail))),
    { seed: 2, numRuns: 2000 },
  )
})

test('MANIFEST-3 damaged manifests never crash the reader', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'delete')), { maxLength: 4 })
  fc.assert(
    fc.property(manifest, edits, (m, changes) => {
      const bytes = [...encodeManifest(m)]
      for (const [at, value, how] of changes) {
        bytes.splice(at % bytes.length, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [value]))
      }
      probe(Uint8Array.from(bytes))
    }),
    { seed: 3, numRuns: 1500 },
  )
})

test('MANIFEST-9 entries that two manifests have alike are shared, and no others', () => {
  const before = manifestOf(directory('d'), file('d/a', 'a'), file('d/b', 'b'), symlink('l', 'd/a'))
  const after = manifestOf(
    directory('d'),
    file('d/a', 'a'),
    file('d/b', 'other'),
    file('d/c', 'c'),
    symlink('l', 'd/b'),
  )
  const decoded = decodeManifest(encodeManifest(after), before)
  expect(decoded).toEqual(after)
  const own = new Set<Entry>(before.entries)
  expect(decoded.entries.map((entry) => own.has(entry))).toEqual([true, true, true, false, false, false])
})

test('MANIFEST-6 100,000 entries', () => {
  const entries: Entry[] = []
  for (let d = 0; d < 100; d++) {
    entries.push(directory(`d${d}`))
    for (let f = 0; f < 999; f++) entries.push(file(`d${d}/file-${f}.txt`, `${d}-${f}`))
  }
  const m = manifestOf(...entries)
  const decoded = decodeManifest(encodeManifest(m))
  expect(decoded.entries).toHaveLength(100_001)
  expect(decoded.entries.every((e) => e.path === '' || decoded.entries.length > parentPath(e.path).length)).toBe(true)
  expect(decoded.entries.at(-1)).toEqual(m.entries.at(-1))
})

test('MANIFEST-6 1,000,000 empty files', { timeout: 120_000 }, () => {
  const entries: Entry[] = []
  for (let d = 0; d < 1000; d++) {
    entries.push(directory(`d${d}`))
    for (let f = 0; f < 1000; f++) entries.push(file(`d${d}/${f}`, ''))
  }
  // Too many to be arguments of one call.
  const { header } = manifestOf()
  const sorted = [directory(''), ...entries].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const m: Manifest = { header, entries: sorted }
  const bytes = encodeManifest(m)
  const decoded = decodeManifest(bytes, m)
  expect(decoded.entries).toHaveLength(1_001_001)
  expect(decoded.entries.every((entry, i) => entry === m.entries[i])).toBe(true)
  expect(distinctChunks(decoded)).toEqual([])
  const parts = createHash('sha256')
  for (const part of manifestParts(decoded)) parts.update(part)
  expect(parts.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('MANIFEST-8 chunks are numbered by first use, inodes count once, case clashes are found', () => {
  const [a, b] = [chunkOf('a'), chunkOf('b')]
  const m = manifestOf(
    file('1', 'ba', { chunks: [b, a] }),
    file('2', 'ab', { chunks: [a, b] }),
    hardlink('3', '1'),
    directory('Dir'),
    directory('dir'),
  )
  expect(distinctChunks(m)).toEqual([b, a])
  expect(treeBytes(m)).toBe(4)
  expect(runSteps(caseClashes(m.entries))).toEqual([['Dir', 'dir']])
})
