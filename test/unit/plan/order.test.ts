import { describe, expect, test } from 'vitest'
import { type ObservedPath, planCommit } from '../../../node-agent/plan/commit-plan.ts'
import { compareEntry } from '../../../node-agent/scan/index.ts'
import { type ConsistencyGroup, type Entry, type Manifest, parseTreePath } from '../../../protocol/index.ts'
import { directory, file, manifestOf, symlink } from '../../support/entries.ts'
import { d, f, l, PLAIN_RULES, type TreeSpec } from '../../support/live-tree.ts'
import type { MemoryOptions } from '../../support/memory-tree.ts'
import { manifestOfSpec, prepareModel } from '../../support/model-commit.ts'

interface Given {
  readonly groups?: readonly ConsistencyGroup[]
  readonly unmanaged?: readonly string[]
  readonly file?: MemoryOptions
}

function plan(old: TreeSpec, wanted: TreeSpec, { groups = [], unmanaged = [], file: options = {} }: Given = {}) {
  const [before, next] = [manifestOfSpec(old), manifestOfSpec(wanted, groups)]
  const rules = { local: () => 'overwrite' as const, isProtected: () => false }
  const own = { edited: [], unmanaged: unmanaged.map(parseTreePath) }
  return prepareModel({ old: before, next, file: options, rules, ...own }).plan
}

const steps = (...given: Parameters<typeof plan>): readonly string[] =>
  plan(...given).ops.map(({ op, path }) => `${op} ${path}`)

describe('where links end', () => {
  const both: TreeSpec = { d1: d, 'd1/x': f('1'), d2: d, 'd2/x': f('2'), y: f('y') }

  test('COMMIT-4 a link goes before one that would lead it where neither release has it end', () => {
    const old = { ...both, L: l('d1'), M: l('L/x') }
    expect(steps(old, { ...both, L: l('d2'), M: l('y') })).toEqual(['exchange M', 'exchange L'])
  })

  test('COMMIT-4 nor does it end at something of another kind', () => {
    const old = { L: l('was'), was: d, now: d }
    expect(steps(old, { L: l('now'), was: f('a file'), now: d })).toEqual(['exchange L', 'exchange was'])
  })

  test('COMMIT-4 a link that leaves the tree ends only where it does before or after', () => {
    const old = { ...both, L: l('../out'), M: l('L/x') }
    expect(steps(old, { ...both, L: l('/elsewhere'), M: l('y') })).toEqual(['exchange M', 'exchange L'])
  })

  test('COMMIT-4 a link by the absolute path of the tree stays within it', () => {
    const old = { ...both, L: l('/r/d1'), M: l('/r/L/x') }
    expect(steps(old, { ...both, L: l('/r/d2'), M: l('/r/y') })).toEqual(['exchange M', 'exchange L'])
  })

  test('COMMIT-4 a link to a file of the host counts, whatever leads there', () => {
    const given = { unmanaged: ['own'] }
    expect(steps({ a: f('1') }, { a: l('z'), z: l('own') }, given)).toEqual(['place z', 'exchange a'])
    expect(steps({ a: l('z'), z: l('own') }, { a: f('1'), z: f('2') }, given)).toEqual(['exchange a', 'exchange z'])
  })

  test('COMMIT-4 where no order keeps a link’s end, the plan names it', () => {
    const old = { ...both, L: l('d1'), M: l('L/x'), 'd1/z': f('1'), 'd2/z': f('2') }
    const { weaker } = plan(old, { ...old, L: l('d2'), M: l('L/z') })
    expect(weaker).toEqual(['no order of the steps keeps every symlink’s end; for a moment "M" leads elsewhere'])
  })
})

describe('groups and links', () => {
  test('COMMIT-21 only the steps that a split group needs lie between its own', () => {
    const both: TreeSpec = { b1: f('1'), d1: d, d2: d, 'd2/n': d, 'd2/n/q': f('q'), e: d }
    const old: TreeSpec = { ...both, A: l('d1'), B: l('x'), m: l('e'), s: l('e'), x: l('b1') }
    const wanted: TreeSpec = { ...both, A: l('d2'), B: l('s/q'), m: l('A/n'), s: l('A/n'), x: l('A/n/q') }
    const { ops, weaker } = plan(old, wanted, { groups: [{ name: 'g', globs: ['A', 'B'] }] })
    expect(ops.slice(0, 3).map(({ path }) => path)).toEqual(['A', 's', 'B'])
    expect(weaker).toEqual(['not adjacent, as symlinks need other steps in between: consistency group g'])
  })

  test('COMMIT-21 a group waits for what it needs, and stays adjacent', () => {
    const both: TreeSpec = { b1: f('1'), d1: d, d2: d, 'd2/q': f('q') }
    const old: TreeSpec = { ...both, A: f('1'), B: l('b1'), z: l('d1') }
    const wanted: TreeSpec = { ...both, A: f('2'), B: l('z/q'), z: l('d2') }
    const { ops, weaker } = plan(old, wanted, { groups: [{ name: 'g', globs: ['A', 'B'] }] })
    expect(ops.map(({ path }) => path)).toEqual(['z', 'A', 'B'])
    expect(weaker).toEqual([])
  })

  test('COMMIT-21 the name of many joined groups stays short', () => {
    const groups = Array.from({ length: 200 }, (_, i) => ({ name: `group-${i}`, globs: ['a'] }))
    const { ops } = plan({ a: f('1') }, { a: f('2') }, { groups })
    expect(ops[0]?.group).toBe('group-0 + group-1 + group-2 + group-3 + 196 more')
  })
})

describe('weaker file systems', () => {
  test('COMMIT-20 without exchange and further names, nothing that stands can be changed', () => {
    const file2 = { exchange: false, hardlinks: false }
    expect(() => plan({ a: f('1') }, { a: f('2') }, { file: file2 })).toThrow(/"a"\. Nothing was changed/)
    expect(steps({}, { a: f('1'), b: d }, { file: file2 })).toEqual(['place a', 'place b'])
    expect(steps({}, { a: f('1'), b: d }, { file: { ...file2, noReplace: false } })).toEqual(['move a', 'move b'])
  })
})

/** Plans by manifests alone, everything as the last release left it. */
function planLarge(old: readonly Entry[], wanted: readonly Entry[], groups: readonly ConsistencyGroup[]) {
  const [previous, plain] = [manifestOf(...old), manifestOf(...wanted)]
  const settings = { ...plain.header.settings, consistencyGroups: groups }
  const next: Manifest = { ...plain, header: { ...plain.header, settings } }
  const after = new Map(next.entries.map((entry) => [entry.path, entry]))
  const observed = new Map(
    previous.entries.map((entry): [Entry['path'], ObservedPath] => {
      const then = after.get(entry.path)
      const equalsNext = then !== undefined && compareEntry(then, entry) === undefined
      const linkText = entry.kind === 'symlink' ? entry.target : undefined
      return [
        entry.path,
        { kind: entry.kind, equalsNext, equalsPrevious: true, timesEqualNext: true, onlyDiffers: undefined, linkText },
      ]
    }),
  )
  const none = new Set<never>()
  const rest = { observed, beside: new Map(), holdsUnmanaged: none, holdsEdited: none, ...PLAIN_RULES }
  const begun = performance.now()
  const { ops } = planCommit({ root: '/r', next, previous, ...rest })
  return { ops: ops.length, ms: performance.now() - begun }
}

/** What the rule asks for, with room for a busy machine. */
const BUSY_MS = 2000 * 5

describe('COMMIT-26 speed', () => {
  const folders = Array.from({ length: 1000 }, (_, i) => `d${i}`)
  const large = (changed: boolean): readonly Entry[] =>
    folders.flatMap((folder) => [
      directory(folder),
      ...Array.from({ length: 99 }, (_, j): Entry => {
        const isChanged = changed && j < 10
        return j % 10 === 9
          ? symlink(`${folder}/f${j}`, isChanged ? 'f1' : 'f2')
          : file(`${folder}/f${j}`, isChanged ? 'y' : 'x')
      }),
    ])

  test.each<readonly [string, readonly ConsistencyGroup[]]>([
    ['no group', []],
    [
      'two groups',
      [
        { name: 'a', globs: ['d1*/**'] },
        { name: 'b', globs: ['**/f7', '**/f9'] },
      ],
    ],
  ])('COMMIT-26 10,000 changes among 100,000 entries, %s', (_name, groups) => {
    const { ops, ms } = planLarge(large(false), large(true), groups)
    expect(ops).toBe(10_000)
    expect(ms).toBeLessThan(BUSY_MS)
  })

  const many = Array.from({ length: 2000 }, (_, i) => `c${String(i).padStart(4, '0')}`)
  const linksOf = (entries: (name: string) => readonly Entry[]): readonly Entry[] => many.flatMap(entries)

  test.each<readonly [string, readonly ConsistencyGroup[]]>([
    ['each alone', []],
    ['in groups', many.slice(0, 200).map((name) => ({ name, globs: [`c*${name.slice(-3)}/*`] }))],
  ])('COMMIT-26 links that no order can keep, %s', (_name, groups) => {
    const both = (c: string) => [
      directory(c),
      directory(`${c}/1`),
      directory(`${c}/2`),
      file(`${c}/1/x`),
      file(`${c}/2/y`),
    ]
    const old = linksOf((c) => [...both(c), symlink(`${c}/L`, '1'), symlink(`${c}/M`, 'L/x')])
    const wanted = linksOf((c) => [...both(c), symlink(`${c}/L`, '2'), symlink(`${c}/M`, 'L/y')])
    expect(planLarge(old, wanted, groups).ms).toBeLessThan(BUSY_MS)
  })

  test('COMMIT-26 a large group that waits for many other steps', () => {
    const old = linksOf((c) => [directory(c), file(`${c}/t`), symlink(`${c}/l`, 't'), symlink(`${c}/m`, 't')])
    const wanted = linksOf((c) => [directory(c), file(`${c}/z`), symlink(`${c}/l`, 'z'), symlink(`${c}/m`, 'l')])
    expect(planLarge(old, wanted, [{ name: 'g', globs: ['**/l', '**/t'] }]).ms).toBeLessThan(BUSY_MS)
  })
})
