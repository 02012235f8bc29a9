import { ShoalError } from '../errors/index.ts'
import { DELTA_BASE_BYTES, DELTA_NEXT_BYTES } from './limits.ts'
import { VarintReader, VarintWriter } from './varint.ts'
import type { DeltaWindow, Run } from './windows.ts'

/**
 * How a window's new bytes are coded. `plain`: without the base. `dictionary`: the base is the dictionary. `patch`: control, differences and inserts of a
 * patch. Every part is one zstd frame (RFC 8878).
 */
export const DELTA_CODECS = ['plain', 'dictionary', 'patch'] as const
export type DeltaCodec = (typeof DELTA_CODECS)[number]

/** Sizes of a window's zstd frames: one, or three of a patch; bytes. */
export interface CodedWindow {
  readonly codec: DeltaCodec
  readonly parts: readonly number[]
}

/** A range of the new manifest's bytes, coded against a range of the old one's. Ranges of the new one follow each other. */
export interface ManifestWindow extends CodedWindow {
  readonly from: number
  readonly length: number
  /** New bytes. */
  readonly size: number
}

export interface ContentWindow extends CodedWindow, DeltaWindow {}

/** What a delta holds, in the order of its parts: first the manifest, then the content. */
export interface DeltaTable {
  readonly manifest: readonly ManifestWindow[]
  readonly content: readonly ContentWindow[]
}

const invalid = (why: string): ShoalError => new ShoalError('DELTA_INVALID', `a delta’s table cannot be read: ${why}`)

/** Numbers as LEB128, in the order of the types above; starts of runs against the end of the run before. */
export function encodeDeltaTable({ manifest, content }: DeltaTable): Uint8Array {
  const out = new VarintWriter()
  out.write(manifest.length)
  for (const window of manifest) {
    writeCoded(out, window)
    for (const value of [window.from, window.length, window.size]) out.write(value)
  }
  out.write(content.length)
  const last = { base: 0, next: 0 }
  for (const window of content) {
    writeCoded(out, window)
    last.base = writeRuns(out, window.base, last.base)
    last.next = writeRuns(out, window.next, last.next)
  }
  return out.bytes()
}

function writeCoded(out: VarintWriter, { codec, parts }: CodedWindow): void {
  out.write(DELTA_CODECS.indexOf(codec))
  for (const size of parts) out.write(size)
}

function writeRuns(out: VarintWriter, runs: readonly Run[], last: number): number {
  let end = last
  out.write(runs.length)
  for (const { start, count } of runs) {
    out.writeSigned(start - end)
    out.write(count)
    end = start + count
  }
  return end
}

/** What a reader knows for certain before it reads a table: nothing in it may exceed this. */
export interface TableBounds {
  /** Bytes of the whole delta. */
  readonly bytes: number
  readonly baseManifestBytes: number
  readonly nextManifestBytes: number
}

/** Chunks that the content windows may name: the manifests are known only once their windows are decoded, so runs are checked later. */
const MOST_CHUNKS = 2 ** 32

/**
 * Reads a hostile table.
 * @throws DELTA_INVALID
 */
export function decodeDeltaTable(bytes: Uint8Array, bounds: TableBounds): DeltaTable {
  const input = new VarintReader(bytes, invalid)
  const manifest = readList(input, bytes.length, () => readManifestWindow(input, bounds))
  const size = manifest.reduce((sum, window) => sum + window.size, 0)
  if (size !== bounds.nextManifestBytes) throw invalid('its manifest has another size')
  const last = { base: 0, next: 0 }
  const content = readList(input, bytes.length, () => {
    const coded = readCoded(input, bounds)
    const base = readRuns(input, bytes.length, last.base)
    const next = readRuns(input, bytes.length, last.next)
    last.base = endOf(base, last.base)
    last.next = endOf(next, last.next)
    return { ...coded, base, next }
  })
  if (!input.done) throw invalid('bytes follow its end')
  return { manifest, content }
}

function readManifestWindow(input: VarintReader, bounds: TableBounds): ManifestWindow {
  const coded = readCoded(input, bounds)
  const from = input.read(bounds.baseManifestBytes)
  const length = input.read(Math.min(DELTA_BASE_BYTES, bounds.baseManifestBytes - from))
  return { ...coded, from, length, size: input.read(DELTA_NEXT_BYTES) }
}

function readCoded(input: VarintReader, { bytes }: TableBounds): CodedWindow {
  const codec = DELTA_CODECS[input.read(DELTA_CODECS.length - 1)]
  if (codec === undefined) throw invalid('an unknown codec')
  return { codec, parts: Array.from({ length: partsOf(codec) }, () => input.read(bytes)) }
}

export const partsOf = (codec: DeltaCodec): number => (codec === 'patch' ? 3 : 1)

function readRuns(input: VarintReader, most: number, last: number): readonly Run[] {
  let end = last
  return readList(input, most, () => {
    const start = end + input.readSigned(MOST_CHUNKS)
    const count = input.read(MOST_CHUNKS)
    if (start < 0 || count === 0) throw invalid('a run of chunks')
    end = start + count
    return { start, count }
  })
}

const endOf = (runs: readonly Run[], last: number): number => {
  const run = runs.at(-1)
  return run === undefined ? last : run.start + run.count
}

/** A list of as many items as it says; every item takes at least one byte of the table. */
function readList<T>(input: VarintReader, most: number, read: () => T): readonly T[] {
  const count = input.read(most)
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())
  return items
}
