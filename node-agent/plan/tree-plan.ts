import {
  type Entry,
  type Manifest,
  parentPath,
  quotePath,
  ROOT_PATH,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { LocalRule, ObservedPath } from './types.ts'

/** What a whole new tree, built beside the live one, is made of. */
export interface TreePlan {
  /** Entries of `next` that the live tree has exactly: their inodes get a further name. */
  readonly whole: readonly TreePath[]
  /** Paths of the live tree that are not the release's, or are kept as they were edited here: they go along, directories first. */
  readonly carried: readonly TreePath[]
  /** Paths that the release has but this host keeps its own of. */
  readonly left: readonly TreePath[]
}

export interface TreePlanInput {
  readonly next: Manifest
  readonly previous: Manifest | undefined
  /** What stands at every path of both releases. */
  readonly observed: ReadonlyMap<TreePath, ObservedPath>
  /** Everything in the live tree that neither release names, directories before what is in them. */
  readonly unmanaged: readonly { readonly path: TreePath; readonly directory: boolean }[]
  local(path: TreePath): LocalRule
  isProtected(path: TreePath): boolean
}

/**
 * Plans a tree that will replace the live one as a whole. Pure.
 * @throws TARGET_CONFLICT when what is not the release's stands where the release has no directory · TARGET_MODIFIED when an edited file must not be replaced
 */
export function planTree(input: TreePlanInput): TreePlan {
  const { next, observed } = input
  const wanted = new Map<TreePath, Entry>(next.entries.map((entry) => [entry.path, entry]))
  const kept = keptPaths(input, wanted)
  const gone = new Set(kept)
  const whole = next.entries
    .filter((e) => e.kind !== 'directory' && !gone.has(e.path) && observed.get(e.path)?.equalsNext === true)
    .filter((e) => e.kind !== 'hardlink' || observed.get(e.target)?.equalsNext === true)
    .map((e) => e.path)
  const carried = new Set<TreePath>()
  const add = (path: TreePath): void => {
    for (const parent of missingParents(path, wanted, carried)) carried.add(parent)
    carried.add(path)
  }
  for (const { path, directory } of input.unmanaged) {
    checkParents(path, wanted)
    const entry = wanted.get(path)
    if (entry === undefined) add(path)
    else if (!(directory && entry.kind === 'directory')) throw conflict(path, entry)
  }
  const shared = new Set(next.entries.flatMap((e) => (e.kind === 'hardlink' ? [e.path, e.target] : [])))
  for (const path of kept) {
    checkParents(path, wanted)
    const entry = wanted.get(path)
    if (entry !== undefined && (entry.kind === 'directory' || shared.has(path))) throw conflict(path, entry)
    add(path)
  }
  return { whole, carried: [...carried].toSorted(), left: kept }
}

/** Paths of the last release, or of the next one, where this host's own version stays. */
function keptPaths(input: TreePlanInput, wanted: ReadonlyMap<TreePath, Entry>): TreePath[] {
  const kept: TreePath[] = []
  const refused: TreePath[] = []
  for (const [path, found] of input.observed) {
    if (path === ROOT_PATH || found.kind === 'directory' || found.equalsNext) continue
    if (input.isProtected(path)) kept.push(path)
    else if (found.equalsPrevious) continue
    else if (input.local(path) === 'keep') kept.push(path)
    else if (input.local(path) === 'fail' && wanted.has(path)) refused.push(path)
  }
  if (refused.length === 0) return kept
  const names = refused.slice(0, 10).map(quotePath).join(', ')
  throw new ShoalError(
    'TARGET_MODIFIED',
    `${refused.length} files were edited on this host, and its policy is to fail: ${names}. Nothing was changed`,
  )
}

/** Directories above a path that the new tree would not have otherwise, outermost first. */
function missingParents(path: TreePath, wanted: ReadonlyMap<TreePath, Entry>, have: ReadonlySet<TreePath>): TreePath[] {
  const missing: TreePath[] = []
  for (let at = parentPath(path); at !== ROOT_PATH && !wanted.has(at) && !have.has(at); at = parentPath(at))
    missing.unshift(at)
  return missing
}

function checkParents(path: TreePath, wanted: ReadonlyMap<TreePath, Entry>): void {
  for (let at = parentPath(path); at !== ROOT_PATH; at = parentPath(at)) {
    const entry = wanted.get(at)
    if (entry !== undefined && entry.kind !== 'directory') throw conflict(at, entry)
  }
}

const conflict = (path: TreePath, entry: Entry): ShoalError =>
  new ShoalError(
    'TARGET_CONFLICT',
    `${quotePath(path)} must become a ${entry.kind}, but what stands there is not the release’s; move it away. Nothing was changed`,
  )
