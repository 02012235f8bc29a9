import { type Entry, type Manifest, type TreePath } from '../../protocol/index.ts'
import type { CompareResult, CompareRow } from '../../protocol/control/index.ts'
import { diffReleases } from './diff.ts'

export interface Comparison {
  readonly rows: readonly CompareRow[]
  readonly counts: Omit<CompareResult, 'from' | 'to'>
}

/** What of one release is not so in the other, path by path in path order, with sizes and what changed. Pure. */
export function compareManifests(before: Manifest, after: Manifest): Comparison {
  // Where the tree will lie is not known here: links out of it are judged as if it were at the top.
  const { rows, summary } = diffReleases(before, after, '/')
  const old = new Map<TreePath, Entry>(before.entries.map((entry) => [entry.path, entry]))
  const next = new Map<TreePath, Entry>(after.entries.map((entry) => [entry.path, entry]))
  const { added, changed, removed, renamed, newBytes } = summary
  return {
    rows: rows.map(({ what, path, kind, from, risk }): CompareRow => {
      const [was, is] = [old.get((from ?? path) as TreePath), next.get(path as TreePath)]
      return {
        what,
        path,
        kind,
        from,
        risk,
        sizeBefore: what === 'added' ? null : sizeOf(was),
        sizeAfter: what === 'removed' ? null : sizeOf(is),
        detail: what === 'changed' && was !== undefined && is !== undefined ? detailOf(was, is) : '',
      }
    }),
    counts: { added, changed, removed, renamed, newBytes, unchanged: next.size - added - changed - renamed },
  }
}

const sizeOf = (entry: Entry | undefined): number | null => (entry?.kind === 'file' ? entry.size : null)

/** In words: what differs, most important first. */
function detailOf(was: Entry, is: Entry): string {
  if (was.kind !== is.kind) return `${was.kind} → ${is.kind}`
  const parts: string[] = []
  if (was.kind === 'file' && is.kind === 'file' && contentOf(was) !== contentOf(is)) parts.push('content')
  if ('target' in was && 'target' in is && was.target !== is.target) parts.push('target')
  if ('mode' in was && 'mode' in is && was.mode !== is.mode) parts.push(`mode ${octal(was.mode)} → ${octal(is.mode)}`)
  if ('uid' in was && 'uid' in is && (was.uid !== is.uid || was.gid !== is.gid)) {
    parts.push(`owner ${was.uid}:${was.gid} → ${is.uid}:${is.gid}`)
  }
  return parts.length === 0 ? 'metadata' : parts.join(', ')
}

const contentOf = (entry: Extract<Entry, { kind: 'file' }>): string => entry.chunks.map(({ digest }) => digest).join()
const octal = (mode: number): string => mode.toString(8).padStart(4, '0')
