import {
  compileGlobs,
  type Entry,
  type Manifest,
  ROOT_PATH,
  runSteps,
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

/** Compares two releases. `previous` undefined: everything is new. The time of a directory is no change: it follows from what is in it. Pure. */
export function compareReleases(previous: Manifest | undefined, next: Manifest): TreeChanges {
  const changes = runSteps(compareEntries(previous?.entries ?? [], next.entries))
  const pathsOf = (is: (change: EntryChange) => boolean): readonly TreePath[] =>
    changes.filter(is).map(({ path }) => path)
  const added = pathsOf(({ before }) => before === undefined)
  const removed = pathsOf(({ after }) => after === undefined)
  const changed = pathsOf(({ before, after }) => before !== undefined && after !== undefined)
  const { consistencyGroups, watch } = next.header.settings
  const groups = consistencyGroups.map(({ name, globs }) => {
    const matches = compileGlobs(globs)
    return { name, paths: next.entries.filter(({ path }) => path !== ROOT_PATH && matches(path)).length }
  })
  const watched = [...added, ...changed, ...removed].filter(compileGlobs(watch))
  return { added, changed, removed, groups, watched }
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
