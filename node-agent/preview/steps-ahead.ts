import {
  type Entry,
  findEntry,
  type Manifest,
  parentPath,
  ROOT_PATH,
  sameEntry,
  type TreePath,
} from '../../protocol/index.ts'
import { type ObservedPath, planCommit } from '../plan/commit-plan.ts'
import type { Difference } from '../publish/diff.ts'

/**
 * Visible steps of an in-place commit from the head, on a host whose tree is exactly the head: the real planner, over what changes and the directories above
 * it. Pure; a mere count where there is no head, or far too much changes.
 */
export function stepsAhead(previous: Manifest | undefined, next: Manifest, { rows }: Difference): number {
  if (previous === undefined || rows.length > MOST_PLANNED) return roughSteps(rows)
  const touched = new Set<TreePath>([ROOT_PATH])
  for (const { path, from } of rows)
    for (const one of from === null ? [path] : [path, from]) addWithParents(touched, one)
  // A hardlink's file is looked at even when it stays as it is.
  for (const path of [...touched]) {
    const entry = findEntry(next.entries, path)
    if (entry?.kind === 'hardlink') addWithParents(touched, entry.target)
  }
  const paths = [...touched].toSorted()
  const part = ({ header, entries }: Manifest): Manifest => ({
    header,
    entries: paths.flatMap((path) => findEntry(entries, path) ?? []),
  })
  const before = part(previous)
  const observed = new Map<TreePath, ObservedPath>()
  for (const entry of before.entries) observed.set(entry.path, observedAs(entry, findEntry(next.entries, entry.path)))
  return planCommit({
    ...{ root: '/', next: part(next), previous: before, observed },
    beside: new Map(),
    holdsUnmanaged: new Set(),
    holdsEdited: new Set(),
    capabilities: { exchange: true, noReplace: true, hardlinks: true },
    local: () => 'overwrite',
    isProtected: () => false,
  }).ops.length
}

/** More changes than these are counted and not planned: planning them takes long at once. */
const MOST_PLANNED = 3_000

/** One step for each path that does not come or go with a directory above it. */
function roughSteps(rows: Difference['rows']): number {
  const whole = new Set(
    rows.flatMap(({ what, kind, path }) => (kind === 'directory' && what !== 'changed' ? [path] : [])),
  )
  return rows.filter(({ path }) => !whole.has(parentPath(path))).length
}

function addWithParents(paths: Set<TreePath>, path: TreePath): void {
  for (let at = path; !paths.has(at); at = parentPath(at)) paths.add(at)
}

/** What the head put somewhere, beside what is wanted there. */
function observedAs(entry: Entry, wanted: Entry | undefined): ObservedPath {
  const isEqual = wanted !== undefined && sameEntry(entry, wanted)
  const timed = withTimeOf(entry, wanted)
  const isSameButTime = wanted !== undefined && timed !== undefined && sameEntry(timed, wanted)
  const mode = entry.kind === 'file' && wanted?.kind === 'file' ? { ...entry, mode: wanted.mode } : undefined
  const isSameButMode = wanted !== undefined && mode !== undefined && sameEntry(mode, wanted)
  return {
    kind: entry.kind,
    equalsNext: isEqual || (entry.kind === 'directory' && isSameButTime),
    equalsPrevious: true,
    timesEqualNext: isEqual,
    onlyDiffers: entry.kind === 'directory' ? undefined : isSameButTime ? 'time' : isSameButMode ? 'mode' : undefined,
    linkText: entry.kind === 'symlink' ? entry.target : undefined,
  }
}

function withTimeOf(entry: Entry, wanted: Entry | undefined): Entry | undefined {
  if (entry.kind === 'hardlink' || wanted === undefined || wanted.kind === 'hardlink') return undefined
  return { ...entry, mtimeSec: wanted.mtimeSec, mtimeNs: wanted.mtimeNs }
}
