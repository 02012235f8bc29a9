import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { observePaths, proveManifest, scanTree, splitNs, StatCache } from '../../../node-agent/scan/index.ts'
import { parseDigest, parseTreePath } from '../../../protocol/index.ts'
import { d, f, h, l, observeOptions, releaseOf, unsyncedRoot, writeTree } from '../../support/live-tree.ts'
import { CAN_MOUNT, mountSmallDisk } from '../../support/loop-mount.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const p = parseTreePath
const signal = new AbortController().signal

test('SCAN-1 SCAN-2 entries in path order, names of one inode, without the root’s .shoal', async () => {
  const directory = await tempDir()
  writeTree(directory, {
    'a-b': f('x'),
    a: d,
    'a/c': f(''),
    z: h('a-b'),
    link: l('a/c'),
    '.shoal': d,
    '.shoal/x': f('x'),
  })
  const { manifest, id } = await releaseOf(directory)
  expect(manifest.entries.map((e) => `${e.kind} ${e.path}`)).toEqual([
    'directory ',
    'directory a',
    'file a-b',
    'file a/c',
    'symlink link',
    'hardlink z',
  ])
  expect((await releaseOf(directory)).id).toBe(id)
  fs.mkdirSync(join(directory, 'a/.shoal'))
  await expect(releaseOf(directory)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
})

test('SCAN-1 path order among names that begin alike, and in directories of many names', async () => {
  const directory = await tempDir()
  // What comes before `/` and after it, in every place of a name.
  const names = ['a', 'a-', 'a-b', 'a.', 'a.b', 'a0', 'a!', 'ab', '-', '0']
  for (const one of names) {
    fs.mkdirSync(join(directory, one))
    for (const two of names) {
      fs.mkdirSync(join(directory, one, two))
      for (const three of names) fs.writeFileSync(join(directory, one, two, three), '')
    }
  }
  for (let i = 0; i < 600; i++) fs.writeFileSync(join(directory, `a${i}-`), '')
  const root = openTreeRoot(directory)
  const paths = (await scanTree(root, { signal })).entries.map(({ path }) => path)
  expect(paths).toEqual(paths.toSorted())
  expect(paths).toHaveLength(1 + 10 + 100 + 1000 + 600)
  root.close()
})

describe('SCAN-3 a file that changes while it is read', () => {
  const changes: readonly (readonly [string, (file: string) => void])[] = [
    ['grows', (file) => fs.appendFileSync(file, 'more')],
    ['shrinks', (file) => fs.truncateSync(file, 1_500_000)],
    ['changes in place', (file) => fs.writeFileSync(file, 'x', { flag: 'r+' })],
    ['has another mode', (file) => fs.chmodSync(file, 0o600)],
  ]
  test.each(changes)('SCAN-3 %s', async (_what, change) => {
    const directory = await tempDir()
    const file = join(directory, 'file')
    fs.writeFileSync(file, seededBytes(3_000_000, 1))
    const root = openTreeRoot(directory)
    let [changed, calls] = [false, 0]
    const onChunk = (): void => {
      calls++
      if (!changed) change(file)
      changed = true
    }
    await expect(scanTree(root, { signal, onChunk })).rejects.toMatchObject({ code: 'SOURCE_CHANGED' })
    expect(calls).toBeGreaterThan(0)
    root.close()
  })
})

test('SCAN-4 a pipe is refused', async () => {
  const directory = await tempDir()
  execFileSync('mkfifo', [join(directory, 'pipe')])
  await expect(releaseOf(directory)).rejects.toMatchObject({ code: 'SOURCE_UNSUPPORTED_ENTRY' })
})

test.runIf(CAN_MOUNT)('SCAN-4 a mount inside is refused', async () => {
  const directory = await tempDir()
  fs.mkdirSync(join(directory, 'source'))
  mountSmallDisk(join(directory, 'disk'), join(directory, 'source/mnt'), 8)
  await expect(releaseOf(join(directory, 'source'))).rejects.toMatchObject({ code: 'TARGET_CROSSES_FILESYSTEM' })
})

const KNOWN = { chunks: [{ digest: parseDigest('ab'.repeat(32)), size: 3 }], xattrs: [] }

describe('SCAN-5 remembered chunks', () => {
  const stat = {
    kind: 'file',
    device: 1n,
    inode: 2n,
    links: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 3,
    blocks: 8,
    mtimeNs: 10_000_000_000n,
    ctimeNs: 10_000_000_000n,
  } as const

  test('SCAN-5 are believed under the same stat only', () => {
    const cache = new StatCache()
    cache.put(p('a'), stat, KNOWN, 12_000_000_000n)
    expect(cache.get(p('a'), stat)).toMatchObject(KNOWN)
    expect(cache.get(p('b'), stat)).toBeUndefined()
    const others = [{ device: 9n }, { inode: 9n }, { size: 9 }, { mtimeNs: 9n }, { ctimeNs: 9n }]
    for (const other of others) expect(cache.get(p('a'), { ...stat, ...other })).toBeUndefined()
  })

  test('SCAN-5 of a file younger than two seconds are forgotten', () => {
    const cache = new StatCache()
    cache.put(p('a'), stat, KNOWN, 12_000_000_000n)
    cache.put(p('a'), stat, KNOWN, 11_999_999_999n)
    expect(cache.get(p('a'), stat)).toBeUndefined()
    // An old mtime proves nothing: anyone may set it.
    cache.put(p('a'), { ...stat, mtimeNs: 0n }, KNOWN, 11_000_000_000n)
    expect(cache.get(p('a'), { ...stat, mtimeNs: 0n })).toBeUndefined()
  })

  test('SCAN-5 save reading; a deep look reads all the same', async () => {
    const directory = await tempDir()
    writeTree(directory, { a: f('text') })
    const root = openTreeRoot(directory)
    let bytes = 0
    const options = {
      signal,
      cache: new StatCache(),
      now: () => Date.now() + 10_000,
      onBytes: (n: number) => (bytes += n),
    }
    await observePaths(root, [p('a')], options)
    expect(bytes).toBe(4)
    await observePaths(root, [p('a')], options)
    expect(bytes).toBe(4)
    await observePaths(root, [p('a')], { ...options, deep: true })
    expect(bytes).toBe(8)
    root.close()
  })
})

test('SCAN-6 only the given paths; nothing below a symlink', async () => {
  const directory = await tempDir()
  writeTree(directory, { a: d, 'a/b': f('b'), 'a/c': f('c'), link: l('a') })
  execFileSync('mkfifo', [join(directory, 'pipe')])
  const root = openTreeRoot(directory)
  const paths = ['a/b', 'link', 'link/b', 'none', 'a/b/c', 'pipe'].map(p)
  expect([...(await observePaths(root, paths, observeOptions())).keys()]).toEqual(['a/b', 'link'])
  root.close()
})

test('SCAN-7 names of any bytes', async () => {
  const directory = await tempDir()
  const root = unsyncedRoot(directory)
  const names = ['\n', '\x1b[2J', '\xc3\xa4', '\xff'].map(p)
  for (const name of names) fs.closeSync(root.createFile(name))
  const { entries } = await scanTree(root, { signal })
  expect(entries.map((e) => e.path)).toEqual(['', ...names])
  expect([...(await observePaths(root, names, observeOptions())).keys()]).toEqual(names)
  root.close()
})

test('SCAN-8 cancelled', async () => {
  const directory = await tempDir()
  writeTree(directory, { a: f('a') })
  const root = openTreeRoot(directory)
  await expect(scanTree(root, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  root.close()
})

test('SCAN-1 times before 1970 split into a nanosecond part from 0', () => {
  expect(splitNs(-1n)).toEqual({ mtimeSec: -1, mtimeNs: 999_999_999 })
  expect(splitNs(-1_000_000_000n)).toEqual({ mtimeSec: -1, mtimeNs: 0 })
  expect(splitNs(1_500_000_000n)).toEqual({ mtimeSec: 1, mtimeNs: 500_000_000 })
})

describe('proof', () => {
  const SPEC = { a: f('text'), b: f('bb'), d, 'd/x': f('x'), h: h('a'), l: l('a') }
  const cases: readonly (readonly [string, (at: (path: string) => string) => void, readonly string[]])[] = [
    ['a missing file', (at) => fs.rmSync(at('b')), ['b missing']],
    ['other bytes', (at) => fs.writeFileSync(at('b'), 'cc'), ['b content']],
    ['another size', (at) => fs.appendFileSync(at('b'), 'b'), ['b content']],
    ['another link', (at) => (fs.rmSync(at('l')), fs.symlinkSync('b', at('l'))), ['l content']],
    ['another mode', (at) => fs.chmodSync(at('b'), 0o600), ['b metadata']],
    ['another time', (at) => fs.utimesSync(at('b'), 1, 1), ['b metadata']],
    ['a directory’s mode', (at) => fs.chmodSync(at('d'), 0o700), ['d metadata']],
    ['a file for a directory', (at) => (fs.rmSync(at('d'), { recursive: true }), fs.writeFileSync(at('d'), '')), ['d type', 'd/x missing']], // prettier-ignore
    ['a name of another inode', (at) => (fs.rmSync(at('h')), fs.copyFileSync(at('a'), at('h'))), ['h type']],
    ['two files that are one', (at) => (fs.rmSync(at('b')), fs.linkSync(at('a'), at('b'))), ['b type']],
  ]
  const prove = async (change: (at: (path: string) => string) => void) => {
    const directory = await tempDir()
    writeTree(directory, SPEC)
    const { manifest, id } = await releaseOf(directory)
    change((path) => join(directory, path))
    const root = openTreeRoot(directory)
    const proof = await proveManifest(root, manifest, id, observeOptions())
    root.close()
    return { ...proof, id }
  }

  test.each(cases)('PROOF-1 %s', async (_what, change, wanted) => {
    const { proved, observed, differences } = await prove(change)
    expect({ proved, observed }).toEqual({ proved: false, observed: undefined })
    expect(differences.map(({ path, what }) => `${path} ${what}`)).toEqual(wanted)
  })

  test('PROOF-1 the tree itself', async () => {
    const { proved, observed, id } = await prove(() => undefined)
    expect({ proved, observed }).toEqual({ proved: true, observed: id })
  })

  test('PROOF-2 PROOF-3 times of directories and unmanaged files are no drift', async () => {
    const { proved } = await prove((at) => {
      fs.utimesSync(at('d'), 1, 1)
      fs.writeFileSync(at('d/mine'), 'mine')
      fs.mkdirSync(at('more'))
    })
    expect(proved).toBe(true)
  })
})
