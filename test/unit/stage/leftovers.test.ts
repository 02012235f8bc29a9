import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openTreeRoot, type TreeRoot } from '../../../node-agent/fs/index.ts'
import { openStaging, removeTree, type StagingArea } from '../../../node-agent/stage/index.ts'
import { parseTreePath } from '../../../protocol/index.ts'
import { d, f, h, l, releaseOf, snapshot, type TestRelease, type TreeSpec, writeTree } from '../../support/live-tree.ts'
import { manifestOf, file } from '../../support/entries.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal

interface Target {
  readonly directory: string
  readonly live: string
  readonly root: TreeRoot
}

async function open(): Promise<Target> {
  const directory = await tempDir()
  const live = join(directory, 'live')
  fs.mkdirSync(live)
  const root = openTreeRoot(live)
  onTestFinished(() => root.close())
  return { directory, live, root }
}

async function release({ directory }: Target, spec: TreeSpec): Promise<TestRelease> {
  writeTree(join(directory, 'source'), spec)
  return releaseOf(join(directory, 'source'))
}

/** Stages each named path in a slot of its own, what lies below it included; everything is found locally. */
function stage(root: TreeRoot, next: TestRelease, ...tops: readonly string[]): Promise<StagingArea> {
  const { entries } = next.manifest
  const slots = tops.map((top, slot) => ({
    slot,
    entry: entries.findIndex((e) => e.path === top),
    beneath: entries.flatMap((e, i) => (e.path.startsWith(`${top}/`) ? [i] : [])),
  }))
  const local = { read: async (digest: string) => [...next.chunks].find(([key]) => key === digest)?.[1] }
  return openStaging(root, { manifest: next.manifest, key: next.id, slots }, { local, signal })
}

const slotOf = ({ live }: Target, next: TestRelease, slot: number): string =>
  join(live, '.shoal/staging', next.id, String(slot))

test('STAGE-8 a leftover that is a further name of a live inode is never written to', async () => {
  const target = await open()
  const next = await release(target, { a: f('of the live tree'), b: h('a'), c: f('of the next release') })
  writeTree(target.live, { a: f('of the live tree') })
  await (await stage(target.root, next, 'b')).complete()
  expect(fs.statSync(join(target.live, 'a')).nlink).toBe(2)
  const before = fs.statSync(join(target.live, 'a'), { bigint: true })
  await (await stage(target.root, next, 'c')).complete()
  const after = fs.statSync(join(target.live, 'a'), { bigint: true })
  expect(fs.readFileSync(join(target.live, 'a'), 'utf8')).toBe('of the live tree')
  expect([after.mode, after.mtimeNs, after.nlink]).toEqual([before.mode, before.mtimeNs, 1n])
  expect(fs.readFileSync(slotOf(target, next, 0), 'utf8')).toBe('of the next release')
})

test('STAGE-6 what other slots of the same release left is removed, in directories too', async () => {
  const target = await open()
  const next = await release(target, {
    x: d,
    'x/foo': f('foo'),
    'x/sub': d,
    'x/sub/a': f('a'),
    y: d,
    'y/bar': f('bar'),
  })
  await stage(target.root, next, 'x', 'y')
  await (await stage(target.root, next, 'y')).complete()
  expect(fs.readdirSync(join(target.live, '.shoal/staging', next.id))).toEqual(['0'])
  expect(snapshot(slotOf(target, next, 0))).toEqual(snapshot(join(target.directory, 'source/y')))
})

test('STAGE-6 a leftover of another kind or a greater length gives way', async () => {
  const target = await open()
  const spec = { a: f('a long text'), b: f('short'), c: d, 'c/x': f('x'), e: l('a') }
  const next = await release(target, spec)
  for (const [first, second] of [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'c'],
    ['c', 'b'],
    ['e', 'a'],
    ['c', 'e'],
    ['e', 'c'],
  ]) {
    await (await stage(target.root, next, first ?? '')).complete()
    expect(await (await stage(target.root, next, second ?? '')).complete()).toEqual([])
    const [staged, wanted] = [join(target.directory, 'staged'), join(target.directory, 'wanted')]
    for (const directory of [staged, wanted]) fs.rmSync(directory, { recursive: true, force: true })
    for (const directory of [staged, wanted]) fs.mkdirSync(directory)
    fs.renameSync(slotOf(target, next, 0), join(staged, 'it'))
    fs.cpSync(join(target.directory, 'source', second ?? ''), join(wanted, 'it'), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    })
    const kinds = (tree: Readonly<Record<string, string>>) =>
      Object.entries(tree).map(([path, what]) => [path, what.split(' ')[0], what.split(' ').slice(3).join(' ')])
    expect(kinds(snapshot(staged)), `${first} then ${second}`).toEqual(kinds(snapshot(wanted)))
  }
})

test('STAGE-6 removal needs no permission of what is removed and follows no link', async () => {
  const { directory, live, root } = await open()
  fs.mkdirSync(join(directory, 'outside'))
  fs.writeFileSync(join(directory, 'outside/file'), 'outside')
  fs.mkdirSync(join(live, '.shoal/staging/deep/er'), { recursive: true })
  fs.writeFileSync(join(live, '.shoal/staging/deep/er/file'), '')
  fs.symlinkSync('../../../../outside', join(live, '.shoal/staging/deep/er/link'))
  fs.chmodSync(join(live, '.shoal/staging/deep/er'), 0o500)
  fs.chmodSync(join(live, '.shoal/staging/deep'), 0)
  removeTree(root, parseTreePath('.shoal/staging/deep'))
  expect(fs.readdirSync(join(live, '.shoal/staging'))).toEqual([])
  expect(fs.readdirSync(join(directory, 'outside'))).toEqual(['file'])
  expect(() => removeTree(root, parseTreePath('anything'))).toThrow('only what lies in the area')
})

test('STAGE-2 what an earlier attempt staged is not written again', async () => {
  const target = await open()
  const next = await release(target, { a: f('aaaa'), b: f('bbbb') })
  await stage(target.root, next, 'a', 'b')
  const written = fs.statSync(slotOf(target, next, 0), { bigint: true }).mtimeNs
  fs.writeFileSync(slotOf(target, next, 1), 'dmgd')
  const again = await stage(target.root, next, 'a', 'b')
  expect(again.missing()).toEqual([])
  expect(fs.statSync(slotOf(target, next, 0), { bigint: true }).mtimeNs).toBe(written)
  expect(fs.readFileSync(slotOf(target, next, 1), 'utf8')).toBe('bbbb')
})

test('STAGE-9 zeros of a file with holes take no space, and are not counted', async () => {
  const target = await open()
  fs.mkdirSync(join(target.directory, 'source'))
  const path = join(target.directory, 'source/holes')
  fs.writeFileSync(path, seededBytes(300_000, 5))
  fs.truncateSync(path, 64 << 20)
  fs.appendFileSync(path, 'end')
  const next = await releaseOf(join(target.directory, 'source'))
  const root: TreeRoot = Object.assign(Object.create(null), {
    ...bind(target.root),
    space: () => ({ type: 0, freeBytes: 8 << 20, freeInodes: 100 }),
  })
  const staging = await stage(root, next, 'holes')
  expect(await staging.complete()).toEqual([])
  const staged = fs.statSync(slotOf(target, next, 0))
  expect(staged.blocks * 512).toBeLessThan(2 << 20)
  expect(fs.readFileSync(slotOf(target, next, 0)).equals(fs.readFileSync(path))).toBe(true)
})

test('STAGE-10 a release that states two sizes for one chunk is refused before a byte of it is written', async () => {
  const { root, live } = await open()
  const [a, b] = [file('a', 'text'), file('b', 'text')]
  const [ref] = a.chunks
  if (ref === undefined) throw new Error('no chunk')
  const manifest = manifestOf(a, { ...b, size: 5, chunks: [{ ...ref, size: 5 }] })
  const slots = [0, 1].map((slot) => ({ slot, entry: slot + 1, beneath: [] }))
  const local = { read: async () => new TextEncoder().encode('text') }
  const staging = openStaging(root, { manifest, key: ref.digest, slots }, { local, signal })
  await expect(staging).rejects.toMatchObject({ code: 'MANIFEST_SIZE_MISMATCH' })
  expect(fs.statSync(join(live, '.shoal/staging', ref.digest, '0')).size).toBe(0)
})

/** Methods that keep their root. */
function bind(root: TreeRoot): Record<string, unknown> {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(root)).filter((name) => name !== 'constructor')
  return Object.fromEntries(
    methods.map((name) => [name, (...args: unknown[]) => Reflect.apply(Reflect.get(root, name), root, args)]),
  )
}
