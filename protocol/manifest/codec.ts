import { decodeOptions, encode } from '@ipld/dag-cbor'
import { decodeFirst } from 'cborg'
import { ShoalError } from '../errors/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { checkEntries, checkSteps } from './check.ts'
import { decodeHeader, encodeHeader } from './header.ts'
import { malformed, RowReader } from './row-reader.ts'
import { RowWriter } from './row-writer.ts'
import { readRefs, readRow, writeRefs, writeRow } from './rows.ts'
import { sameEntry } from './same.ts'
import { runSteps, STEP_ITEMS, type Steps } from './steps.ts'
import type { ChunkRef, Entry, Manifest, ManifestHeader } from './types.ts'

/** First bytes of every manifest of format 1: `SHOALMF1`. */
const MAGIC = new TextEncoder().encode('SHOALMF1')
/** Bytes written between two parts that are handed out. */
const PART_BYTES = 64 * 1024

/**
 * Canonical bytes of a manifest: magic, then a sequence of DAG-CBOR items: the header, the number of entries, one array an entry in path
 * order (docs/spec/manifest.md). Equal manifests have equal bytes.
 * @throws MANIFEST_* when the manifest breaks a rule of format 1
 */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const parts = Array.from(manifestParts(manifest), (part) => part.slice())
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The same bytes in parts, each to be used before the next is asked for: for whoever needs their digest only. @throws as `encodeManifest` */
export function* manifestParts({ header, entries }: Manifest): Generator<Uint8Array> {
  checkEntries(entries)
  const out = new RowWriter()
  out.raw(MAGIC)
  out.raw(encode(encodeHeader(header)))
  out.integer(entries.length)
  for (const entry of entries) {
    writeRow(out, entry)
    if (out.length >= PART_BYTES) yield out.take()
  }
  yield out.take()
}

/** Whether bytes begin as a manifest does. */
export const isManifest = (bytes: Uint8Array): boolean =>
  bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte)

/** Chunk references as bytes: digest (32), size (u32 big endian), one after another. */
export function encodeChunkList(refs: readonly ChunkRef[]): Uint8Array {
  const out = new RowWriter()
  writeRefs(out, refs)
  return out.take().slice()
}

/** @throws MANIFEST_MALFORMED unless whole references of 1 to LIMITS.chunkBytes bytes */
export const decodeChunkList = (bytes: Uint8Array): readonly ChunkRef[] => readRefs(bytes)

/**
 * Reads and checks hostile bytes. Nothing but a ShoalError is ever thrown; what is returned obeys every rule of docs/spec/manifest.md.
 * @param like a manifest that is in memory anyway: entries that both have are shared
 * @throws MANIFEST_TOO_LARGE, MANIFEST_MALFORMED, MANIFEST_NOT_CANONICAL, MANIFEST_PATH_*, MANIFEST_PARENT_MISSING, …
 */
export const decodeManifest = (bytes: Uint8Array, like?: Manifest): Manifest => runSteps(decodeSteps(bytes, like))

/** As decodeManifest, in steps. */
export function* decodeSteps(bytes: Uint8Array, like?: Manifest): Steps<Manifest> {
  if (bytes.length > LIMITS.manifestBytes) {
    throw new ShoalError(
      'MANIFEST_TOO_LARGE',
      `a manifest has at most ${LIMITS.manifestBytes} bytes, this one ${bytes.length}`,
    )
  }
  if (!isManifest(bytes)) throw malformed('it is no manifest of format 1')
  const { header, end } = readHeader(bytes)
  const rows = new RowReader(bytes, end)
  const count = rows.integer(1, Number.MAX_SAFE_INTEGER)
  if (count > LIMITS.manifestEntries) {
    throw new ShoalError(
      'MANIFEST_TOO_LARGE',
      `a manifest has at most ${LIMITS.manifestEntries} entries, this one states ${count}`,
    )
  }
  const share = sharing(like?.entries ?? [])
  const entries: Entry[] = []
  for (let i = 0; i < count; i++) {
    entries.push(share(readRow(rows)))
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  if (!rows.done) throw new ShoalError('MANIFEST_NOT_CANONICAL', 'bytes follow the last entry of this manifest')
  yield* checkSteps(entries)
  return { header, entries }
}

/** Answers with the known entry where it is equal. Both lists are in path order. */
function sharing(known: readonly Entry[]): (entry: Entry) => Entry {
  let at = 0
  return (entry) => {
    let other = known[at]
    while (other !== undefined && other.path < entry.path) other = known[++at]
    return other !== undefined && sameEntry(other, entry) ? other : entry
  }
}

function readHeader(bytes: Uint8Array): { readonly header: ManifestHeader; readonly end: number } {
  const rest = bytes.subarray(MAGIC.length)
  if (rest.length === 0) throw malformed('it is cut off')
  const header = decodeHeader(firstItem(rest))
  const canonical = encode(encodeHeader(header))
  if (canonical.some((byte, i) => rest[i] !== byte))
    throw new ShoalError('MANIFEST_NOT_CANONICAL', 'the header of this manifest is not in its canonical form')
  return { header, end: MAGIC.length + canonical.length }
}

function firstItem(bytes: Uint8Array): unknown {
  try {
    return decodeFirst(bytes, decodeOptions)[0]
  } catch (err) {
    throw malformed('its header is not DAG-CBOR', err)
  }
}
