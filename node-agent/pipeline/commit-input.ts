import { type Entry, joinPath, type Manifest, parentPath, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import type { CommitInput, ObservedPath } from '../plan/commit-plan.ts'
import { compareEntry, type ObservedTree } from '../scan/index.ts'
import { inodeKey } from '../settle/index.ts'
import { findBeside } from './beside.ts'

/** Every path of either release, with the entry of the first that has it. */
export function pathsOf(...manifests: readonly (Manifest | undefined)[]): ReadonlyMap<TreePath, Entry> {
  const paths = new Map<TreePath, Entry>()
  for (const manifest of manifests)
    for (const entry of manifest?.entries ?? []) if (!paths.has(entry.path)) paths.set(entry.path, entry)
  return paths
}

/** What the planners judge each observed path by, and the directories that hold edited files. */
export function judge(
  next: Manifest,
  previous: Manifest | undefined,
  observed: ObservedTree,
): { readonly judged: ReadonlyMap<TreePath, ObservedPath>; readonly holdsEdited: ReadonlySet<TreePath> } {
  const wanted = new Map(next.entries.map((e) => [e.path, e]))
  const before = new Map(previous?.entries.map((e) => [e.path, e]))
  const judged = new Map<TreePath, ObservedPath>()
  const holdsEdited = new Set<TreePath>()
  for (const [path, { entry, stat }] of observed) {
    const [nextEntry, previousEntry] = [wanted.get(path), before.get(path)]
    const equalsPrevious = previousEntry !== undefined && compareEntry(previousEntry, entry) === undefined
    if (!equalsPrevious && entry.kind !== 'directory') addAncestors(path, holdsEdited)
    judged.set(path, {
      kind: entry.kind,
      equalsNext: nextEntry !== undefined && compareEntry(nextEntry, entry) === undefined,
      equalsPrevious,
      onlyDiffers: stat.links === 1 && nextEntry !== undefined ? onlyDiffers(nextEntry, entry) : undefined,
      timesEqualNext: nextEntry !== undefined && sameTimes(nextEntry, entry),
      linkText: entry.kind === 'symlink' ? entry.target : undefined,
    })
  }
  return { judged, holdsEdited }
}

/** Turns what was observed into what the planner of in-place commits judges by. */
export function toCommitInput(
  root: TreeRoot,
  next: Manifest,
  previous: Manifest | undefined,
  observed: ObservedTree,
): Omit<CommitInput, 'capabilities' | 'local' | 'isProtected'> {
  const { judged, holdsEdited } = judge(next, previous, observed)
  const holdsUnmanaged = findUnmanaged(root, new Map(next.entries.map((e) => [e.path, e])), observed)
  const beside = findBeside(root, next, previous, judged)
  return { root: root.path, next, previous, observed: judged, beside, holdsUnmanaged, holdsEdited }
}

/** Inodes of some paths, by `inodeKey`. */
export const inodesOf = (observed: ObservedTree, paths: ReadonlySet<TreePath>): ReadonlyMap<string, TreePath> =>
  new Map(
    [...observed]
      .filter(([path]) => paths.has(path))
      .map(([path, { stat }]) => [inodeKey(stat.device, stat.inode), path]),
  )

const sameTimes = (a: Entry, b: Entry): boolean =>
  a.kind !== 'hardlink' && b.kind !== 'hardlink' && a.mtimeSec === b.mtimeSec && a.mtimeNs === b.mtimeNs

/** Setuid, setgid and sticky: whose change is never taken lightly. */
const SPECIAL_BITS = 0o7000

/** The one thing that differs and that one call sets; undefined when it is another, or more than one. */
function onlyDiffers(wanted: Entry, found: Entry): ObservedPath['onlyDiffers'] {
  if (wanted.kind === 'hardlink' || wanted.kind === 'directory' || found.kind !== wanted.kind) return undefined
  if (!sameTimes(wanted, found)) {
    const { mtimeSec, mtimeNs } = wanted
    return compareEntry(wanted, { ...found, mtimeSec, mtimeNs } as Entry) === undefined ? 'time' : undefined
  }
  if (wanted.kind !== 'file' || found.kind !== 'file' || ((wanted.mode | found.mode) & SPECIAL_BITS) !== 0)
    return undefined
  return wanted.mode !== found.mode && compareEntry(wanted, { ...found, mode: wanted.mode }) === undefined
    ? 'mode'
    : undefined
}

function addAncestors(path: TreePath, to: Set<TreePath>): void {
  for (let at = parentPath(path); at !== ROOT_PATH && !to.has(at); at = parentPath(at)) to.add(at)
}

/** Directories that the next release does not have as such, below which something stands that neither release put there. */
function findUnmanaged(
  root: TreeRoot,
  wanted: ReadonlyMap<TreePath, Entry>,
  observed: ObservedTree,
): ReadonlySet<TreePath> {
  const found = new Set<TreePath>()
  for (const [path, { entry }] of observed) {
    if (entry.kind !== 'directory' || wanted.get(path)?.kind === 'directory') continue
    for (const name of root.readdir(path)) {
      const child = joinPath(path, name)
      if (!observed.has(child)) addAncestors(child, found)
    }
  }
  return found
}
