import { decodeOptions, encode } from '@ipld/dag-cbor'
import { decodeFirst } from 'cborg'
import { ShoalError } from '../errors/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { entryCheck } from './check.ts'
import { decodeHeader, encodeHeader } from './header.ts'
import { sharingWith } from './queries.ts'
import { malformed, RowReader } from './row-reader.ts'
import { readRow } from './rows.ts'
import { STEP_ITEMS } from './steps.ts'
import type { Entry, Manifest, ManifestHeader } from './types.ts'

/** First bytes of every manifest of format 1: `SHOALMF1`. */
export const MAGIC = new TextEncoder().encode('SHOALMF1')

/** Whether bytes begin as a manifest does. */
export const isManifest = (bytes: Uint8Array): boolean =>
  bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte)

/** A manifest that is decoded as far as it is needed. */
export interface ManifestReading {
  /** Entries that it states to have: at least as many as `entries` ever gets. */
  readonly count: number
  /** Those decoded so far, in path order; each was checked beside all before it. */
  readonly entries: readonly Entry[]
  /** Decodes some more, well under a millisecond. @returns the manifest once all of it is decoded @throws as decodeManifest, the same again whenever it is asked */
  step(): Manifest | undefined
}

/** One that is decoded already. */
export const readingOf = (manifest: Manifest): ManifestReading => ({
  count: manifest.entries.length,
  entries: manifest.entries,
  step: () => manifest,
})

/** Decodes and checks hostile bytes entry by entry, see decodeManifest. */
export class ManifestDecoder implements ManifestReading {
  readonly count: number
  readonly entries: Entry[] = []
  readonly #header: ManifestHeader
  readonly #rows: RowReader
  readonly #share: (entry: Entry) => Entry
  readonly #check = entryCheck(this.entries)
  #manifest: Manifest | undefined
  #failure: unknown

  /** @throws MANIFEST_TOO_LARGE, MANIFEST_MALFORMED, MANIFEST_NOT_CANONICAL */
  constructor(bytes: Uint8Array, like?: Manifest) {
    if (bytes.length > LIMITS.manifestBytes) {
      throw new ShoalError(
        'MANIFEST_TOO_LARGE',
        `a manifest has at most ${LIMITS.manifestBytes} bytes, this one ${bytes.length}`,
      )
    }
    if (!isManifest(bytes)) throw malformed('it is no manifest of format 1')
    const { header, end } = readHeader(bytes)
    this.#header = header
    this.#rows = new RowReader(bytes, end)
    this.count = this.#rows.integer(1, Number.MAX_SAFE_INTEGER)
    if (this.count > LIMITS.manifestEntries) {
      throw new ShoalError(
        'MANIFEST_TOO_LARGE',
        `a manifest has at most ${LIMITS.manifestEntries} entries, this one states ${this.count}`,
      )
    }
    this.#share = sharingWith(like?.entries ?? [])
  }

  step(): Manifest | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#manifest ??= this.#decode()
      return this.#manifest
    } catch (err) {
      this.#failure = err
      throw err
    }
  }

  #decode(): Manifest | undefined {
    const { entries, count } = this
    const to = Math.min(count, entries.length + STEP_ITEMS)
    for (let i = entries.length; i < to; i++) {
      entries.push(this.#share(readRow(this.#rows)))
      this.#check(i)
    }
    if (to < count) return undefined
    if (!this.#rows.done) throw new ShoalError('MANIFEST_NOT_CANONICAL', 'bytes follow the last entry of this manifest')
    return { header: this.#header, entries }
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
