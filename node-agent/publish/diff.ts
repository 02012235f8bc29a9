import {
  type ChunkRef,
  type Digest,
  distinctChunks,
  type Entry,
  type FileEntry,
  type Manifest,
  ROOT_PATH,
  type TreePath,
} from '../../protocol/index.ts'
import type { DiffResult, DiffRow } from '../../protocol/control/index.ts'
import { resolvePath, standingOf } from '../plan/resolve.ts'
import { compareReleases } from './changes.ts'

/** Setuid and setgid. */
const AS_OWNER = 0o6000
/** Removing at least so many paths, and this share of the release, is more likely a mistake than meant. */
const MANY_REMOVED = 20
const MANY_SHARE = 0.2

export interface Difference {
  readonly rows: readonly DiffRow[]
  readonly summary: Omit<DiffResult, 'channel' | 'sequence'>
}

/** What publishing would change, path by path in path order. A file that left and came elsewhere with the same content counts as renamed. Pure. */
export function diffReleases(previous: Manifest | undefined, next: Manifest, root: string): Difference {
  const { added, changed, removed } = compareReleases(previous, next)
  const before = new Map<TreePath, Entry>(previous?.entries.map((entry) => [entry.path, entry]))
  const after = new Map<TreePath, Entry>(next.entries.map((entry) => [entry.path, entry]))
  const view = (path: TreePath) => standingOf(after.get(path))
  const riskOf = (entry: Entry): DiffRow['risk'] => {
    if (entry.kind === 'file') return (entry.mode & AS_OWNER) === 0 ? null : 'setuid'
    if (entry.kind !== 'symlink') return null
    const { end } = resolvePath(entry.path, view, root)
    if (end === undefined) return 'dangling'
    return end.startsWith('O') ? 'escaping' : null
  }
  const origins = originsOf(removed, before)
  const rowOf = (what: DiffRow['what'], entry: Entry, from: TreePath | null = null): DiffRow => ({
    what,
    path: entry.path,
    kind: entry.kind,
    size: entry.kind === 'file' ? entry.size : null,
    from,
    risk: what === 'removed' ? null : riskOf(entry),
  })
  const moved = new Set<TreePath>()
  const rows: DiffRow[] = []
  for (const entry of entriesAt(added, after)) {
    const from = entry.kind === 'file' ? origins.get(contentOf(entry))?.shift() : undefined
    if (from !== undefined) moved.add(from)
    rows.push(rowOf(from === undefined ? 'added' : 'renamed', entry, from ?? null))
  }
  for (const entry of entriesAt(changed, after)) rows.push(rowOf('changed', entry))
  for (const entry of entriesAt(removed, before)) if (!moved.has(entry.path)) rows.push(rowOf('removed', entry))
  const count = (what: DiffRow['what']): number => rows.filter((row) => row.what === what).length
  const gone = count('removed')
  const many = previous !== undefined && gone >= MANY_REMOVED && gone >= MANY_SHARE * previous.entries.length
  return {
    rows: rows.toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path))),
    summary: {
      added: count('added'),
      changed: count('changed'),
      removed: gone,
      renamed: count('renamed'),
      risky: rows.filter(({ risk }) => risk !== null).length,
      newBytes: bytesOf(distinctChunks(next)) - bytesOf(sharedChunks(previous, next)),
      warnings: many ? [`${gone} of ${previous.entries.length} paths would be removed`] : [],
    },
  }
}

const contentOf = ({ chunks }: FileEntry): string => chunks.map(({ digest }) => digest).join()

/** Removed files that are not empty, by content. */
function originsOf(removed: readonly TreePath[], before: ReadonlyMap<TreePath, Entry>): Map<string, TreePath[]> {
  const origins = new Map<string, TreePath[]>()
  for (const entry of entriesAt(removed, before)) {
    if (entry.kind !== 'file' || entry.size === 0) continue
    const content = contentOf(entry)
    origins.set(content, [...(origins.get(content) ?? []), entry.path])
  }
  return origins
}

const entriesAt = (paths: readonly TreePath[], entries: ReadonlyMap<TreePath, Entry>): readonly Entry[] =>
  paths.flatMap((path) => (path === ROOT_PATH ? [] : (entries.get(path) ?? [])))

const bytesOf = (chunks: readonly ChunkRef[]): number => chunks.reduce((sum, { size }) => sum + size, 0)

function sharedChunks(previous: Manifest | undefined, next: Manifest): readonly ChunkRef[] {
  const known = new Set<Digest>((previous === undefined ? [] : distinctChunks(previous)).map(({ digest }) => digest))
  return distinctChunks(next).filter(({ digest }) => known.has(digest))
}
