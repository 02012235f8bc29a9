import {
  type CodedWindow,
  type ContentWindow,
  decodeDeltaTable,
  DELTA_BASE_BYTES,
  DELTA_NEXT_BYTES,
  DELTA_TABLE_BYTES,
  type DeltaTable,
  type Run,
} from '../../protocol/delta/index.ts'
import { type ChunkRef, type Digest, ShoalError } from '../../protocol/index.ts'
import { digestOf } from '../store/index.ts'
import { readTrailer, TRAILER_BYTES } from './blob.ts'
import { type BlobDeps, type BlobOptions, BlobReader } from './blob-reader.ts'
import type { DeltaStep } from './chain.ts'
import { decodeWindow, decompress } from './codec.ts'

/** A coded window and where its parts lie in the blob. */
export interface Placed<W extends CodedWindow> {
  readonly window: W
  readonly from: number
  readonly length: number
}

/** What of the release a delta may cost beside its content: its own table. */
const TABLE_SHARE = 64 * 1024 * 1024

/** A delta whose table is here. Its windows are obtained as they are needed, and nothing that they make is believed before its digest is computed. */
export class OpenDelta {
  readonly #blob: BlobReader
  readonly #table: DeltaTable
  readonly #baseManifest: Uint8Array

  private constructor(blob: BlobReader, table: DeltaTable, baseManifest: Uint8Array) {
    this.#blob = blob
    this.#table = table
    this.#baseManifest = baseManifest
  }

  /**
   * @param treeBytes bytes of all content of the release that is wanted in the end
   * @param baseManifest canonical bytes of the manifest that it is coded against
   * @throws DELTA_INVALID, NO_SOURCE when no peer has it, NO_SPACE, CANCELLED
   */
  static async open(
    deps: BlobDeps,
    {
      step,
      treeBytes,
      baseManifest,
    }: { readonly step: DeltaStep; readonly treeBytes: number; readonly baseManifest: Uint8Array },
    options: BlobOptions,
  ): Promise<OpenDelta> {
    if (step.bytes < TRAILER_BYTES || step.bytes > treeBytes + step.manifestBytes + TABLE_SHARE) {
      throw new ShoalError('DELTA_INVALID', `a delta of ${step.bytes} bytes cannot be one of this release`)
    }
    const blob = await BlobReader.open(deps, step, options)
    const end = step.bytes - TRAILER_BYTES
    await blob.obtain([{ from: end, length: TRAILER_BYTES }], options)
    const tableBytes = readTrailer(await blob.read(end, TRAILER_BYTES))
    if (tableBytes > Math.min(end, DELTA_TABLE_BYTES))
      throw new ShoalError('DELTA_INVALID', 'a delta’s table is too long')
    await blob.obtain([{ from: end - tableBytes, length: tableBytes }], options)
    const table = decodeDeltaTable(decompress(await blob.read(end - tableBytes, tableBytes), DELTA_TABLE_BYTES), {
      bytes: step.bytes,
      baseManifestBytes: baseManifest.length,
      nextManifestBytes: step.manifestBytes,
    })
    return new OpenDelta(blob, table, baseManifest)
  }

  /** The new manifest's bytes; whoever wants them checks that they are what the head names. @throws as `open` */
  async manifest(options: BlobOptions): Promise<Uint8Array> {
    const placed = place(this.#table.manifest, 0)
    await this.#blob.obtain(placed, options)
    const out = new Uint8Array(this.#table.manifest.reduce((sum, { size }) => sum + size, 0))
    let at = 0
    for (const { window, from } of placed) {
      const base = this.#baseManifest.subarray(window.from, window.from + window.length)
      out.set(await this.#decode(window, from, base, window.size), at)
      at += window.size
    }
    return out
  }

  /** Windows that make a chunk which `wanted` names. @throws DELTA_INVALID */
  windowsFor(next: readonly ChunkRef[], wanted: ReadonlySet<Digest>): readonly Placed<ContentWindow>[] {
    const first = this.#table.manifest.reduce((sum, window) => sum + partBytes(window), 0)
    return place(this.#table.content, first).filter(({ window }) =>
      runRefs(next, window.next, DELTA_NEXT_BYTES).refs.some(({ digest }) => wanted.has(digest)),
    )
  }

  /** Makes sure that windows are here. @throws NO_SOURCE, NO_SPACE, CANCELLED */
  obtain(windows: readonly Placed<ContentWindow>[], options: BlobOptions): Promise<void> {
    return this.#blob.obtain(windows, options)
  }

  /** Chunks that a window makes. @throws DELTA_INVALID */
  madeBy({ window }: Placed<ContentWindow>, next: readonly ChunkRef[]): readonly ChunkRef[] {
    return runRefs(next, window.next, DELTA_NEXT_BYTES).refs
  }

  /**
   * The chunks that one window makes, each checked against its digest.
   * @throws DELTA_INVALID, and what `read` throws
   */
  async decode(
    { window, from }: Placed<ContentWindow>,
    chunks: { readonly base: readonly ChunkRef[]; readonly next: readonly ChunkRef[] },
    read: (ref: ChunkRef) => Promise<Uint8Array>,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    const before = runRefs(chunks.base, window.base, DELTA_BASE_BYTES)
    const after = runRefs(chunks.next, window.next, DELTA_NEXT_BYTES)
    const base = new Uint8Array(before.bytes)
    let at = 0
    for (const ref of before.refs) {
      base.set(await read(ref), at)
      at += ref.size
    }
    const bytes = await this.#decode(window, from, base, after.bytes)
    const made = new Map<Digest, Uint8Array>()
    at = 0
    for (const ref of after.refs) {
      const chunk = bytes.subarray(at, at + ref.size)
      if (digestOf(chunk) !== ref.digest)
        throw new ShoalError('DELTA_INVALID', 'a delta makes other bytes than the release')
      made.set(ref.digest, chunk)
      at += ref.size
    }
    return made
  }

  /** Chunks of the base that a window reads. @throws DELTA_INVALID */
  baseOf({ window }: Placed<ContentWindow>, base: readonly ChunkRef[]): readonly ChunkRef[] {
    return runRefs(base, window.base, DELTA_BASE_BYTES).refs
  }

  async #decode({ codec, parts }: CodedWindow, from: number, base: Uint8Array, size: number): Promise<Uint8Array> {
    const frames: Uint8Array[] = []
    let at = from
    for (const length of parts) {
      frames.push(await this.#blob.read(at, length))
      at += length
    }
    return decodeWindow(base, { codec, parts: frames }, size)
  }
}

const partBytes = ({ parts }: CodedWindow): number => parts.reduce((sum, size) => sum + size, 0)

function place<W extends CodedWindow>(windows: readonly W[], first: number): readonly Placed<W>[] {
  let from = first
  return windows.map((window) => {
    const placed = { window, from, length: partBytes(window) }
    from += placed.length
    return placed
  })
}

/** @throws DELTA_INVALID when a run names chunks that the release does not have, or all of them have more than `most` bytes */
function runRefs(chunks: readonly ChunkRef[], runs: readonly Run[], most: number): RunRefs {
  const refs: ChunkRef[] = []
  let bytes = 0
  for (const { start, count } of runs) {
    if (start + count > chunks.length) throw new ShoalError('DELTA_INVALID', 'a delta names chunks that are not there')
    for (let i = start; i < start + count; i++) {
      const ref = chunks[i]
      if (ref === undefined) continue
      refs.push(ref)
      bytes += ref.size
      if (bytes > most) throw new ShoalError('DELTA_INVALID', `a window of a delta has more than ${most} bytes`)
    }
  }
  return { refs, bytes }
}

interface RunRefs {
  readonly refs: readonly ChunkRef[]
  readonly bytes: number
}
