import { joinPath, quotePath, RESERVED_NAME, ROOT_PATH, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import type { Pacer } from './pacer.ts'

/** One path of a folder as it stands. */
export interface SeenPath {
  readonly path: TreePath
  readonly stat: TreeStat
}

export interface WalkInit {
  /** A name at the root that is left out, as `.shoal` is. */
  readonly exclude: string | undefined
  /** What stands there cannot be part of a release, or cannot be looked at; it, and what is below it, is left out. Throws to end the walk. */
  readonly onProblem: (path: TreePath, error: ShoalError) => void
}

/** Names looked at without a pause, as their directory stays open meanwhile; and paths handed out at a time. */
const BATCH = 256

/**
 * Everything in a folder in path order, as manifests have it: its root first, directories before what is in them.
 * @throws SOURCE_INVALID when the folder is gone, CANCELLED
 */
export async function* walkTree(
  root: TreeRoot,
  pacer: Pacer,
  init: WalkInit,
): AsyncGenerator<readonly SeenPath[], void, undefined> {
  const top = root.lstat(ROOT_PATH)
  if (top === undefined) throw new ShoalError('SOURCE_INVALID', 'the folder is gone')
  let batch: SeenPath[] = [{ path: ROOT_PATH, stat: top }]
  const stack = [openDirectory(root, ROOT_PATH, init)]
  for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
    if (directory.seen.length === 0 && directory.names.length > 0) {
      directory.seen = look(root, directory, top.device, init).toReversed()
      await pacer.did(0)
    }
    const next = directory.seen.at(-1)
    const inside = directory.waiting.at(-1)
    if (inside !== undefined && (next === undefined ? directory.names.length === 0 : `${inside}/` < next.path)) {
      directory.waiting.pop()
      stack.push(openDirectory(root, inside, init))
    } else if (next !== undefined) {
      directory.seen.pop()
      batch.push(next)
      if (next.stat.kind === 'directory') directory.waiting.push(next.path)
    } else if (directory.names.length === 0) stack.pop()
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A directory in the middle of a walk. */
interface OpenDirectory {
  readonly path: TreePath
  /** Those not looked at yet, in reverse order. */
  readonly names: string[]
  /** What was looked at and not handed out, in reverse order. */
  seen: SeenPath[]
  /** Directories in it that were handed out, and what is in them was not: others come between, as `a-b` does between `a` and `a/b`. Whichever is last comes first. */
  readonly waiting: TreePath[]
}

function openDirectory(root: TreeRoot, path: TreePath, init: WalkInit): OpenDirectory {
  return { path, names: namesIn(root, path, init).toReversed(), seen: [], waiting: [] }
}

function namesIn(root: TreeRoot, directory: TreePath, init: WalkInit): readonly string[] {
  try {
    return root.readdir(directory).toSorted()
  } catch (err) {
    if (!(err instanceof ShoalError)) throw err
    init.onProblem(directory, err)
    return []
  }
}

/** Looks at a directory's next names. */
function look(root: TreeRoot, { path: directory, names }: OpenDirectory, device: bigint, init: WalkInit): SeenPath[] {
  return root.batch(() => {
    const seen: SeenPath[] = []
    for (const name of names.splice(-BATCH).toReversed()) {
      const path = joinPath(directory, name)
      if (directory === ROOT_PATH && (name === init.exclude || name === RESERVED_NAME)) continue
      try {
        seen.push({ path, stat: lookAt(root, path, name, device) })
      } catch (err) {
        if (!(err instanceof ShoalError)) throw err
        init.onProblem(path, err)
      }
    }
    return seen
  })
}

/** @throws SOURCE_INVALID for Shoal's own name where it may not be, SOURCE_CHANGED, TARGET_CROSSES_FILESYSTEM */
function lookAt(root: TreeRoot, path: TreePath, name: string, device: bigint): TreeStat {
  if (name === RESERVED_NAME) {
    throw new ShoalError(
      'SOURCE_INVALID',
      `${quotePath(path)} has the name of Shoal's own directory and cannot be published`,
    )
  }
  const stat = root.lstat(path)
  if (stat === undefined)
    throw new ShoalError('SOURCE_CHANGED', `${quotePath(path)} vanished while the folder was read`)
  if (stat.device === device) return stat
  throw new ShoalError(
    'TARGET_CROSSES_FILESYSTEM',
    `${quotePath(path)} is a mount of another file system; publish it apart`,
  )
}
