import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitInPlace, rollForward } from '../../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { toCommitInput } from '../../../node-agent/pipeline/commit-input.ts'
import { type ObservedPath, planCommit } from '../../../node-agent/plan/commit-plan.ts'
import { proveManifest } from '../../../node-agent/scan/index.ts'
import {
  PLAIN_RULES,
  applyTest,
  d,
  f,
  h,
  l,
  memoryJournal,
  observeOptions,
  prepareCommit,
  releaseOf,
  snapshot,
  type TreeSpec,
  writeTree,
} from '../../support/live-tree.ts'
import { ROOT_PATH, type TreePath } from '../../../protocol/index.ts'
import { directory, file, manifestOf, symlink } from '../../support/entries.ts'
import { type Live, openLive } from '../../support/live-commit.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('COMMIT-2 order', () => {
  test('COMMIT-2 new names, changes, removals with links first', async () => {
    const live = await openLive()
    await live.apply({ a: f('a'), gone: f('gone'), goneLink: l('gone'), type: d, 'type/in': f('in') })
    const ops = await live.ops({ a: f('a2'), b: f('b'), c: l('b'), type: f('file') })
    expect(ops).toEqual(['place b', 'exchange a', 'place c', 'exchange type', 'retain goneLink', 'retain gone'])
  })

  test('COMMIT-2 COMMIT-4 a chain of links is turned over from its new end', async () => {
    const live = await openLive()
    await live.apply({ A: f('A'), L1: l('L2'), L2: l('A') })
    expect(await live.ops({ A: f('A'), B: f('B'), L1: l('B'), L2: l('L1') })).toEqual([
      'place B',
      'exchange L1',
      'exchange L2',
    ])
  })

  test('COMMIT-4 a link lets go of what others still need only after them', async () => {
    const live = await openLive()
    const both: TreeSpec = { d1: d, 'd1/x': f('x'), d2: d, y: f('y') }
    await live.apply({ ...both, L: l('d1'), M: l('L/x') })
    expect(await live.ops({ ...both, L: l('d2'), M: l('y') })).toEqual(['exchange M', 'exchange L'])
    expect(await live.ops({ ...both, L: f('a file'), M: l('y') })).toEqual(['exchange M', 'exchange L'])
  })

  test('COMMIT-4 a link by the absolute path of the tree is a link within it', async () => {
    const live = await openLive()
    const absolute = (name: string) => l(join(live.live, name))
    await live.apply({ L1: absolute('L2'), L2: absolute('a'), a: f('a') })
    expect(await live.ops({ L1: absolute('b'), L2: absolute('L1'), a: f('a'), b: f('b') })).toEqual([
      'place b',
      'exchange L1',
      'exchange L2',
    ])
  })

  test('COMMIT-4 where no order keeps a link whole, the others still hold and the commit ends', async () => {
    const live = await openLive()
    const both: TreeSpec = { d1: d, 'd1/x': f('x'), d2: d, 'd2/y': f('y') }
    await live.apply({ ...both, L: l('d1'), M: l('L/x') })
    await live.apply({ ...both, L: l('d2'), M: l('L/y') })
    expect(live.read('M')).toBe('y')
  })

  test('COMMIT-4 20,000 links are ordered in a second or two', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `l${String(i).padStart(5, '0')}`)
    const next = manifestOf(file('new'), directory('d'), ...many.map((name) => symlink(name, 'new')))
    const equal = {
      equalsNext: true,
      equalsPrevious: true,
      timesEqualNext: true,
      onlyDiffers: undefined,
      linkText: undefined,
    }
    const observed = new Map<TreePath, ObservedPath>([[ROOT_PATH, { kind: 'directory', ...equal }]])
    for (const { path, kind } of next.entries) {
      if (kind === 'symlink') observed.set(path, { ...equal, kind, equalsNext: false, linkText: 'old' })
    }
    const begun = performance.now()
    const none = new Set<never>()
    const plan = planCommit({
      root: '/r',
      next,
      previous: undefined,
      observed,
      beside: new Map(),
      holdsUnmanaged: none,
      holdsEdited: none,
      ...PLAIN_RULES,
    })
    expect(plan.ops).toHaveLength(20_002)
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})

describe('what is not the release’s', () => {
  test('COMMIT-7 a directory that must become a file but holds an unmanaged file is a conflict', async () => {
    const live = await openLive()
    await live.apply({ a: d, 'a/b': d, 'a/b/c': f('c') })
    live.write('a/b/mine', 'mine')
    const before = snapshot(live.live)
    for (const spec of [{ a: f('a') }, { a: l('b'), b: d }]) {
      await expect(live.apply(spec)).rejects.toMatchObject({ code: 'TARGET_CONFLICT' })
      expect(snapshot(live.live)).toEqual(before)
    }
  })

  test('COMMIT-7 a removed directory stays with what is not the release’s', async () => {
    const live = await openLive()
    await live.apply({ a: d, 'a/b': d, 'a/b/c': f('c'), 'a/d': d, 'a/d/e': f('e'), z: f('z') })
    live.write('a/b/mine', 'mine')
    await live.apply({ z: f('z') })
    expect(Object.keys(snapshot(live.live))).toEqual(['', 'a', 'a/b', 'a/b/mine', 'z'])
  })

  test('COMMIT-8 an edited file that is replaced or removed is kept', async () => {
    const live = await openLive()
    await live.apply({ a: f('a'), b: f('b'), c: d, 'c/d': f('d'), e: d, 'e/f': f('f'), same: f('same') })
    for (const path of ['a', 'b', 'c/d', 'e/f']) live.write(path, `edited ${path}`)
    await live.apply({ a: f('a2'), e: f('now a file'), same: f('same') })
    expect(live.kept().toSorted()).toEqual(['edited a', 'edited b', 'edited c/d', 'edited e/f'])
    expect(live.read('a')).toBe('a2')
  })

  test('COMMIT-8 what stood there before the first release is kept; what equals it stays', async () => {
    const live = await openLive()
    writeTree(live.live, { a: f('mine'), same: f('same'), other: f('other') })
    const inode = fs.statSync(join(live.live, 'same')).ino
    await live.apply({ a: f('a'), same: f('same') })
    expect(live.kept()).toEqual(['mine'])
    expect(live.read('other')).toBe('other')
    expect(fs.statSync(join(live.live, 'same')).ino).toBe(inode)
  })

  test('COMMIT-8 a second commit of the same release keeps beside what the first kept', async () => {
    const live = await openLive()
    await live.apply({ a: f('a') })
    live.write('a', 'edit 1')
    await live.apply({ a: f('a') }, 2)
    live.write('a', 'edit 2')
    await live.apply({ a: f('a') }, 2)
    expect(live.kept().toSorted()).toEqual(['edit 1', 'edit 2'])
  })
})

describe('COMMIT-9 a tree that changes meanwhile', () => {
  test.each<readonly [string, (live: Live) => void]>([
    ['edited', (live) => live.write('a', 'edited')],
    ['removed', (live) => fs.rmSync(join(live.live, 'a'))],
    ['made', (live) => live.write('new', 'mine')],
    ['made in a directory that goes', (live) => live.write('gone/deep/mine', 'mine')],
    ['edited in a directory that becomes a file', (live) => live.write('type/x', 'edited')],
  ])('COMMIT-9 a path that was %s after the plan', async (_what, change) => {
    const live = await openLive()
    const goes: TreeSpec = { gone: d, 'gone/deep': d, 'gone/deep/x': f('x'), type: d, 'type/x': f('x') }
    await live.apply({ a: f('a'), ...goes })
    const test2 = live.test(await live.release({ a: f('a2'), new: f('new'), type: f('file') }))
    const { observed, intent } = await prepareCommit(test2)
    change(live)
    const before = snapshot(live.live)
    const deps = { root: live.root, journal: live.journal, now: () => 0 }
    const committing = commitInPlace(deps, intent, test2.next.manifest, observed)
    await expect(committing).rejects.toMatchObject({ code: 'TARGET_MODIFIED' })
    expect(snapshot(live.live)).toEqual(before)
  })

  test('COMMIT-9 a further name made in staging is no change', async () => {
    const live = await openLive()
    await live.apply({ a: f('a'), b: h('a') })
    await live.apply({ a: f('a'), c: h('a') })
    expect(Object.keys(snapshot(live.live))).toEqual(['', 'a', 'c'])
  })
})

describe('COMMIT-10 further names', () => {
  test.each<readonly [string, TreeSpec, TreeSpec]>([
    ['a changed group', { a: f('1'), b: h('a'), c: h('a') }, { a: f('2'), b: h('a'), c: h('a') }],
    ['a name that leaves', { a: f('1'), b: h('a'), c: h('a') }, { a: f('1'), b: f('1'), c: h('a') }],
    ['another first name', { b: f('1'), c: h('b') }, { a: f('1'), b: h('a'), c: h('a') }],
    ['the first name goes', { a: f('1'), b: h('a'), c: h('a') }, { b: f('1'), c: h('b') }],
    [
      'groups that trade a name',
      { a: f('1'), b: h('a'), c: f('2'), d: h('c') },
      { a: f('1'), b: f('2'), c: h('b'), d: h('a') },
    ],
    ['into a new directory', { a: f('1') }, { a: f('1'), d, 'd/b': h('a') }],
    ['out of a directory that goes', { d, 'd/a': f('1'), z: h('d/a') }, { z: f('1') }],
  ])('COMMIT-10 %s', async (_what, old, wanted) => {
    const live = await openLive()
    await live.apply(old)
    const next = await live.apply(wanted)
    const proof = await proveManifest(live.root, next.manifest, next.id, observeOptions())
    expect(proof).toMatchObject({ proved: true, observed: next.id, differences: [] })
    expect(await live.ops(wanted)).toEqual([])
  })
})

test('COMMIT-11 the input of a plan tells edited and unmanaged apart', async () => {
  const live = await openLive()
  const { manifest } = await live.apply({ a: d, 'a/b': f('b'), 'a/c': d })
  live.write('a/b', 'edited')
  live.write('a/c/mine', 'mine')
  const next = manifestOf()
  const { observed } = await prepareCommit(live.test(await live.release({})))
  const input = { ...toCommitInput(live.root, next, manifest, observed), ...PLAIN_RULES }
  expect([...input.holdsEdited]).toEqual(['a'])
  expect([...input.holdsUnmanaged].toSorted()).toEqual(['a', 'a/c'])
  expect(planCommit(input).ops).toMatchObject([{ op: 'retain', path: 'a/b', keep: true }])
})

test('COMMIT-26 what only gets another time or other permission bits keeps its inode, and has them after the commit and after a recovery', async () => {
  const directory = await tempDir()
  const [source, live] = [join(directory, 'source'), join(directory, 'live')]
  writeTree(source, {
    a: f('a'),
    changed: f('1'),
    k: l('a'),
    m: f('m'),
    one: f('x'),
    s: f('s'),
    t: f('t'),
    two: h('one'),
  })
  fs.mkdirSync(live)
  const root = openTreeRoot(live)
  const journal = memoryJournal()
  const previous = await releaseOf(source)
  await applyTest({ root, journal, sequence: 1, next: previous, previous: undefined })
  const inode = (name: string): bigint => fs.lstatSync(join(live, name), { bigint: true }).ino
  const before = ['a', 'k', 'm'].map(inode)
  fs.writeFileSync(join(source, 'changed'), '2')
  fs.chmodSync(join(source, 'm'), 0o755)
  // Setuid, and two things at once: never in place.
  fs.chmodSync(join(source, 's'), 0o4755)
  fs.chmodSync(join(source, 't'), 0o700)
  fs.utimesSync(join(source, 't'), 3, 3)
  for (const name of ['a', 'one']) fs.utimesSync(join(source, name), 1, 1.5)
  fs.lutimesSync(join(source, 'k'), 2, 2)
  const next = await releaseOf(source)
  const { plan, intent, observed } = await prepareCommit({ root, journal, sequence: 2, next, previous })
  // Further names share their inode's time: such a group is replaced as a whole.
  expect(plan.ops.map((op) => op.path).toSorted()).toEqual(['changed', 'one', 's', 't', 'two'])
  await commitInPlace({ root, journal, now: () => 0 }, intent, next.manifest, observed)
  expect(['a', 'k', 'm'].map(inode)).toEqual(before)
  const proof = () => proveManifest(root, next.manifest, next.id, observeOptions())
  expect((await proof()).differences).toEqual([])
  fs.utimesSync(join(live, 'a'), 9, 9)
  fs.chmodSync(join(live, 'm'), 0o600)
  await rollForward({ root, journal, now: () => 0 }, intent, next.manifest)
  expect((await proof()).proved).toBe(true)
  root.close()
})
