import { expect } from 'vitest'
import { INSIDE } from '../../../node-agent/stage/index.ts'
import { compileGlobs, joinPath, type Manifest, ROOT_PATH, type TreePath } from '../../../protocol/index.ts'
import { stampOf } from '../../support/memory-grow.ts'
import { AREA, type Inode, type MemoryTree, type Operation } from '../../support/memory-tree.ts'
import { commitModel, type Event, type Model, modelJournal } from '../../support/model-commit.ts'
import { follow, linksOf, liveViewOf, someOrderHolds, viewOf } from './orders.ts'

/** Paths of the live tree with what stands there; Shoal's area left out. */
export function liveNames(model: MemoryTree): ReadonlyMap<TreePath, Inode> {
  const names = new Map<TreePath, Inode>()
  const walk = (path: TreePath): void => {
    const inode = model.find(path)
    if (inode === undefined || path === INSIDE.top) return
    names.set(path, inode)
    for (const name of inode.children.keys()) walk(joinPath(path, name))
  }
  walk(ROOT_PATH)
  return names
}

const inWords = ({ kind, stamp }: Inode): string => `${kind} ${stamp}`

/** Paths of the live tree with kind, content and metadata of what stands there, in words. */
export const liveWords = (model: MemoryTree): ReadonlyMap<TreePath, string> =>
  new Map([...liveNames(model)].map(([path, inode]) => [path, inWords(inode)]))

/** The tree is the new release, and this host's own where it keeps that. */
export function expectNew({ next, plan }: Model, model: MemoryTree, before: ReadonlyMap<TreePath, string>): void {
  const left = new Set(plan.left.map(({ path }) => path))
  const now = liveWords(model)
  for (const entry of next.entries) {
    if (left.has(entry.path)) continue
    if (entry.kind !== 'hardlink') expect(now.get(entry.path), entry.path).toBe(`${entry.kind} ${stampOf(entry)}`)
    else if (!left.has(entry.target)) expect(model.find(entry.path)?.id).toBe(model.find(entry.target)?.id)
  }
  for (const path of left) expect(now.get(path), path).toBe(before.get(path))
}

/** Ids of the inodes that are in the live tree or kept for good: neither staging nor what is retained for a while counts. */
function lasting(model: MemoryTree): ReadonlySet<bigint> {
  const found = new Set<bigint>()
  const walk = (path: TreePath): void => {
    const inode = model.find(path)
    if (inode === undefined || path === INSIDE.staging || path === INSIDE.retained) return
    found.add(inode.id)
    for (const name of inode.children.keys()) walk(joinPath(path, name))
  }
  walk(ROOT_PATH)
  return found
}

/** I5: all of the old tree is somewhere; I7: what is this host's own is where it lasts. */
export function expectNothingLost({ localStamps }: Model, base: MemoryTree, model: MemoryTree): void {
  const [now, last] = [model.inodes(), lasting(model)]
  for (const { id, kind, stamp } of base.inodes().values()) {
    if (kind === 'directory') continue
    if (!now.has(id)) expect.fail(`${stamp} was lost`)
    if (localStamps.has(stamp) && !last.has(id)) expect.fail(`${stamp} does not last`)
  }
}

/** What stands at each path of both trees before and after; nothing else may, at any time. */
function watchPaths(base: MemoryTree, after: MemoryTree, { entries }: Manifest) {
  const [names, then] = [liveNames(base), liveNames(after)]
  const both: (readonly [path: TreePath, before: string, after: string])[] = []
  for (const { path } of entries) {
    const [a, b] = [names.get(path), then.get(path)]
    if (a !== undefined && b !== undefined) both.push([path, inWords(a), inWords(b)])
  }
  return both
}

/** One commit, run for its end alone. */
async function endOf(model: Model): Promise<MemoryTree> {
  const tree = model.tree.clone()
  tree.newStamps = model.tree.newStamps
  await commitModel(
    { ...model, tree },
    modelJournal(undefined, () => undefined),
  )
  return tree
}

/**
 * Runs the commit and checks I1 to I5, I7 and I8 after every operation; where links cannot all hold, that no order at all would do better, and that the
 * plan says so. @returns what happened
 */
export async function checkedCommit(model: Model): Promise<readonly Event[]> {
  const { tree, plan, next } = model
  const [base, end] = [tree.clone(), await endOf(model)]
  const both = watchPaths(base, end, next)
  const [before, after] = [viewOf(base), viewOf(end)]
  const links = linksOf(
    both.map(([path]) => path),
    before,
    after,
    tree.path,
  )
  const inodes = [...base.inodes().values()].filter(({ stamp }) => stamp !== AREA)
  const [dangling, astray] = [new Set<string>(), new Set<string>()]
  const events: Event[] = []
  const view = liveViewOf(tree)
  tree.after = (operation) => {
    events.push({ operation })
    checkPaths(tree, both, operation)
    for (const { path, ends } of links) {
      const now = follow(view, path, tree.path)
      if (now === undefined) dangling.add(path)
      else if (!ends.includes(now)) astray.add(path)
    }
    const now = tree.inodes()
    for (const { id } of inodes) if (!now.has(id)) expect.fail(`an inode was lost by ${operation.join(' ')}`)
  }
  const report = await commitModel(
    model,
    modelJournal(undefined, (value) => events.push({ journal: value })),
  )
  tree.after = () => undefined
  const changes = plan.ops.filter(({ op }) => op === 'exchange' || op === 'replace').map(({ path }) => path)
  const search = { before, after, root: tree.path, changes, links }
  if (dangling.size > 0) {
    expect(someOrderHolds(search, false), `dangling: ${[...dangling].join(', ')}`).toBe(false)
  } else if (astray.size > 0) {
    expect(someOrderHolds(search, true), `astray: ${[...astray].join(', ')}`).toBe(false)
  }
  expect(plan.weaker.some((words) => words.includes('nowhere'))).toBe(dangling.size > 0)
  if (dangling.size === 0) expect(plan.weaker.some((words) => words.includes('elsewhere'))).toBe(astray.size > 0)
  expect(report.weaker).toEqual(plan.weaker)
  expectGroups(model)
  return events
}

function checkPaths(tree: MemoryTree, both: ReturnType<typeof watchPaths>, operation: Operation): void {
  for (const [path, before, after] of both) {
    const inode = tree.find(path)
    if (inode === undefined) expect.fail(`${path} is absent after ${operation.join(' ')}`)
    const stands = inWords(inode)
    if (stands !== before && stands !== after) {
      expect.fail(`${path} is neither old nor new after ${operation.join(' ')}: ${stands}`)
    }
  }
}

/** I8: the steps of a group are adjacent, or the plan says that they are not. */
function expectGroups({ plan, next }: Model): void {
  const tags = plan.ops.map((op) => op.group)
  for (const { globs } of next.header.settings.consistencyGroups) {
    const members = plan.ops.filter((op) => compileGlobs(globs)(op.path)).map((op) => op.group)
    expect(new Set(members).size).toBeLessThanOrEqual(1)
    expect(members).not.toContain(undefined)
  }
  for (const group of new Set(tags)) {
    if (group === undefined) continue
    const adjacent = tags.lastIndexOf(group) - tags.indexOf(group) + 1 === tags.filter((tag) => tag === group).length
    const said = plan.weaker.some((words) => words.includes('consistency group') && words.includes(group))
    if (said === adjacent) expect.fail(`group ${group} is ${adjacent ? '' : 'not '}adjacent: ${plan.weaker.join(', ')}`)
  }
}
