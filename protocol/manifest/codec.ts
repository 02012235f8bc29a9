import { decodeOptions, encode } from '@ipld/dag-cbor'
import { decodeFirst } from 'cborg'
import { ShoalError } from '../errors/index.ts'
import { digestFromBytes, fromByteString, fromHex, parseTreePath, toByteString, type TreePath } from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { checkEntries } from './check.ts'
import { decodeHeader, encodeHeader } from './header.ts'
import type { ChunkRef, Entry, Manifest, Ownership, Xattr } from './types.ts'

/** First bytes of every manifest of format 1: `SHOALMF1`. */
const MAGIC = new TextEncoder().encode('SHOALMF1')
const REF_BYTES = 36
const KIND = { file: 0, directory: 1, symlink: 2, hardlink: 3 } as const

/**
 * Canonical bytes of a manifest: magic, then a sequence of DAG-CBOR items: the header, the number of entries, one array an entry in path
 * order (docs/spec/manifest.md). Equal manifests have equal bytes.
 * @throws MANIFEST_* when the manifest breaks a rule of format 1
 */
export function encodeManifest(manifest: Manifest): Uint8Array {
  checkEntries(manifest.entries)
  return encodeItems(manifest)
}

function encodeItems({ header, entries }: Manifest): Uint8Array {
  const items = [MAGIC, encode(encodeHeader(header)), encode(entries.length)]
  for (const entry of entries) items.push(encode(rowOf(entry)))
  const out = new Uint8Array(items.reduce((sum, item) => sum + item.length, 0))
  let offset = 0
  for (const item of items) {
    out.set(item, offset)
    offset += item.length
  }
  return out
}

const ownershipRow = (o: Ownership): unknown[] => [
  o.uid,
  o.gid,
  o.mtimeSec,
  o.mtimeNs,
  o.xattrs.map(({ name, value }) => [name, value]),
]

function rowOf(entry: Entry): unknown[] {
  const path = fromByteString(entry.path)
  switch (entry.kind) {
    case 'file': {
      const content = [entry.size, entry.sparse ? 1 : 0, encodeChunkList(entry.chunks)]
      return [KIND.file, path, entry.mode, ...ownershipRow(entry), ...content]
    }
    case 'directory':
      return [KIND.directory, path, entry.mode, ...ownershipRow(entry)]
    case 'symlink':
      return [KIND.symlink, path, ...ownershipRow(entry), fromByteString(entry.target)]
    case 'hardlink':
      return [KIND.hardlink, path, fromByteString(entry.target)]
  }
}

/** Chunk references as bytes: digest (32), size (u32 big endian), one after another. */
export function encodeChunkList(refs: readonly ChunkRef[]): Uint8Array {
  const out = new Uint8Array(refs.length * REF_BYTES)
  const view = new DataView(out.buffer)
  for (const [i, { digest, size }] of refs.entries()) {
    out.set(fromHex(digest), i * REF_BYTES)
    view.setUint32(i * REF_BYTES + 32, size)
  }
  return out
}

/** @throws MANIFEST_MALFORMED unless whole references of 1 to LIMITS.chunkBytes bytes */
export function decodeChunkList(bytes: Uint8Array): readonly ChunkRef[] {
  if (bytes.length % REF_BYTES !== 0) throw malformed('a chunk list is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const refs: ChunkRef[] = []
  for (let at = 0; at < bytes.length; at += REF_BYTES) {
    const size = view.getUint32(at + 32)
    if (size === 0 || size > LIMITS.chunkBytes) throw malformed(`a chunk of ${size} bytes`)
    refs.push({ digest: digestFromBytes(bytes.subarray(at, at + 32)), size })
  }
  return refs
}

const malformed = (why: string, cause?: unknown): ShoalError =>
  new ShoalError('MANIFEST_MALFORMED', `this manifest cannot be read: ${why}`, { cause })

/**
 * Reads and checks hostile bytes. Nothing but a ShoalError is ever thrown; what is returned obeys every rule of docs/spec/manifest.md.
 * @throws MANIFEST_TOO_LARGE, MANIFEST_MALFORMED, MANIFEST_NOT_CANONICAL, MANIFEST_PATH_*, MANIFEST_PARENT_MISSING, …
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > LIMITS.manifestBytes) {
    throw new ShoalError(
      'MANIFEST_TOO_LARGE',
      `a manifest has at most ${LIMITS.manifestBytes} bytes, this one ${bytes.length}`,
    )
  }
  if (bytes.length < MAGIC.length || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw malformed('it is no manifest of format 1')
  const items = new ItemReader(bytes.subarray(MAGIC.length))
  const header = decodeHeader(items.next())
  const count = items.next()
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) throw malformed('its number of entries')
  if (count > LIMITS.manifestEntries) {
    throw new ShoalError(
      'MANIFEST_TOO_LARGE',
      `a manifest has at most ${LIMITS.manifestEntries} entries, this one states ${count}`,
    )
  }
  const entries: Entry[] = []
  for (let i = 0; i < count; i++) entries.push(entryOf(items.next()))
  if (!items.done) throw new ShoalError('MANIFEST_NOT_CANONICAL', 'bytes follow the last entry of this manifest')
  checkEntries(entries)
  const manifest = { header, entries }
  if (!equalBytes(encodeItems(manifest), bytes)) {
    throw new ShoalError('MANIFEST_NOT_CANONICAL', 'this manifest is not in its canonical form')
  }
  return manifest
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Takes one CBOR item after another. */
class ItemReader {
  #rest: Uint8Array
  constructor(bytes: Uint8Array) {
    this.#rest = bytes
  }
  get done(): boolean {
    return this.#rest.length === 0
  }
  next(): unknown {
    if (this.done) throw malformed('it is cut off')
    try {
      const [value, rest] = decodeFirst(this.#rest, decodeOptions)
      this.#rest = rest
      return value
    } catch (err) {
      throw malformed('it is not DAG-CBOR', err)
    }
  }
}

function entryOf(row: unknown): Entry {
  if (!Array.isArray(row)) throw malformed('an entry is not a list')
  const fields = new FieldReader(row)
  const kind = fields.integer(0, 3)
  const path = fields.path()
  const entry = readEntry(kind, path, fields)
  fields.end()
  return entry
}

function readEntry(kind: number, path: TreePath, fields: FieldReader): Entry {
  if (kind === KIND.hardlink) return { kind: 'hardlink', path, target: fields.path() }
  if (kind === KIND.symlink) {
    const ownership = fields.ownership()
    return { kind: 'symlink', path, ...ownership, target: fields.linkText() }
  }
  const mode = fields.integer(0, 0o7777)
  const ownership = fields.ownership()
  if (kind === KIND.directory) return { kind: 'directory', path, mode, ...ownership }
  const size = fields.integer(0, Number.MAX_SAFE_INTEGER)
  const sparse = fields.integer(0, 1) === 1
  return {
    kind: 'file',
    path,
    mode,
    ...ownership,
    size,
    sparse,
    chunks: decodeChunkList(fields.bytes(Number.MAX_SAFE_INTEGER)),
  }
}

const XATTR_NAME = /^(user|security|system|trusted)\.[\x21-\x7e]{1,255}$/

/** Reads the fields of one row in order, each checked for type and range. */
class FieldReader {
  readonly #row: readonly unknown[]
  #at = 0
  constructor(row: readonly unknown[]) {
    this.#row = row
  }
  integer(min: number, max: number): number {
    const value = this.#row[this.#at++]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
      throw malformed('a number of an entry')
    return value
  }
  bytes(max: number): Uint8Array {
    const value = this.#row[this.#at++]
    if (!(value instanceof Uint8Array) || value.length > max) throw malformed('a field of bytes of an entry')
    return value
  }
  path(): TreePath {
    return parseTreePath(toByteString(this.bytes(1 << 20)))
  }
  linkText(): string {
    const text = toByteString(this.bytes(LIMITS.symlinkBytes))
    if (text === '' || text.includes('\0')) throw malformed('the text of a symlink')
    return text
  }
  ownership(): Ownership {
    const [uid, gid] = [this.integer(0, 0xfffffffe), this.integer(0, 0xfffffffe)]
    const mtimeSec = this.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    return { uid, gid, mtimeSec, mtimeNs: this.integer(0, 999_999_999), xattrs: this.#xattrs() }
  }
  #xattrs(): readonly Xattr[] {
    const rows = this.#row[this.#at++]
    if (!Array.isArray(rows) || rows.length > LIMITS.xattrsPerEntry)
      throw malformed('the extended attributes of an entry')
    return rows.map((row: unknown) => {
      const [name, value, ...more]: unknown[] = Array.isArray(row) ? row : []
      if (typeof name !== 'string' || !XATTR_NAME.test(name)) throw malformed('the name of an extended attribute')
      if (!(value instanceof Uint8Array) || value.length > LIMITS.xattrBytes || more.length > 0) {
        throw malformed('the value of an extended attribute')
      }
      return { name, value }
    })
  }
  end(): void {
    if (this.#at !== this.#row.length) throw malformed('an entry has another number of fields')
  }
}
