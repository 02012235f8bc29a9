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

/** Names looked at without a pause: their directory stays open meanwhile. */
const BATCH = 256

/**
 * Everything in a folder, its root first, directories before what is in them, each directory's names in order.
 * @throws SOURCE_INVALID when the folder is gone, CANCELLED
 */
export async function* walkTree(
  root: TreeRoot,
  pacer: Pacer,
  init: WalkInit,
): AsyncGenerator<readonly SeenPath[], void, undefined> {
  const top = root.lstat(ROOT_PATH)
  if (top === undefined) throw new ShoalError('SOURCE_INVALID', 'the folder is gone')
  yield [{ path: ROOT_PATH, stat: top }]
  const stack: TreePath[] = [ROOT_PATH]
  for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
    const names = namesIn(root, directory, init)
    const inside: TreePath[] = []
    for (let at = 0; at < names.length; at += BATCH) {
      const seen = look(root, { directory, names: names.slice(at, at + BATCH), device: top.device }, init)
      for (const { path, stat } of seen) if (stat.kind === 'directory') inside.push(path)
      if (seen.length > 0) yield seen
      await pacer.did(0)
    }
    stack.push(...inside.toReversed())
  }
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

interface Batch {
  readonly directory: TreePath
  readonly names: readonly string[]
  /** Of the root. */
  readonly device: bigint
}

function look(root: TreeRoot, { directory, names, device }: Batch, init: WalkInit): readonly SeenPath[] {
  return root.batch(() => {
    const seen: SeenPath[] = []
    for (const name of names) {
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
