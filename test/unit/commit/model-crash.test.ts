import { describe, expect, test } from 'vitest'
import { commitInPlace, rollForward } from '../../../node-agent/commit/index.ts'
import { parseTreePath } from '../../../protocol/index.ts'
import { NEW, OLD } from '../../crash/scenario.ts'
import { d, f, h, l, type TreeSpec } from '../../support/live-tree.ts'
import type { MemoryOptions, MemoryTree } from '../../support/memory-tree.ts'
import {
  type Event,
  manifestOfSpec,
  type Model,
  MODEL_CHANNEL,
  modelJournal,
  prepareModel,
} from '../../support/model-commit.ts'
import { checkedCommit, expectNothingLost, liveWords } from './invariants.ts'
import { crash, type Crashed, expectRecovers } from './power-loss.ts'

/** Without a change of type between a directory and anything else, for file systems that cannot exchange. */
const PLAIN_OLD: TreeSpec = {
  ...{
    edit: f('old'),
    gone: f('gone'),
    dead: l('gone'),
    dir: d,
    'dir/a': f('a'),
    'dir/b': f('b'),
    moved: d,
    'moved/x': f('x'),
  },
  ...{ file2link: f('1'), link2file: l('edit'), h1: f('h'), h2: h('h1'), h3: h('h1'), L1: l('L2'), L2: l('edit') },
}
const PLAIN_NEW: TreeSpec = {
  ...{ edit: f('new'), added: f('added'), dir: d, 'dir/a': f('a2'), 'dir/b': f('b'), target: d, 'target/x': f('x') },
  ...{ file2link: l('edit'), link2file: f('2'), h1: f('h2'), h2: h('h1'), h3: f('3'), L1: l('added'), L2: l('L1') },
}
const GROUPS = [{ name: 'g', globs: ['edit', 'added', 'gone', 'L*', 'h?'] }]

const cases: readonly (readonly [name: string, old: TreeSpec, wanted: TreeSpec, file: MemoryOptions])[] = [
  ['every kind of step', OLD, NEW, {}],
  ['no refusal', OLD, NEW, { noReplace: false }],
  ['no exchange', PLAIN_OLD, PLAIN_NEW, { exchange: false }],
  ['neither', PLAIN_OLD, PLAIN_NEW, { exchange: false, noReplace: false }],
]

function prepare(old: TreeSpec, wanted: TreeSpec, file: MemoryOptions): Model {
  const [before, next] = [manifestOfSpec(old), manifestOfSpec(wanted, GROUPS)]
  const [edited, unmanaged] = [
    ['dir/a', 'gone', 'h2'],
    ['dir/mine', 'moved/mine', 'mine'],
  ]
  const rules = { local: () => 'overwrite' as const, isProtected: () => false }
  return prepareModel({
    ...{ old: before, next, file, rules },
    ...{ edited: edited.map(parseTreePath), unmanaged: unmanaged.map(parseTreePath) },
  })
}

/** The model before and after, and everything that happened between. */
async function committed(old: TreeSpec, wanted: TreeSpec, file: MemoryOptions) {
  const model = prepare(old, wanted, file)
  const base = model.tree.clone()
  const events = await checkedCommit(model)
  return { model, base, events, ended: events.findLastIndex((e) => 'journal' in e) }
}

const LOSSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

describe.each(cases)('%s', (_name, old, wanted, file) => {
  test('COMMIT-1 COMMIT-5 a crash after every operation leaves the old or the new tree', async () => {
    const { model, base, events, ended } = await committed(old, wanted, file)
    expect(events.length).toBeGreaterThan(30)
    for (let index = 0; index <= events.length; index++) {
      await expectRecovers(model, base, crash(base, events, { index, loss: undefined }), index > ended)
    }
  })

  test('COMMIT-25 a power cut after every operation, with any part of what was not synced, leaves the old or the new tree', async () => {
    const { model, base, events, ended } = await committed(old, wanted, file)
    for (let index = 0; index <= events.length; index++) {
      for (const loss of LOSSES) {
        await expectRecovers(model, base, crash(base, events, { index, loss: loss * 7919 + index }), index > ended)
      }
    }
  })

  test('COMMIT-5 COMMIT-25 a power cut after every operation of the recovery from any other is recovered from', async () => {
    const { model, base, events } = await committed(old, wanted, file)
    const [begun, ended] = [events.findIndex((e) => 'journal' in e), events.findLastIndex((e) => 'journal' in e)]
    for (let index = begun + 1; index <= ended; index++) {
      const first = crash(base, events, { index, loss: index % 3 === 0 ? undefined : index })
      const start = first.fs.clone()
      for (const again of await recoveries(model, start, first)) {
        await expectRecovers(model, base, again, false)
      }
    }
  })

  test('COMMIT-6 a step that fails undoes those before it; no path of both releases is absent meanwhile', async () => {
    const { model: undisturbed } = await committed(old, wanted, file)
    const steps = undisturbed.intent.steps.length
    expect(steps).toBeGreaterThan(10)
    for (let at = 1; at <= steps; at++) await failAt(prepare(old, wanted, file), at)
  })
})

/** What a power cut after each operation of a recovery leaves. */
async function recoveries(model: Model, start: MemoryTree, { journal: value }: Crashed): Promise<readonly Crashed[]> {
  const fs = start.clone()
  fs.newStamps = model.tree.newStamps
  const events: Event[] = [{ journal: value }]
  fs.after = (operation) => events.push({ operation })
  const journal = modelJournal(value, () => undefined)
  const intent = await journal.pending(MODEL_CHANNEL)
  if (intent === undefined) throw new Error('nothing is pending')
  await rollForward({ root: fs, journal, now: () => 0 }, intent, model.next)
  return events.map((_, i) => crash(start, events, { index: i + 1, loss: i % 2 === 0 ? i : undefined }))
}

/** One commit whose n-th visible step fails. */
async function failAt(model: Model, at: number): Promise<void> {
  const { tree, intent, next, observed, plan } = model
  const base = tree.clone()
  const before = liveWords(base)
  const wanted = new Map(next.entries.map((e) => [e.path, e]))
  const both = [...before.keys()].filter((path) => wanted.has(path))
  const staged = new Set(intent.steps.map(({ aside }) => aside))
  let steps = 0
  tree.before = ([call, from = '', to = '']) => {
    const isStep =
      (call === 'rename' || call === 'link') && (staged.has(parseTreePath(from)) || staged.has(parseTreePath(to)))
    if (isStep && ++steps === at) throw new Error('no')
  }
  tree.after = (operation) => {
    for (const path of both)
      if (tree.find(path) === undefined) expect.fail(`${path} is absent after ${operation.join(' ')}`)
  }
  const journal = modelJournal(undefined, () => undefined)
  const committing = commitInPlace({ root: tree, journal, now: () => 0 }, intent, next, observed, plan.weaker)
  await expect(committing).rejects.toThrow('no')
  expect(liveWords(tree), `failed at step ${at}`).toEqual(before)
  expectNothingLost(model, base, tree)
  expect(await journal.pending(MODEL_CHANNEL)).toBeUndefined()
}
