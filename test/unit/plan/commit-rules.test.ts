import { describe, expect, test } from 'vitest'
import { planReap } from '../../../node-agent/plan/reap-plan.ts'
import { checkWindow, predictWindowMs } from '../../../node-agent/plan/window.ts'
import { type ConsistencyGroup, parseTreePath, type TreePath } from '../../../protocol/index.ts'
import { d, f, h, l, type TreeSpec } from '../../support/live-tree.ts'
import type { MemoryOptions } from '../../support/memory-tree.ts'
import { commitModel, manifestOfSpec, modelJournal, prepareModel } from '../../support/model-commit.ts'

interface Given {
  readonly groups?: readonly ConsistencyGroup[]
  readonly edited?: readonly string[]
  readonly file?: MemoryOptions
  readonly local?: 'overwrite' | 'keep' | 'fail'
  readonly protect?: string
}

const plan = (
  old: TreeSpec,
  wanted: TreeSpec,
  { groups, edited = [], file = {}, local = 'overwrite', protect }: Given = {},
) =>
  prepareModel({
    old: manifestOfSpec(old),
    next: manifestOfSpec(wanted, groups),
    edited: edited.map(parseTreePath),
    unmanaged: [],
    file,
    rules: { local: () => local, isProtected: (path: TreePath) => path === protect },
  })

const steps = (model: ReturnType<typeof plan>) => model.plan.ops.map(({ op, path }) => `${op} ${path}`)

describe('consistency groups', () => {
  const groups = [{ name: 'app', globs: ['z/**', 'a', 'gone'] }]

  test('COMMIT-21 new names, changes and removals of a group are adjacent, wherever they lie', () => {
    const old = { a: f('1'), b: f('1'), gone: f('1'), m: f('1'), out: f('1'), z: d, 'z/x': f('1') }
    const wanted = { a: f('2'), b: f('2'), m: f('2'), new: f('1'), z: d, 'z/x': f('2'), 'z/y': f('1') }
    const model = plan(old, wanted, { groups })
    expect(model.plan.ops.map((op) => op.group ?? '-').join(' ')).toMatch(/^(- )*app app app app( -)*$/)
    expect(model.plan.weaker).toEqual([])
  })

  test('COMMIT-21 a directory that comes or goes as a whole belongs to the group of what is in it', () => {
    const model = plan({ a: f('1') }, { a: f('2'), z: d, 'z/x': f('1') }, { groups })
    expect(model.plan.ops).toMatchObject([
      { path: 'z', group: 'app' },
      { path: 'a', group: 'app' },
    ])
  })

  test('COMMIT-21 groups that share a path are one', () => {
    const two = [
      { name: 'one', globs: ['a', 'b'] },
      { name: 'two', globs: ['b', 'c'] },
    ]
    const model = plan({ a: f('1'), b: f('1'), c: f('1') }, { a: f('2'), b: f('2'), c: f('2') }, { groups: two })
    expect(model.plan.ops.map((op) => op.group)).toEqual(['one + two', 'one + two', 'one + two'])
  })

  test('COMMIT-21 links go before adjacency, and the plan says so', () => {
    // l1 (group) needs t2 away from what l2 names … each link must switch between two steps of the other’s group.
    const old = { l1: l('t1'), l2: l('t2'), t1: f('x'), t2: f('x') }
    const wanted = { l1: l('t2/x'), l2: l('t1/x'), t1: d, 't1/x': f('x'), t2: d, 't2/x': f('x') }
    const crossed = [
      { name: 'g1', globs: ['l1', 't1'] },
      { name: 'g2', globs: ['l2', 't2'] },
    ]
    const model = plan(old, wanted, { groups: crossed })
    expect(model.plan.weaker[0]).toMatch(
      /^not adjacent, as symlinks need other steps in between: consistency group g[12]/,
    )
  })

  test('COMMIT-21 the commit measures each group', async () => {
    const model = plan({ a: f('1'), b: f('1'), gone: f('1') }, { a: f('2'), b: f('2') }, { groups })
    const report = await commitModel(
      model,
      modelJournal(undefined, () => undefined),
    )
    expect(report.groups).toMatchObject([{ name: 'app', operations: 2 }])
    expect(report.groups[0]?.windowMs).toBeGreaterThan(0)
    expect(report.groups[0]?.windowMs).toBeLessThanOrEqual(report.windowMs)
  })
})

describe('weaker file systems', () => {
  test('COMMIT-20 without exchange, files and links are replaced by a plain rename, their old inodes kept by a further name', async () => {
    const model = plan({ a: f('1'), k: l('x') }, { a: f('2'), k: l('a'), n: f('1') }, { file: { exchange: false } })
    expect(steps(model)).toEqual(['place n', 'replace a', 'replace k'])
    expect(model.plan.weaker).toEqual([expect.stringContaining('cannot exchange names')])
    const report = await commitModel(
      model,
      modelJournal(undefined, () => undefined),
    )
    expect(report.weaker).toEqual(model.plan.weaker)
  })

  test('COMMIT-20 without refusal, new files get a further name and new directories a plain rename', () => {
    const model = plan({}, { a: f('1'), b: d }, { file: { exchange: false, noReplace: false } })
    expect(steps(model)).toEqual(['link a', 'move b'])
  })

  test('COMMIT-20 what would leave a path absent for a moment is refused', () => {
    for (const [old, wanted] of [
      [{ a: f('1') }, { a: d }],
      [{ a: d }, { a: l('x') }],
    ] as const) {
      expect(() => plan(old, wanted, { file: { exchange: false } })).toThrow(
        /lacks a call .* "?a"?\. Nothing was changed/,
      )
    }
  })
})

describe('local files', () => {
  test('COMMIT-23 keep: an edited file stays, and so does one that the next release lacks', () => {
    const old = { a: f('1'), b: f('1'), c: f('1') }
    const model = plan(old, { a: f('2'), c: f('2') }, { edited: ['a', 'b'], local: 'keep' })
    expect(steps(model)).toEqual(['exchange c'])
    expect(model.plan.left).toEqual([
      { path: 'a', why: 'edited' },
      { path: 'b', why: 'edited' },
    ])
  })

  test('COMMIT-23 fail: nothing is changed, and the files are named', () => {
    expect(() => plan({ a: f('1') }, { a: f('2') }, { edited: ['a'], local: 'fail' })).toThrow(
      /1 files were edited .*: "?a"?\./,
    )
    expect(steps(plan({ a: f('1') }, { a: f('2') }, { local: 'fail' }))).toEqual(['exchange a'])
  })

  test('COMMIT-23 overwrite: the edited file is displaced and kept', () => {
    expect(plan({ a: f('1') }, { a: f('2') }, { edited: ['a'] }).plan.ops).toMatchObject([
      { op: 'exchange', keep: true },
    ])
  })

  test('COMMIT-24 a protected path is never touched, nor made, nor anything below it', () => {
    expect(steps(plan({ a: f('1') }, { a: f('2') }, { protect: 'a' }))).toEqual([])
    expect(steps(plan({ a: f('1') }, {}, { protect: 'a' }))).toEqual([])
    expect(steps(plan({}, { a: d, 'a/b': f('1'), c: h('a/b') }, { protect: 'a' }))).toEqual([])
    expect(() => plan({ a: d, 'a/b': f('1') }, { a: f('2') }, { protect: 'a/b' })).toThrow(/must become a file/)
    expect(steps(plan({ a: d, 'a/b': f('1'), 'a/c': f('1') }, {}, { protect: 'a/b' }))).toEqual(['retain a/c'])
  })
})

describe('the window', () => {
  test('COMMIT-22 a commit that would take longer than its release allows is refused, naming what would not', () => {
    expect(() => checkWindow(1000, 10_000, undefined)).not.toThrow()
    expect(() => checkWindow(1000, 10_000, Math.ceil(predictWindowMs(1000, 10_000)))).not.toThrow()
    expect(() => checkWindow(1000, 10_000, 5)).toThrow(
      /allows a window of 5 ms; its 1000 steps .* 15\.2 ms .* swap and generations/,
    )
  })
})

describe('what is retained', () => {
  const policy = { graceMs: 100, keep: 1, limitBytes: 1000, shared: false, settled: true }
  const at = (atMs: number, bytes = 10, held = 0) => ({ atMs, bytes, held })

  test('SETTLE-30 what is past its grace and not kept for a rollback goes; the rest says when', () => {
    expect(planReap([at(950), at(890), at(10)], policy, 1000)).toEqual({ reap: [1, 2], againMs: undefined })
    expect(planReap([at(1000), at(950), at(10)], policy, 1000)).toEqual({ reap: [2], againMs: 50 })
  })

  test('SETTLE-31 what is held never goes, not even under pressure', () => {
    expect(planReap([at(900), at(10, 10, 1)], policy, 1000).reap).toEqual([])
    expect(planReap([at(900, 900), at(10, 5000, 1)], { ...policy, keep: 0 }, 1000).reap).toEqual([0])
  })

  test('SETTLE-32 under pressure the oldest that nobody holds goes first, kept or not, until the bound is met', () => {
    const rows = [at(999, 600), at(990, 600), at(980, 600)]
    expect(planReap(rows, { ...policy, keep: 3 }, 1000).reap).toEqual([1, 2])
  })

  test('SETTLE-32 where other machines may hold files, pressure does not shorten the grace', () => {
    const rows = [at(999, 600), at(990, 600), at(10, 600)]
    expect(planReap(rows, { ...policy, keep: 3, shared: true }, 1000).reap).toEqual([2])
  })

  test('SETTLE-33 nothing goes before the release is settled', () => {
    expect(planReap([at(1), at(1)], { ...policy, keep: 0, settled: false }, 1000).reap).toEqual([])
  })
})
