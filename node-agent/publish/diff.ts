import {
  type Digest,
  type Entry,
  type FileEntry,
  findEntry,
  type Manifest,
  ROOT_PATH,
  runSteps,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import type { CompareRow } from '../../protocol/control/index.ts'
import { resolvePath, standingOf, type View } from '../plan/resolve.ts'
import { compareEntries, type EntryChange } from './changes.ts'
import { describeChange } from './describe-change.ts'

/** Setuid and setgid. */
const AS_OWNER = 0o6000
/** Removing at least so many paths, and this share of the release, is more likely a mistake than meant. */
const MANY_REMOVED = 20
const MANY_SHARE = 0.2

/** One path that differs. */
export interface ChangeRow extends CompareRow {
  readonly path: TreePath
  readonly from: TreePath | null
  /** Bytes of its content that the older release does not have; what two files share counts in both. 0 for what has no content. */
  readonly newBytes: number
}

export interface Difference {
  /** In path order. */
  readonly rows: readonly ChangeRow[]
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  /** Paths that are the same in both. */
  readonly unchanged: number
  /** Bytes of content that the older release does not have, before deltas. */
  readonly newBytes: number
  /** So many paths would go that it is probably not meant. */
  readonly manyRemoved: boolean
}

/** What publishing would change, path by path. A file that left and came elsewhere with the same content counts as renamed. Pure. */
export const diffReleases = (previous: Manifest | undefined, next: Manifest, root: string): Difference =>
  runSteps(diffSteps(previous, next, root))

/**
 * As diffReleases, in steps.
 * @param root absolute path of the tree, a byte string: links with it lead back in
 * @param known every chunk of the older release, where that was counted already
 */
export function* diffSteps(
  previous: Manifest | undefined,
  next: Manifest,
  root: string,
  known?: ReadonlySet<Digest>,
): Steps<Difference> {
  const [before, after] = [previous?.entries ?? [], next.entries]
  const changes = yield* compareEntries(before, after)
  const old = known ?? (yield* digestsOf(before))
  const fresh = new Map<Digest, number>()
  const look = riskOf(after, root)
  const origins = yield* originsOf(changes)
  const moved = new Set<TreePath>()
  const rows: ChangeRow[] = []
  for (const [i, change] of changes.entries()) {
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
    const { path, before: was, after: entry } = change
    if (path === ROOT_PATH) continue
    const from = was === undefined && entry?.kind === 'file' ? origins.get(contentOf(entry))?.shift() : undefined
    if (from !== undefined) moved.add(from.path)
    const what =
      entry === undefined ? 'removed' : was !== undefined ? 'changed' : from === undefined ? 'added' : 'renamed'
    if (entry?.kind === 'file')
      for (const { digest, size } of entry.chunks) if (!old.has(digest)) fresh.set(digest, size)
    const risk = entry === undefined ? null : look(entry)
    rows.push(changeRow({ what, path, before: was ?? from, after: entry, risk, known: old }))
  }
  const left: ChangeRow[] = []
  const counts = { added: 0, changed: 0, removed: 0, renamed: 0 }
  for (const row of rows) {
    if (row.what === 'removed' && moved.has(row.path)) continue
    left.push(row)
    counts[row.what]++
  }
  yield
  let newBytes = 0
  for (const size of fresh.values()) newBytes += size
  const { added, changed, removed, renamed } = counts
  return {
    rows: left,
    ...counts,
    unchanged: Math.max(0, after.length - 1 - added - changed - renamed),
    newBytes,
    manyRemoved: removed >= MANY_REMOVED && removed >= MANY_SHARE * before.length,
  }
}

export interface RowInput {
  readonly what: ChangeRow['what']
  readonly path: TreePath
  /** What was there; of a renamed file, where it was. */
  readonly before: Entry | undefined
  readonly after: Entry | undefined
  readonly risk: ChangeRow['risk']
  /** Chunks of the older release. */
  readonly known: ReadonlySet<Digest>
}

/** Pure. */
export function changeRow({ what, path, before, after, risk, known }: RowInput): ChangeRow {
  return {
    what,
    path,
    kind: (after ?? before)?.kind ?? 'file',
    from: what === 'renamed' ? (before?.path ?? null) : null,
    sizeBefore: before?.kind === 'file' ? before.size : null,
    sizeAfter: after?.kind === 'file' ? after.size : null,
    detail: what === 'changed' && before !== undefined && after !== undefined ? describeChange(before, after) : '',
    risk,
    newBytes: newBytesOf(after, known),
  }
}

/** Bytes of a file's distinct chunks that are not known. */
function newBytesOf(entry: Entry | undefined, known: ReadonlySet<Digest>): number {
  if (entry?.kind !== 'file') return 0
  const fresh = new Map<Digest, number>()
  for (const { digest, size } of entry.chunks) if (!known.has(digest)) fresh.set(digest, size)
  return [...fresh.values()].reduce((sum, size) => sum + size, 0)
}

/** Every chunk that some entries have. */
export function* digestsOf(entries: readonly Entry[]): Steps<ReadonlySet<Digest>> {
  const digests = new Set<Digest>()
  for (const [i, entry] of entries.entries()) {
    if (entry.kind === 'file') for (const { digest } of entry.chunks) digests.add(digest)
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return digests
}

/** What of an entry deserves a look, in a tree of these entries. */
export function riskOf(entries: readonly Entry[], root: string): (entry: Entry) => ChangeRow['risk'] {
  const view: View = (path) => standingOf(findEntry(entries, path))
  return (entry) => {
    if (entry.kind === 'file') return (entry.mode & AS_OWNER) === 0 ? null : 'setuid'
    if (entry.kind !== 'symlink') return null
    const { end } = resolvePath(entry.path, view, root)
    if (end === undefined) return 'dangling'
    return end.startsWith('O') ? 'escaping' : null
  }
}

const contentOf = ({ chunks }: FileEntry): string => chunks.map(({ digest }) => digest).join()

/** Removed files that are not empty, by content. */
function* originsOf(changes: readonly EntryChange[]): Steps<ReadonlyMap<string, FileEntry[]>> {
  const origins = new Map<string, FileEntry[]>()
  for (const [i, { before, after }] of changes.entries()) {
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
    if (after !== undefined || before?.kind !== 'file' || before.size === 0) continue
    const content = contentOf(before)
    const same = origins.get(content)
    if (same === undefined) origins.set(content, [before])
    else same.push(before)
  }
  return origins
}
