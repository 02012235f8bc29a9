import { ShoalError } from '../errors/index.ts'
import { baseName, parentPath, parseTreePath, quotePath, ROOT_PATH, type TreePath } from '../ids/index.ts'
import { runSteps, STEP_ITEMS, type Steps } from './steps.ts'
import type { Entry } from './types.ts'

/** Shoal's own area, which no release may contain. */
export const RESERVED_NAME = '.shoal'

/**
 * The rules between entries: sorted without duplicates, the root first, every parent a directory of the release, nothing of Shoal's own,
 * hardlinks name an earlier file, sizes are the sum of chunks.
 * @throws MANIFEST_*
 */
export const checkEntries = (entries: readonly Entry[]): void => runSteps(checkSteps(entries))

/** As checkEntries, in steps. */
export function* checkSteps(entries: readonly Entry[]): Steps<void> {
  const kinds = new Map<TreePath, Entry['kind']>()
  const [root] = entries
  if (root === undefined || root.path !== ROOT_PATH || root.kind !== 'directory') {
    throw new ShoalError('MANIFEST_MALFORMED', 'a manifest begins with its root directory')
  }
  let previous: TreePath | undefined
  for (const entry of entries) {
    const { path } = entry
    if (previous !== undefined) checkOrder(previous, path)
    if (path !== ROOT_PATH) checkPlace(path, kinds)
    checkContent(entry, kinds)
    kinds.set(path, entry.kind)
    previous = path
    if (kinds.size % STEP_ITEMS === 0) yield
  }
}

function checkOrder(previous: TreePath, path: TreePath): void {
  if (path === previous) throw new ShoalError('MANIFEST_PATH_DUPLICATE', `path ${quotePath(path)} occurs twice`)
  if (path < previous) {
    throw new ShoalError('MANIFEST_NOT_CANONICAL', `path ${quotePath(path)} stands after ${quotePath(previous)}`)
  }
}

function checkPlace(path: TreePath, kinds: ReadonlyMap<TreePath, Entry['kind']>): void {
  parseTreePath(path)
  if (baseName(path) === RESERVED_NAME) {
    throw new ShoalError('MANIFEST_PATH_RESERVED', `path ${quotePath(path)} has the name of Shoal's own directory`)
  }
  const parent = kinds.get(parentPath(path))
  if (parent === undefined) {
    throw new ShoalError('MANIFEST_PARENT_MISSING', `the directory of ${quotePath(path)} is not in the release`)
  }
  if (parent !== 'directory') {
    throw new ShoalError('MANIFEST_UNDER_NON_DIRECTORY', `path ${quotePath(path)} lies under a ${parent}`)
  }
}

function checkContent(entry: Entry, kinds: ReadonlyMap<TreePath, Entry['kind']>): void {
  if (entry.kind === 'hardlink') {
    if (kinds.get(entry.target) === 'file') return
    throw new ShoalError(
      'MANIFEST_HARDLINK_TARGET',
      `hardlink ${quotePath(entry.path)} does not name an earlier file of the release`,
    )
  }
  const unsorted = entry.xattrs.some(({ name }, i) => i > 0 && name <= (entry.xattrs[i - 1]?.name ?? ''))
  if (unsorted)
    throw new ShoalError('MANIFEST_NOT_CANONICAL', `the attributes of ${quotePath(entry.path)} are not sorted`)
  if (entry.kind !== 'file') return
  const sum = entry.chunks.reduce((total, chunk) => total + chunk.size, 0)
  if (sum !== entry.size) {
    throw new ShoalError(
      'MANIFEST_SIZE_MISMATCH',
      `file ${quotePath(entry.path)} states ${entry.size} bytes, its chunks have ${sum}`,
    )
  }
}

/** Pairs of paths that a case-insensitive file system cannot hold together; ASCII letters only, as the bytes have no known encoding. */
export function caseClashes(entries: readonly Entry[]): readonly (readonly [TreePath, TreePath])[] {
  const first = new Map<string, TreePath>()
  const clashes: (readonly [TreePath, TreePath])[] = []
  for (const { path } of entries) {
    const folded = path.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    const other = first.get(folded)
    if (other === undefined) first.set(folded, path)
    else clashes.push([other, path])
  }
  return clashes
}
