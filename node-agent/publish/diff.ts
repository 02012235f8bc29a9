import {
  type ChunkRef,
  type Digest,
  type Entry,
  type FileEntry,
  type Manifest,
  ROOT_PATH,
  runSteps,
  STEP_ITEMS,
  type Steps,
  type TreePath,
} from '../../protocol/index.ts'
import type { CompareRow } from '../../protocol/control/index.ts'
import { resolvePath, standingOf, type View } from '../plan/resolve.ts'
import { compareEntries } from './changes.ts'
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

/** As diffReleases, in steps. @param root absolute path of the tree, a byte string: links with it lead back in */
export function* diffSteps(previous: Manifest | undefined, next: Manifest, root: string): Steps<Difference> {
  const [before, after] = [previous?.entries ?? [], next.entries]
  const changes = (yield* compareEntries(before, after)).filter(({ path }) => path !== ROOT_PATH)
  const known = yield* digestsOf(before)
  const fresh = new Map<Digest, number>()
  const look = riskOf(after, root)
  const origins = originsOf(changes.flatMap((change) => (change.after === undefined ? (change.before ?? []) : [])))
  const moved = new Set<TreePath>()
  const rows: ChangeRow[] = []
  for (const [i, { path, before: old, after: entry }] of changes.entries()) {
    const from = old === undefined && entry?.kind === 'file' ? origins.get(contentOf(entry))?.shift() : undefined
    if (from !== undefined) moved.add(from.path)
    const what =
      entry === undefined ? 'removed' : old !== undefined ? 'changed' : from === undefined ? 'added' : 'renamed'
    for (const ref of newChunks(entry, known)) fresh.set(ref.digest, ref.size)
    rows.push(
      changeRow({
        what,
        path,
        before: old ?? from,
        after: entry,
        risk: entry === undefined ? null : look(entry),
        known,
      }),
    )
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  const left = rows.filter(({ what, path }) => what !== 'removed' || !moved.has(path))
  const count = (what: ChangeRow['what']): number => left.filter((row) => row.what === what).length
  const [changed, added, renamed, removed] = [count('changed'), count('added'), count('renamed'), count('removed')]
  return {
    rows: left,
    ...{ added, changed, removed, renamed },
    unchanged: Math.max(0, after.length - 1 - added - changed - renamed),
    newBytes: [...fresh.values()].reduce((sum, size) => sum + size, 0),
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
    newBytes: newChunks(after, known).reduce((sum, { size }) => sum + size, 0),
  }
}

/** Distinct chunks of a file that are not known. */
function newChunks(entry: Entry | undefined, known: ReadonlySet<Digest>): readonly ChunkRef[] {
  if (entry?.kind !== 'file') return []
  const fresh = new Map(entry.chunks.flatMap((ref) => (known.has(ref.digest) ? [] : [[ref.digest, ref] as const])))
  return [...fresh.values()]
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
  let byPath: ReadonlyMap<TreePath, Entry> | undefined
  const view: View = (path) => {
    byPath ??= new Map(entries.map((entry) => [entry.path, entry]))
    return standingOf(byPath.get(path))
  }
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
function originsOf(removed: readonly Entry[]): Map<string, FileEntry[]> {
  const origins = new Map<string, FileEntry[]>()
  for (const entry of removed) {
    if (entry.kind !== 'file' || entry.size === 0) continue
    const content = contentOf(entry)
    const same = origins.get(content)
    if (same === undefined) origins.set(content, [entry])
    else same.push(entry)
  }
  return origins
}
