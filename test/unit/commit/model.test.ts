import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rollForward } from '../../../node-agent/commit/index.ts'
import { INSIDE } from '../../../node-agent/stage/index.ts'
import {
  compileGlobs,
  isShoalError,
  joinPath,
  type Manifest,
  parseTreePath,
  ROOT_PATH,
  type TreePath,
} from '../../../protocol/index.ts'
import { type MemoryTree, stampOf } from '../../support/memory-tree.ts'
import {
  commitModel,
  type Event,
  manifestOfSpec,
  type Model,
  MODEL_CHANNEL,
  modelJournal,
  prepareModel,
} from '../../support/model-commit.ts'
import { treeArbitrary } from '../../support/random-trees.ts'
import { someOrderHolds } from './orders.ts'

const tree = treeArbitrary()
const globs = fc.uniqueArray(fc.constantFrom('a', 'a/**', 'b/**', 'c/x', '*', 'e', 'd', '**/x'), {
  minLength: 1,
  maxLength: 2,
})
const groups = fc.array(globs, { maxLength: 2 }).map((all) => all.map((g, i) => ({ name: `g${i}`, globs: g })))
const host = fc.record({
  edited: fc.subarray(['a', 'b', 'c/x', 'a/x', 'e'].map(parseTreePath), { maxLength: 2 }),
  unmanaged: fc.subarray(['own', 'a/own', 'c/own', 'a/x/own', 'd'].map(parseTreePath), { maxLength: 2 }),
  policy: fc.constantFrom('overwrite' as const, 'overwrite' as const, 'keep' as const),
  protect: fc.constantFrom<TreePath | undefined>(undefined, undefined, parseTreePath('b'), parseTreePath('c/x')),
  file: fc.constantFrom({}, {}, {}, { exchange: false }, { exchange: false, noReplace: false }),
})
const run = fc.record({ old: tree, wanted: tree, groups, host, crash: fc.nat(), loss: fc.nat() })
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never

/** Names of the live tree with what stands there; Shoal's area left out. */
function liveView(model: MemoryTree): ReadonlyMap<TreePath, string> {
  const view = new Map<TreePath, string>()
  const walk = (path: TreePath): void => {
    const inode = model.find(path)
    if (inode === undefined || path === INSIDE.top) return
    view.set(path, `${inode.kind} ${inode.stamp}`)
    for (const name of inode.children.keys()) walk(joinPath(path, name))
  }
  walk(ROOT_PATH)
  return view
}

/** Where following a path ends in the model; undefined when it dangles or leaves the tree. An implementation of its own. */
function follow(model: MemoryTree, path: string): string | undefined {
  let [at, rest, links]: [string[], string[], number] = [[], path.split('/'), 0]
  while (rest.length > 0) {
    const [name = '', ...after] = rest
    rest = after
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at.length === 0) return undefined
      at = at.slice(0, -1)
      continue
    }
    const inode = model.find([...at, name].join('/') as TreePath)
    if (inode === undefined || (inode.kind === 'file' && rest.length > 0)) return undefined
    if (inode.kind !== 'symlink') at = [...at, name]
    else if (++links > 40 || inode.text.startsWith('/')) return undefined
    else rest = [...inode.text.split('/'), ...rest]
  }
  return at.join('/')
}

interface Watched {
  /** Paths that stand before and after, with what may stand there. */
  readonly both: ReadonlyMap<TreePath, ReadonlySet<string>>
  /** Links and paths through them that resolve before and after. */
  readonly links: readonly TreePath[]
}

function watchOf({ tree: model, next }: Model, left: ReadonlySet<TreePath>): Watched {
  const after = new Map(next.entries.map((e) => [e.path, e]))
  const both = new Map<TreePath, ReadonlySet<string>>()
  const wanted = prepareModel({ old: next, next, edited: [], unmanaged: [], file: {}, rules: NO_RULES }).tree
  const links: TreePath[] = []
  for (const [path, now] of liveView(model)) {
    const entry = after.get(path)
    if (entry === undefined || left.has(path)) continue
    const inode = wanted.find(path)
    both.set(path, new Set([now, `${String(inode?.kind)} ${String(inode?.stamp)}`]))
    const isLink = model.find(path)?.kind === 'symlink' || inode?.kind === 'symlink'
    if (isLink && follow(model, path) !== undefined && follow(wanted, path) !== undefined) links.push(path)
  }
  return { both, links }
}

const NO_RULES = { local: () => 'overwrite' as const, isProtected: () => false }

const inputOf = ({ old, wanted, groups: declared, host: { edited, unmanaged, policy, protect, file } }: Run) => ({
  old: manifestOfSpec(old),
  next: manifestOfSpec(wanted, declared),
  edited,
  unmanaged,
  file,
  rules: { local: () => policy, isProtected: (path: TreePath) => path === protect },
})

/** The model; undefined when the planner refuses, as it must for what it cannot do without harm. */
function prepare(input: ReturnType<typeof inputOf>): Model | undefined {
  try {
    return prepareModel(input)
  } catch (err) {
    if (isShoalError(err, 'TARGET_CONFLICT') || isShoalError(err, 'KERNEL_UNSUPPORTED')) return undefined
    throw err
  }
}

/** Content that is somewhere under the live tree, or kept. */
const survives = (model: MemoryTree, id: bigint): boolean => {
  const search = (path: TreePath): boolean => {
    const inode = model.find(path)
    if (inode === undefined) return false
    if (inode.id === id) return true
    if (path === INSIDE.staging || path === INSIDE.retained) return false
    return [...inode.children.keys()].some((name) => search(joinPath(path, name)))
  }
  return search(ROOT_PATH)
}

function expectNew(
  model: MemoryTree,
  next: Manifest,
  before: ReadonlyMap<TreePath, string>,
  left: ReadonlySet<TreePath>,
): void {
  const view = liveView(model)
  for (const entry of next.entries) {
    if (left.has(entry.path)) continue
    if (entry.kind !== 'hardlink') expect(view.get(entry.path)).toBe(`${entry.kind} ${stampOf(entry)}`)
    else if (!left.has(entry.target)) expect(model.find(entry.path)?.id).toBe(model.find(entry.target)?.id)
  }
  for (const path of left) expect(view.get(path)).toBe(before.get(path))
}

async function checkedRun(input: Run, model: Model): Promise<readonly Event[]> {
  const { tree: fs, plan, next } = model
  const left = new Set(plan.left.map(({ path }) => path))
  const { both, links } = watchOf(model, left)
  const before = liveView(fs)
  const inodes = fs.inodes()
  const own = [...inodes.values()].filter(({ stamp }) => model.localStamps.has(stamp))
  const dangling = new Set<TreePath>()
  const events: Event[] = []
  fs.after = (operation) => {
    events.push({ operation })
    // I1, I2, I4
    for (const [path, allowed] of both) {
      const inode = fs.find(path)
      if (inode === undefined) expect.fail(`${path} is absent after ${operation.join(' ')}`)
      const stands = `${inode.kind} ${inode.stamp}`
      if (!allowed.has(stands)) expect.fail(`${path} is neither old nor new after ${operation.join(' ')}: ${stands}`)
    }
    // I3
    for (const link of links) if (follow(fs, link) === undefined) dangling.add(link)
    // I5
    const now = fs.inodes()
    for (const id of inodes.keys()) if (!now.has(id)) expect.fail(`an inode was lost by ${operation.join(' ')}`)
  }
  const journal = modelJournal(undefined, (value) => events.push({ journal: value }))
  await commitModel(model, journal)
  if (dangling.size > 0 && input.host.edited.length === 0 && left.size === 0) {
    expect(someOrderHolds(input.old, input.wanted), `dangling: ${[...dangling].join(', ')}`).toBe(false)
  }
  expectNew(fs, next, before, left)
  // I7
  for (const inode of own) expect(survives(fs, inode.id), `${inode.stamp} was lost`).toBe(true)
  // I8
  const tags = plan.ops.map((op) => op.group)
  for (const { globs: declared } of next.header.settings.consistencyGroups) {
    const members = plan.ops.filter((op) => compileGlobs(declared)(op.path)).map((op) => op.group)
    expect(new Set(members).size).toBeLessThanOrEqual(1)
    expect(members).not.toContain(undefined)
  }
  for (const group of new Set(tags)) {
    if (group === undefined || plan.weaker.some((words) => words.includes(group))) continue
    expect(tags.lastIndexOf(group) - tags.indexOf(group) + 1).toBe(tags.filter((tag) => tag === group).length)
  }
  return events
}

/** A crash after `index` events: what was synced is there, and of what came since, `pick` of it in some order. */
function afterCrash(base: MemoryTree, events: readonly Event[], index: number, pick: number, lose: boolean) {
  const seen = events.slice(0, index)
  const synced = lose ? seen.findLastIndex((e) => 'operation' in e && e.operation[0] === 'sync') + 1 : seen.length
  let journal: Uint8Array | undefined
  const fs = base.clone()
  const volatile: Event[] = []
  for (const [i, event] of seen.entries()) {
    if ('journal' in event) ({ journal } = event)
    else if (i < synced) fs.replay(event.operation)
    else volatile.push(event)
  }
  let random = pick
  const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31)
  const order = volatile.map((event) => ({ event, rank: next() })).toSorted((a, b) => a.rank - b.rank)
  for (const { event } of order) if (next() % 3 > 0 && 'operation' in event) fs.replay(event.operation)
  return { fs, journal }
}

async function recoverAndCheck(
  model: Model,
  base: MemoryTree,
  crashed: ReturnType<typeof afterCrash>,
  ended: boolean,
): Promise<void> {
  const { fs, journal: value } = crashed
  fs.directoryStamps = model.tree.directoryStamps
  const before = liveView(base)
  const left = new Set(model.plan.left.map(({ path }) => path))
  const journal = modelJournal(value, () => undefined)
  const intent = await journal.pending(MODEL_CHANNEL)
  if (intent !== undefined) {
    await rollForward({ root: fs, journal, now: () => 0 }, intent, model.next)
    expectNew(fs, model.next, before, left)
  } else if (ended) expectNew(fs, model.next, before, left)
  else expect(liveView(fs)).toEqual(before)
  // I5: the older release is still there, all of it.
  const now = fs.inodes()
  for (const { id, kind } of base.inodes().values()) if (kind !== 'directory') expect(now.has(id)).toBe(true)
}

test(
  'COMMIT-3 COMMIT-4 COMMIT-5 COMMIT-11 COMMIT-21 10,000 random pairs of trees hold every invariant after every operation, crash and power loss',
  { timeout: 600_000 },
  async () => {
    let [commits, refused, weaker] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(run, async (input) => {
        const given = inputOf(input)
        const model = prepare(given)
        if (model === undefined) {
          refused++
          return
        }
        const base = model.tree.clone()
        const events = await checkedRun(input, model)
        commits++
        if (model.plan.weaker.length > 0) weaker++
        const begun = events.findIndex((e) => 'journal' in e)
        const ended = events.findLastIndex((e) => 'journal' in e)
        const at = [begun + 1 + (input.crash % (ended - begun)), input.loss % (events.length + 1)]
        for (const [i, index] of at.entries()) {
          const crashed = afterCrash(base, events, index, input.crash + input.loss, i === 1)
          await recoverAndCheck(model, base, crashed, index > ended)
        }
      }),
      { seed: 20_261, numRuns: Number(process.env['SHOAL_TEST_RUNS'] ?? 18_000) },
    )
    console.log(`${commits} commits, ${refused} refused, ${weaker} with a weaker guarantee`)
    if (process.env['SHOAL_TEST_RUNS'] === undefined) expect(commits).toBeGreaterThan(10_000)
  },
)
