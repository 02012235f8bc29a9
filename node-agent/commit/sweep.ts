import {
  type Entry,
  joinPath,
  type Manifest,
  parentPath,
  RESERVED_NAME,
  ROOT_PATH,
  type TreePath,
} from '../../protocol/index.ts'
import { openTreeRoot, type TreeRoot, type TreeStat } from '../fs/index.ts'
import { compareEntry, observePaths, Pacer, type StatCache } from '../scan/index.ts'
import { INSIDE } from '../stage/index.ts'
import { carry, keepCopy, type TreePair } from './carry.ts'

export interface SweepInit {
  /** Holds both trees and the area. */
  readonly root: TreeRoot
  /** The tree that was live until now. */
  readonly displaced: TreePath
  /** The tree that is live. */
  readonly live: TreePath
  readonly kept: TreePath
  readonly sequence: number
  /** What the displaced tree was committed as. */
  readonly previous: Manifest | undefined
  readonly cache: StatCache
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * After a whole tree was replaced: brings along what came into the displaced one until the last moment, and keeps what was edited there, so
 * that the displaced tree holds nothing that is not found elsewhere (I7). Repeatable. @returns how many files were kept
 */
export async function sweepDisplaced(init: SweepInit): Promise<number> {
  const { root, displaced, live, previous, signal } = init
  const known = new Map<TreePath, Entry>(previous?.entries.map((entry) => [entry.path, entry]))
  const pair = { root, from: displaced, to: live, scratch: joinPath(parentPath(init.kept), 'carried') }
  const pacer = new Pacer(signal)
  const tree = new Live(init)
  const suspects: TreePath[] = []
  let count = 0
  const keep = (path: TreePath): void => {
    keepCopy(root, init.kept, init.sequence, path, joinPath(displaced, path))
    count++
  }
  for await (const { path, stat } of walk(root, displaced, pacer)) {
    const now = tree.lstat(path)
    if (now?.inode === stat.inode && now.device === stat.device) continue
    const entry = known.get(path)
    if (stat.kind === 'directory') {
      if (entry === undefined && now === undefined && tree.hasParent(path)) carry(pair, path)
    } else if (entry !== undefined) suspects.push(path)
    else if (now === undefined && tree.makeParent(pair, path)) carry(pair, path)
    else keep(path)
  }
  for (const path of await edited(init, suspects, known)) keep(path)
  moveKept(init)
  return count
}

/** Paths whose inode is not what the release put there. Only what the new release replaced or removed is looked at. */
async function edited(
  { root, displaced, cache, now, signal }: SweepInit,
  suspects: readonly TreePath[],
  known: ReadonlyMap<TreePath, Entry>,
): Promise<readonly TreePath[]> {
  if (suspects.length === 0) return []
  // Opened as a root of its own, so that what was learnt of its files while it was live still holds.
  const tree = openTreeRoot(Buffer.from(`${root.path}/${displaced}`, 'latin1'))
  try {
    // Further names of one inode are told only together.
    const groups = [...known.values()].filter((e) => e.kind === 'hardlink').flatMap((e) => [e.path, e.target])
    const observed = await observePaths(tree, [...suspects, ...groups], { signal, cache, now })
    return suspects.filter((path) => {
      const entry = known.get(path)
      return entry === undefined || compareEntry(entry, observed.get(path)?.entry) !== undefined
    })
  } finally {
    tree.close()
  }
}

async function* walk(
  root: TreeRoot,
  top: TreePath,
  pacer: Pacer,
): AsyncGenerator<{ readonly path: TreePath; readonly stat: TreeStat }> {
  const queue: TreePath[] = [ROOT_PATH]
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    for (const name of root.readdir(joinPath(top, directory))) {
      if (directory === ROOT_PATH && name === RESERVED_NAME) continue
      const path = joinPath(directory, name)
      const stat = root.lstat(joinPath(top, path))
      await pacer.did(0)
      if (stat === undefined) continue
      yield { path, stat }
      if (stat.kind === 'directory') queue.push(path)
    }
  }
}

/** Looks into the live tree without following anything that became a symlink. */
class Live {
  readonly #root: TreeRoot
  readonly #tree: TreePath
  readonly #directories = new Set<TreePath>()

  constructor({ root, live }: SweepInit) {
    this.#root = root
    this.#tree = live
  }

  lstat(path: TreePath): TreeStat | undefined {
    return this.hasParent(path) ? this.#root.lstat(joinPath(this.#tree, path)) : undefined
  }

  /** Makes the directories that a path needs as they were; false where something else stands in their place. */
  makeParent(pair: TreePair, path: TreePath): boolean {
    const parent = parentPath(path)
    if (this.hasParent(path)) return true
    if (!this.makeParent(pair, parent) || this.lstat(parent) !== undefined) return false
    carry(pair, parent)
    return true
  }

  hasParent(path: TreePath): boolean {
    const parent = parentPath(path)
    if (parent === ROOT_PATH || this.#directories.has(parent)) return true
    if (!this.hasParent(parent) || this.#root.lstat(joinPath(this.#tree, parent))?.kind !== 'directory') return false
    this.#directories.add(parent)
    return true
  }
}

/** A tree that was changed in place until now has an area of its own inside; what is kept there must outlive the tree. */
function moveKept({ root, displaced, kept }: SweepInit): void {
  const inside = joinPath(displaced, INSIDE.kept)
  if (root.lstat(inside) === undefined) return
  for (const name of root.readdir(inside)) {
    for (let attempt = 1; ; attempt++) {
      const to = joinPath(kept, attempt === 1 ? name : `${name}.${attempt}`)
      if (root.lstat(to) !== undefined) continue
      root.rename(joinPath(inside, name), to, 'no-replace')
      break
    }
  }
}
