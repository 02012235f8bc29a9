import type { ChunkRef, Entry, Xattr } from './types.ts'

/** Whether two entries are equal in every field. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true
  if (a.path !== b.path) return false
  if (a.kind === 'hardlink') return b.kind === 'hardlink' && a.target === b.target
  if (b.kind === 'hardlink') return false
  const owned =
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.mtimeSec === b.mtimeSec &&
    a.mtimeNs === b.mtimeNs &&
    sameXattrs(a.xattrs, b.xattrs)
  if (!owned) return false
  if (a.kind === 'symlink') return b.kind === 'symlink' && a.target === b.target
  if (a.kind === 'directory') return b.kind === 'directory' && a.mode === b.mode
  return (
    b.kind === 'file' &&
    a.mode === b.mode &&
    a.size === b.size &&
    a.sparse === b.sparse &&
    sameChunks(a.chunks, b.chunks)
  )
}

/** The same content; equal digests have equal sizes. */
export const sameChunks = (a: readonly ChunkRef[], b: readonly ChunkRef[]): boolean =>
  a === b || (a.length === b.length && a.every(({ digest }, i) => digest === b[i]?.digest))

const sameXattrs = (a: readonly Xattr[], b: readonly Xattr[]): boolean =>
  a === b ||
  (a.length === b.length && a.every(({ name, value }, i) => name === b[i]?.name && sameBytes(value, b[i].value)))

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
