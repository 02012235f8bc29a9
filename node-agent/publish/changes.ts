import {
  compileGlobs,
  type Entry,
  type Manifest,
  ROOT_PATH,
  sameEntry,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'

/** What a release would change against an older one. */
export interface TreeChanges {
  readonly added: readonly TreePath[]
  readonly changed: readonly TreePath[]
  readonly removed: readonly TreePath[]
  /** Consistency groups, and how many paths of the release are in each. */
  readonly groups: readonly { readonly name: string; readonly paths: number }[]
  /** Paths among the three lists that running programs read once. */
  readonly watched: readonly TreePath[]
}

/** A path that differs: one of the two is there at least. */
export interface EntryChange {
  readonly path: TreePath
  readonly before: Entry | undefined
  readonly after: Entry | undefined
}

/** Compares two releases. `previous` undefined: everything is new. The time of a directory is no change: it follows from what is in it. Pure, in steps. */
export function* compareReleases(previous: Manifest | undefined, next: Manifest): Steps<TreeChanges> {
  const changes = yield* compareEntries(previous?.entries ?? [], next.entries)
  const pathsOf = (is: (change: EntryChange) => boolean): readonly TreePath[] =>
    changes.filter(is).map(({ path }) => path)
  const added = pathsOf(({ before }) => before === undefined)
  const removed = pathsOf(({ after }) => after === undefined)
  const changed = pathsOf(({ before, after }) => before !== undefined && after !== undefined)
  const { consistencyGroups, watch } = next.header.settings
  const groups: { name: string; paths: number }[] = []
  for (const { name, globs } of consistencyGroups) {
    const isIn = compileGlobs(globs)
    groups.push({ name, paths: (yield* filter(next.entries, ({ path }) => path !== ROOT_PATH && isIn(path))).length })
  }
  const watched = yield* filter([...added, ...changed, ...removed], compileGlobs(watch))
  return { added, changed, removed, groups, watched }
}

function* filter<T>(list: readonly T[], is: (one: T) => boolean): Steps<readonly T[]> {
  const found: T[] = []
  for (const [i, one] of list.entries()) {
    if (is(one)) found.push(one)
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return found
}

/** Where two lists in path order differ, in path order; the root too. Pure, in steps. */
export function* compareEntries(before: readonly Entry[], after: readonly Entry[]): Steps<readonly EntryChange[]> {
  const changes: EntryChange[] = []
  for (let i = 0, k = 0, n = 1; i < before.length || k < after.length; n++) {
    const [old, entry] = [before[i], after[k]]
    const isGone = old !== undefined && (entry === undefined || old.path < entry.path)
    const isNew = entry !== undefined && (old === undefined || entry.path < old.path)
    if (isGone) changes.push({ path: old.path, before: old, after: undefined })
    else if (isNew) changes.push({ path: entry.path, before: undefined, after: entry })
    else if (old !== undefined && entry !== undefined && !isSame(old, entry))
      changes.push({ path: entry.path, before: old, after: entry })
    if (!isNew) i++
    if (!isGone) k++
    if (n % STEP_ITEMS === 0) yield
  }
  return changes
}

/** Equal but for a directory's time. */
export const isSame = (a: Entry, b: Entry): boolean =>
  a.kind === 'directory' && b.kind === 'directory'
    ? sameEntry({ ...a, ...NO_TIME }, { ...b, ...NO_TIME })
    : sameEntry(a, b)

const NO_TIME = { mtimeSec: 0, mtimeNs: 0 } as const
