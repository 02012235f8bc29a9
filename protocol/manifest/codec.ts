import { encode } from '@ipld/dag-cbor'
import { checkEntries } from './check.ts'
import { MAGIC, ManifestDecoder } from './decoder.ts'
import { encodeHeader } from './header.ts'
import { RowReader } from './row-reader.ts'
import { RowWriter } from './row-writer.ts'
import { readRefs, writeRefs, writeRow } from './rows.ts'
import type { ChunkRef, Manifest } from './types.ts'

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

/** Chunk references as bytes: digest (32), size (u32 big endian), one after another. */
export function encodeChunkList(refs: readonly ChunkRef[]): Uint8Array {
  const out = new RowWriter()
  writeRefs(out, refs)
  return out.take().slice()
}

/** @throws MANIFEST_MALFORMED unless whole references of 1 to LIMITS.chunkBytes bytes */
export const decodeChunkList = (bytes: Uint8Array): readonly ChunkRef[] =>
  readRefs(new RowReader(bytes, 0), bytes.length)

/**
 * Reads and checks hostile bytes. Nothing but a ShoalError is ever thrown; what is returned obeys every rule of docs/spec/manifest.md.
 * @param like a manifest that is in memory anyway: entries that both have are shared
 * @throws MANIFEST_TOO_LARGE, MANIFEST_MALFORMED, MANIFEST_NOT_CANONICAL, MANIFEST_PATH_*, MANIFEST_PARENT_MISSING, …
 */
export function decodeManifest(bytes: Uint8Array, like?: Manifest): Manifest {
  const decoder = new ManifestDecoder(bytes, like)
  for (;;) {
    const manifest = decoder.step()
    if (manifest !== undefined) return manifest
  }
}
