import { parseTreePath, type TreePath } from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { malformed, type RowReader } from './row-reader.ts'
import type { RowWriter } from './row-writer.ts'
import type { ChunkRef, Entry, Ownership, Xattr } from './types.ts'

const KIND = { file: 0, directory: 1, symlink: 2, hardlink: 3 } as const
/** Fields of a row of each kind. */
const FIELDS = [11, 8, 8, 3] as const
export const REF_BYTES = 36
const XATTR_NAME = /^(user|security|system|trusted)\.[\x21-\x7e]{1,255}$/
const NO_XATTRS: readonly Xattr[] = []
const MAX_ID = 0xfffffffe

/** One array an entry (docs/spec/manifest.md). */
export function writeRow(out: RowWriter, entry: Entry): void {
  out.array(FIELDS[KIND[entry.kind]])
  out.integer(KIND[entry.kind])
  out.byteString(entry.path)
  if (entry.kind === 'hardlink') return out.byteString(entry.target)
  if (entry.kind !== 'symlink') out.integer(entry.mode)
  writeOwnership(out, entry)
  if (entry.kind === 'symlink') out.byteString(entry.target)
  if (entry.kind !== 'file') return
  out.integer(entry.size)
  out.integer(entry.sparse ? 1 : 0)
  out.bytesHead(entry.chunks.length * REF_BYTES)
  writeRefs(out, entry.chunks)
}

function writeOwnership(out: RowWriter, { uid, gid, mtimeSec, mtimeNs, xattrs }: Ownership): void {
  for (const value of [uid, gid, mtimeSec, mtimeNs]) out.integer(value)
  out.array(xattrs.length)
  for (const { name, value } of xattrs) {
    out.array(2)
    out.text(name)
    out.bytes(value)
  }
}

/** Chunk references as bytes: digest (32), size (u32 big endian), one after another. */
export function writeRefs(out: RowWriter, refs: readonly ChunkRef[]): void {
  for (const { digest, size } of refs) {
    out.hex(digest)
    out.u32(size)
  }
}

/** References in so many bytes. @throws MANIFEST_MALFORMED unless whole ones of 1 to LIMITS.chunkBytes bytes */
export function readRefs(row: RowReader, length: number): readonly ChunkRef[] {
  if (length % REF_BYTES !== 0) throw malformed('a chunk list is cut off')
  const refs: ChunkRef[] = []
  for (let left = length; left > 0; left -= REF_BYTES) {
    const digest = row.digest()
    const size = row.u32()
    if (size === 0 || size > LIMITS.chunkBytes) throw malformed(`a chunk of ${size} bytes`)
    refs.push({ digest, size })
  }
  return refs
}

/** @throws MANIFEST_MALFORMED, MANIFEST_PATH_* */
export function readRow(row: RowReader): Entry {
  const fields = row.array()
  const kind = row.integer(0, 3)
  if (fields !== FIELDS[kind]) throw malformed('an entry has another number of fields')
  const path = readPath(row)
  if (kind === KIND.hardlink) return { kind: 'hardlink', path, target: readPath(row) }
  if (kind === KIND.symlink) return { kind: 'symlink', path, ...readOwnership(row), target: readLinkText(row) }
  const mode = row.integer(0, 0o7777)
  const { uid, gid, mtimeSec, mtimeNs, xattrs } = readOwnership(row)
  if (kind === KIND.directory) return { kind: 'directory', path, mode, uid, gid, mtimeSec, mtimeNs, xattrs }
  const size = row.integer(0, Number.MAX_SAFE_INTEGER)
  const sparse = row.integer(0, 1) === 1
  const chunks = readRefs(row, row.bytesHead(Number.MAX_SAFE_INTEGER))
  return { kind: 'file', path, mode, uid, gid, mtimeSec, mtimeNs, xattrs, size, sparse, chunks }
}

const readPath = (row: RowReader): TreePath => parseTreePath(row.byteString(1 << 20))

function readLinkText(row: RowReader): string {
  const text = row.byteString(LIMITS.symlinkBytes)
  if (text === '' || text.includes('\0')) throw malformed('the text of a symlink')
  return text
}

function readOwnership(row: RowReader): Ownership {
  const [uid, gid] = [row.integer(0, MAX_ID), row.integer(0, MAX_ID)]
  const mtimeSec = row.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  return { uid, gid, mtimeSec, mtimeNs: row.integer(0, 999_999_999), xattrs: readXattrs(row) }
}

function readXattrs(row: RowReader): readonly Xattr[] {
  const count = row.array()
  if (count > LIMITS.xattrsPerEntry) throw malformed('the extended attributes of an entry')
  if (count === 0) return NO_XATTRS
  return Array.from({ length: count }, () => {
    if (row.array() !== 2) throw malformed('an extended attribute')
    const name = row.text(1024)
    if (!XATTR_NAME.test(name)) throw malformed('the name of an extended attribute')
    // A copy: a view would keep all of the manifest's bytes.
    return { name, value: row.bytes(LIMITS.xattrBytes).slice() }
  })
}
