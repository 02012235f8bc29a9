import { hash } from 'node:crypto'
import {
  type ChunkRef,
  type DirectoryEntry,
  type Entry,
  type FileEntry,
  type HardlinkEntry,
  type Manifest,
  parseDigest,
  parseTreePath,
  type SymlinkEntry,
} from '../../protocol/index.ts'

const OWNED = { uid: 0, gid: 0, mtimeSec: 1_700_000_000, mtimeNs: 0, xattrs: [] } as const

export const chunkOf = (text: string, size = text.length): ChunkRef => ({
  digest: parseDigest(hash('sha256', text, 'hex')),
  size,
})

export const directory = (path: string, more: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  kind: 'directory',
  path: parseTreePath(path),
  mode: 0o755,
  ...OWNED,
  ...more,
})

/** A file of one chunk with this text; none when empty. */
export const file = (path: string, text = 'x', more: Partial<FileEntry> = {}): FileEntry => ({
  kind: 'file',
  path: parseTreePath(path),
  mode: 0o644,
  ...OWNED,
  size: text.length,
  sparse: false,
  chunks: text === '' ? [] : [chunkOf(text)],
  ...more,
})

export const symlink = (path: string, target: string, more: Partial<SymlinkEntry> = {}): SymlinkEntry => ({
  kind: 'symlink',
  path: parseTreePath(path),
  ...OWNED,
  target,
  ...more,
})

export const hardlink = (path: string, target: string): HardlinkEntry => ({
  kind: 'hardlink',
  path: parseTreePath(path),
  target: parseTreePath(target),
})

const byPath = (a: Entry, b: Entry): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)

/** A manifest of these entries, sorted, with a root directory when there is none. */
export function manifestOf(...entries: readonly Entry[]): Manifest {
  const rooted = entries.some((e) => e.path === '') ? entries : [directory(''), ...entries]
  const settings = { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }
  return { header: { format: 1, users: [], groups: [], settings }, entries: rooted.toSorted(byPath) }
}
