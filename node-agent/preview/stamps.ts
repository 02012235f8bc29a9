import {
  displayPath,
  type Entry,
  type Manifest,
  type ShoalError,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'
import { isSame } from '../publish/changes.ts'
import { RELEASE_FILE } from '../publish/release-file.ts'
import { entryOf, type Pacer, sameState, walkTree } from '../scan/index.ts'

/** Numbers of a row: device, inode, size, mtime, ctime. */
const COLUMNS = 5

/** The stat of every entry of a manifest, in its order: what a folder looked like. In steps. */
export function* stampsOf(manifest: Manifest, stats: ReadonlyMap<TreePath, TreeStat>): Steps<BigInt64Array> {
  const stamps = new BigInt64Array(manifest.entries.length * COLUMNS)
  for (const [i, { path }] of manifest.entries.entries()) {
    const stat = stats.get(path)
    if (stat !== undefined)
      stamps.set([stat.device, stat.inode, BigInt(stat.size), stat.mtimeNs, stat.ctimeNs], i * COLUMNS)
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return stamps
}

/** What a folder looked like when it was previewed. */
export interface Stamped {
  readonly manifest: Manifest
  readonly stamps: BigInt64Array
  /** Of shoal.toml; undefined: there was none. */
  readonly releaseFile: TreeStat | undefined
  readonly isOut: (path: TreePath) => boolean
}

/** Whether nothing of an entry's inode has changed: whatever changes it changes its ctime. */
export function isStamped({ stamps }: Pick<Stamped, 'stamps'>, index: number, stat: TreeStat): boolean {
  const at = index * COLUMNS
  return (
    stamps[at] === stat.device &&
    stamps[at + 1] === stat.inode &&
    stamps[at + 2] === BigInt(stat.size) &&
    stamps[at + 3] === stat.mtimeNs &&
    stamps[at + 4] === stat.ctimeNs
  )
}

/** Where a folder is not what it was any more. */
export interface StampCheck {
  readonly count: number
  /** The first of them in words, in path order. */
  readonly named: readonly string[]
  /** Stats of the files of the manifest, as they are now. */
  readonly files: ReadonlyMap<TreePath, TreeStat>
}

/**
 * Walks a folder again and compares it with what it looked like. A directory counts by its own metadata: its times follow from what is in it, also from what was
 * left out. @throws SOURCE_INVALID, CANCELLED
 */
export async function checkStamps(root: TreeRoot, was: Stamped, most: number, pacer: Pacer): Promise<StampCheck> {
  const { entries } = was.manifest
  const indices = new Map(entries.map(({ path }, i) => [path, i]))
  const seen = new Uint8Array(entries.length)
  const files = new Map<TreePath, TreeStat>()
  const differences = new Map<TreePath, string>()
  const onProblem = (path: TreePath, _error: ShoalError): void => {
    if (!was.isOut(path)) differences.set(path, 'cannot be read')
  }
  for await (const batch of walkTree(root, pacer, { exclude: RELEASE_FILE, onProblem })) {
    for (const { path, stat } of batch) {
      if (was.isOut(path)) continue
      const index = indices.get(path)
      const entry = index === undefined ? undefined : entries[index]
      if (index === undefined || entry === undefined) {
        differences.set(path, 'is new')
        continue
      }
      seen[index] = 1
      if (!isAsBefore(root, was, { entry, index, stat })) differences.set(path, 'has changed')
      else if (stat.kind === 'file') files.set(path, stat)
    }
  }
  for (const [i, { path }] of entries.entries())
    if (seen[i] === 0 && !differences.has(path)) differences.set(path, 'is gone')
  const release = root.lstat(RELEASE_FILE)
  const isSameRelease =
    release === undefined || was.releaseFile === undefined
      ? release === was.releaseFile
      : sameState(release, was.releaseFile)
  if (!isSameRelease) differences.set(RELEASE_FILE, 'has changed')
  const named = [...differences]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, most)
    .map(([path, how]) => `${path === '' ? 'the folder itself' : displayPath(path)} ${how}`)
  return { count: differences.size, named, files }
}

interface Found {
  readonly entry: Entry
  readonly index: number
  readonly stat: TreeStat
}

function isAsBefore(root: TreeRoot, was: Stamped, { entry, index, stat }: Found): boolean {
  if (isStamped(was, index, stat)) return true
  if (entry.kind !== 'directory' || stat.kind !== 'directory') return false
  const isSameInode = was.stamps[index * COLUMNS] === stat.device && was.stamps[index * COLUMNS + 1] === stat.inode
  return isSameInode && isSame(entry, entryOf(root, entry.path, stat, []))
}
