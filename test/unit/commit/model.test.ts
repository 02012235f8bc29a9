import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Entry, isShoalError, type Manifest, parseTreePath, type TreePath } from '../../../protocol/index.ts'
import { manifestOfSpec, type Model, type ModelInit, prepareModel } from '../../support/model-commit.ts'
import { treeArbitrary } from '../../support/random-trees.ts'
import { checkedCommit, expectNew, expectNothingLost, liveWords } from './invariants.ts'
import { crash, expectRecovers } from './power-loss.ts'

const some = (paths: readonly string[]): fc.Arbitrary<readonly TreePath[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray(paths.map(parseTreePath), { maxLength: 2 }))

// The model's root is /r: links by that path lead back into the tree.
const tree = treeArbitrary(['/r/a', '/r/b/x', '/r', '/r/../b', '/root/a'])
const globs = fc.uniqueArray(fc.constantFrom('a', 'a/**', 'b/**', 'c/x', '*', 'e', 'd', '**/x', 'wide/*'), {
  minLength: 1,
  maxLength: 2,
})
const groups = fc.array(globs, { maxLength: 2 }).map((all) => all.map((g, i) => ({ name: `g${i}`, globs: g })))
const host = fc.record({
  edited: some(['a', 'b', 'c/x', 'a/x', 'e', 'wide/f1']),
  deleted: some(['a', 'd', 'c/x', 'b', 'wide/f2']),
  unmanaged: some(['own', 'a/own', 'c/own', 'a/x/own', 'd', 'wide/own']),
  policy: fc.constantFrom('overwrite' as const, 'overwrite' as const, 'keep' as const),
  protect: fc.constantFrom<TreePath | undefined>(undefined, undefined, parseTreePath('b'), parseTreePath('c/x')),
  file: fc.constantFrom(
    ...[{}, {}, {}, {}, { exchange: false }, { noReplace: false }, { exchange: false, noReplace: false }],
    { noReplace: false, hardlinks: false },
  ),
})
/** What the next release has at another time. */
const touched = some(['a', 'b', 'c/x', 'e', 'a/x', 'wide/f1', 'a/y', 'd'])
const run = fc.record({ old: tree, wanted: tree, touched, groups, host, crash: fc.nat(), loss: fc.nat() })
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never

const touch = (entry: Entry): Entry => (entry.kind === 'hardlink' ? entry : { ...entry, mtimeSec: entry.mtimeSec + 1 })

const touchAll = ({ header, entries }: Manifest, late: ReadonlySet<TreePath>): Manifest => ({
  header,
  entries: entries.map((entry) => (late.has(entry.path) ? touch(entry) : entry)),
})

const inputOf = ({
  old,
  wanted,
  touched: late,
  groups: declared,
  host: { policy, protect, ...rest },
}: Run): ModelInit => ({
  old: manifestOfSpec(old),
  next: touchAll(manifestOfSpec(wanted, declared), new Set(late)),
  ...rest,
  rules: { local: () => policy, isProtected: (path) => path === protect },
})

/** The model; undefined when the planner refuses, as it may only where the host has something of its own, or the file system lacks a call. */
function prepare(input: ModelInit): Model | undefined {
  try {
    return prepareModel(input)
  } catch (err) {
    const { old, next, edited, deleted = [], unmanaged, file, rules } = input
    const isOwn = edited.length + deleted.length + unmanaged.length > 0
    const isProtected = [...old.entries, ...next.entries].some(({ path }) => rules.isProtected(path))
    if (isShoalError(err, 'TARGET_CONFLICT') && (isOwn || isProtected)) return undefined
    if (isShoalError(err, 'KERNEL_UNSUPPORTED') && file.exchange === false) return undefined
    throw err
  }
}

test(
  'COMMIT-3 COMMIT-4 COMMIT-5 COMMIT-11 COMMIT-20 COMMIT-21 COMMIT-25 random pairs of trees hold every invariant after every operation, crash and power loss',
  { timeout: 600_000 },
  async () => {
    let [commits, refused, weaker] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(run, async (input) => {
        const model = prepare(inputOf(input))
        if (model === undefined) {
          refused++
          return
        }
        const base = model.tree.clone()
        const events = await checkedCommit(model)
        expectNew(model, model.tree, liveWords(base))
        expectNothingLost(model, base, model.tree)
        commits++
        if (model.plan.weaker.length > 0) weaker++
        const [begun, ended] = [events.findIndex((e) => 'journal' in e), events.findLastIndex((e) => 'journal' in e)]
        const crashes = [
          { index: begun + 1 + (input.crash % (ended - begun)), loss: undefined },
          { index: input.loss % (events.length + 1), loss: input.crash },
        ]
        for (const at of crashes) await expectRecovers(model, base, crash(base, events, at), at.index > ended)
      }),
      {
        seed: Number(process.env['SHOAL_TEST_SEED'] ?? 20_261),
        numRuns: Number(process.env['SHOAL_TEST_RUNS'] ?? 13_500),
      },
    )
    if (process.env['SHOAL_TEST_RUNS'] !== undefined)
      console.log(`${commits} commits, ${refused} refused, ${weaker} weaker`)
    else expect(commits).toBeGreaterThan(10_000)
  },
)
