import { compileGlobs, type Entry, isBelow, type TreePath } from '../../protocol/index.ts'
import type { CommitInput, CommitOp } from './types.ts'

/** Names of which the name of joined groups is made: a status has no room for more. */
const MAX_NAMED = 4

/** Steps in the order in which they may be done, as far as kinds decide. */
export interface Stages {
  /** New names that are no symlinks. */
  readonly adds: readonly CommitOp[]
  /** New symlinks and what changes in place. */
  readonly changes: readonly CommitOp[]
  /** Links first. */
  readonly removals: readonly CommitOp[]
}

/** Steps of one consistency group, which are to be adjacent. */
export interface Group extends Stages {
  readonly name: string
}

export interface GroupedStages extends Stages {
  readonly groups: readonly Group[]
}

/**
 * Takes the steps of consistency groups out of the stages and tags them (I8). A step belongs to a group when its path, or one that comes or goes with it,
 * matches. Groups that share a step are one.
 */
export function groupsOf(stages: Stages, { next, previous }: CommitInput): GroupedStages {
  const declared = next.header.settings.consistencyGroups
  if (declared.length === 0) return { ...stages, groups: [] }
  const matchers = declared.map(({ name, globs }) => ({ name, matches: compileGlobs(globs) }))
  const touched = pathsBelow([...next.entries, ...(previous?.entries ?? [])], stages)
  const names = new Joined(declared.map(({ name }) => name))
  const nameOf = new Map<CommitOp, string>()
  for (const op of [...stages.adds, ...stages.changes, ...stages.removals]) {
    const paths = [op.path, ...(touched.get(op.path) ?? [])]
    const own = matchers.filter(({ matches }) => paths.some(matches)).map(({ name }) => name)
    const [first, ...others] = own
    if (first === undefined) continue
    for (const other of others) names.join(first, other)
    nameOf.set(op, first)
  }
  const groups = new Map<string, { adds: CommitOp[]; changes: CommitOp[]; removals: CommitOp[] }>()
  const takeOut = (stage: keyof Stages): CommitOp[] =>
    stages[stage].filter((op) => {
      const name = nameOf.get(op)
      if (name === undefined) return true
      const group = names.nameOf(name)
      const members = groups.get(group) ?? { adds: [], changes: [], removals: [] }
      groups.set(group, members)
      members[stage].push({ ...op, group })
      return false
    })
  const [adds, changes, removals] = [takeOut('adds'), takeOut('changes'), takeOut('removals')]
  return { adds, changes, removals, groups: [...groups].map(([name, members]) => ({ name, ...members })) }
}

/** Entries below the paths of steps: they come or go with them. */
function pathsBelow(entries: readonly Entry[], stages: Stages): ReadonlyMap<TreePath, readonly TreePath[]> {
  const below = new Map<TreePath, TreePath[]>(
    [...stages.adds, ...stages.changes, ...stages.removals].map(({ path }) => [path, []]),
  )
  for (const { path } of entries) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const top = path.slice(0, at) as TreePath
      if (isBelow(path, top)) below.get(top)?.push(path)
    }
  }
  return below
}

/** Names that stand for one another once joined; known by all of them, in the order declared. */
class Joined {
  readonly #order: readonly string[]
  readonly #parent = new Map<string, string>()

  constructor(names: readonly string[]) {
    this.#order = names
  }

  #top(name: string): string {
    const parent = this.#parent.get(name)
    return parent === undefined ? name : this.#top(parent)
  }

  join(a: string, b: string): void {
    const [x, y] = [this.#top(a), this.#top(b)]
    if (x !== y) this.#parent.set(y, x)
  }

  nameOf(name: string): string {
    const top = this.#top(name)
    const names = this.#order.filter((other) => this.#top(other) === top)
    const shown = names.slice(0, MAX_NAMED).join(' + ')
    return names.length > MAX_NAMED ? `${shown} + ${names.length - MAX_NAMED} more` : shown
  }
}
