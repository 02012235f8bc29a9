import { ShoalError } from '../errors/index.ts'
import { baseName, parentPath, parseTreePath, quotePath, ROOT_PATH, type TreePath } from '../ids/index.ts'
import { findEntry } from './queries.ts'
import { STEP_ITEMS, type Steps } from './steps.ts'
import type { Entry, HardlinkEntry } from './types.ts'

/** Shoal's own area, which no release may contain. */
export const RESERVED_NAME = '.shoal'

/**
 * The rules between entries: sorted without duplicates, the root first, every parent a directory of the release, nothing of Shoal's own,
 * hardlinks name an earlier file, sizes are the sum of chunks; and every path is one.
 * @throws MANIFEST_*
 */
export function checkEntries(entries: readonly Entry[]): void {
  if (entries.length === 0) throw rootless()
  const check = entryCheck(entries)
  for (const [i, { path }] of entries.entries()) {
    parseTreePath(path)
    check(i)
  }
}

const rootless = (): ShoalError => new ShoalError('MANIFEST_MALFORMED', 'a manifest begins with its root directory')

/** Checks entries one after another by their index, each beside those before it; their paths were parsed. The list may grow meanwhile. */
export function entryCheck(entries: readonly Entry[]): (index: number) => void {
  const directories = new Set<TreePath>()
  return (index) => {
    const entry = entries[index]
    const previous = entries[index - 1]
    if (entry === undefined || (previous === undefined && (entry.path !== ROOT_PATH || entry.kind !== 'directory')))
      throw rootless()
    if (previous !== undefined) {
      checkOrder(previous.path, entry.path)
      if (baseName(entry.path) === RESERVED_NAME) {
        throw new ShoalError(
          'MANIFEST_PATH_RESERVED',
          `path ${quotePath(entry.path)} has the name of Shoal's own directory`,
        )
      }
      const parent = parentPath(entry.path)
      if (!directories.has(parent)) throw misplaced(entry.path, findEntry(entries, parent, index))
    }
    if (entry.kind === 'hardlink') checkLink(entry, findEntry(entries, entry.target, index))
    else checkContent(entry)
    if (entry.kind === 'directory') directories.add(entry.path)
  }
}

function checkOrder(previous: TreePath, path: TreePath): void {
  if (path === previous) throw new ShoalError('MANIFEST_PATH_DUPLICATE', `path ${quotePath(path)} occurs twice`)
  if (path < previous) {
    throw new ShoalError('MANIFEST_NOT_CANONICAL', `path ${quotePath(path)} stands after ${quotePath(previous)}`)
  }
}

function misplaced(path: TreePath, parent: Entry | undefined): ShoalError {
  return parent === undefined
    ? new ShoalError('MANIFEST_PARENT_MISSING', `the directory of ${quotePath(path)} is not in the release`)
    : new ShoalError('MANIFEST_UNDER_NON_DIRECTORY', `path ${quotePath(path)} lies under a ${parent.kind}`)
}

function checkLink({ path }: HardlinkEntry, target: Entry | undefined): void {
  if (target?.kind === 'file') return
  throw new ShoalError(
    'MANIFEST_HARDLINK_TARGET',
    `hardlink ${quotePath(path)} does not name an earlier file of the release`,
  )
}

function checkContent(entry: Exclude<Entry, HardlinkEntry>): void {
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

/** Pairs of paths that a case-insensitive file system cannot hold together; ASCII letters only, as the bytes have no known encoding. In steps. */
export function* caseClashes(entries: readonly Entry[]): Steps<readonly (readonly [TreePath, TreePath])[]> {
  const first = new Map<string, TreePath>()
  const clashes: (readonly [TreePath, TreePath])[] = []
  for (const [i, { path }] of entries.entries()) {
    const folded = /[A-Z]/.test(path) ? path.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : path
    const other = first.get(folded)
    if (other === undefined) first.set(folded, path)
    else clashes.push([other, path])
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return clashes
}
