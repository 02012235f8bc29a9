import {
  type CodedWindow,
  type ContentWindow,
  DELTA_BASE_BYTES,
  DELTA_NEXT_BYTES,
  type DeltaWindow,
  encodeDeltaTable,
  type ManifestWindow,
  planWindows,
  type Run,
} from '../../protocol/delta/index.ts'
import { type ChunkRef, type DeltaRef, type Digest, distinctChunks, ShoalError } from '../../protocol/index.ts'
import type { ManifestStore, PackStore } from '../store/index.ts'
import { BlobWriter, trailerOf } from './blob.ts'
import { type Coded, codedBytes, compress } from './codec.ts'
import type { Encoders } from './encoders.ts'

/** A window that saves less than this is left out: its chunks travel as they are. */
const WORTH = 0.97

export interface MakeDeltaDeps {
  readonly manifests: Pick<ManifestStore, 'bytes' | 'load'>
  /** A chunk of either release, verified; undefined when it is not here. */
  readonly read: (digest: Digest) => Promise<Uint8Array | undefined>
  readonly packs: Pick<PackStore, 'put' | 'flush'>
  readonly encoders: Encoders
}

export interface MakeDeltaInit {
  readonly from: Digest
  readonly to: Digest
  readonly signal: AbortSignal
  /** Bytes of new content coded so far, and in all. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void
}

/**
 * Makes the delta from one release to another, both of which are wholly here, and keeps it in the packs. Durable when it resolves.
 * @throws CHUNK_NOT_FOUND when a release is not whole any more, NO_SPACE, CANCELLED
 */
export async function makeDelta(deps: MakeDeltaDeps, init: MakeDeltaInit): Promise<DeltaRef> {
  const [baseBytes, nextBytes] = [await manifestBytes(deps, init.from), await manifestBytes(deps, init.to)]
  const [base, next] = [await deps.manifests.load(init.from), await deps.manifests.load(init.to)]
  if (base === undefined || next === undefined) throw gone(base === undefined ? init.from : init.to)
  const blob = new BlobWriter(deps.packs)
  const keep = async ({ codec, parts }: Coded): Promise<CodedWindow> => {
    for (const part of parts) await blob.append(part)
    return { codec, parts: parts.map((part) => part.length) }
  }
  const manifest: ManifestWindow[] = []
  for (const range of manifestRanges(baseBytes.length, nextBytes.length)) {
    const { from, length, at, size } = range
    const coded = await deps.encoders.encode(copy(baseBytes, from, length), copy(nextBytes, at, size))
    manifest.push({ from, length, size, ...(await keep(coded)) })
  }
  const content: ContentWindow[] = []
  const chunks = { base: distinctChunks(base), next: distinctChunks(next) }
  for await (const { window, coded, size } of encodeAll(deps, init, planWindows(base, next), chunks)) {
    if (codedBytes(coded) < WORTH * size) content.push({ ...window, ...(await keep(coded)) })
  }
  const table = compress(encodeDeltaTable({ manifest, content }))
  await blob.append(table)
  await blob.append(trailerOf(table.length))
  const finished = await blob.finish()
  await deps.packs.flush()
  return { from: init.from, ...finished }
}

/** Bytes of their own, to be given away: a Buffer's slice would be a view. */
const copy = (bytes: Uint8Array, from: number, length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.subarray(from, from + length))

interface ReleaseChunks {
  readonly base: readonly ChunkRef[]
  readonly next: readonly ChunkRef[]
}

interface EncodedWindow {
  readonly window: DeltaWindow
  readonly coded: Coded
  /** Plain bytes. */
  readonly size: number
}

/** Codes windows as wide as there are encoders, and yields them in order. */
async function* encodeAll(
  deps: MakeDeltaDeps,
  { signal, onProgress }: MakeDeltaInit,
  windows: readonly DeltaWindow[],
  chunks: ReleaseChunks,
): AsyncGenerator<EncodedWindow> {
  const sizes = windows.map(({ next }) => refsOf(chunks.next, next).reduce((sum, { size }) => sum + size, 0))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const coding: { readonly window: DeltaWindow; readonly size: number; readonly coded: Promise<Coded> }[] = []
  let done = 0
  for (const [i, window] of [...windows, undefined].entries()) {
    if (signal.aborted) throw new ShoalError('CANCELLED', 'making deltas was cancelled')
    if (window !== undefined) {
      const [base, next] = [
        await readRuns(deps, refsOf(chunks.base, window.base)),
        await readRuns(deps, refsOf(chunks.next, window.next)),
      ]
      const coded = deps.encoders.encode(base, next)
      // Awaited in turn below; until then a failure must not count as unhandled.
      coded.catch(() => undefined)
      coding.push({ window, size: sizes[i] ?? 0, coded })
    }
    while (coding.length > (window === undefined ? 0 : deps.encoders.width)) {
      const first = coding.shift()
      if (first === undefined) break
      yield { window: first.window, size: first.size, coded: await first.coded }
      done += first.size
      onProgress(done, total)
    }
  }
}

async function manifestBytes({ manifests }: MakeDeltaDeps, id: Digest): Promise<Uint8Array> {
  const bytes = await manifests.bytes(id)
  if (bytes === undefined) throw gone(id)
  return bytes
}

const gone = (id: Digest): ShoalError =>
  new ShoalError('CHUNK_NOT_FOUND', `the manifest ${id} is not kept here any more`)

/** Ranges of the new manifest in order, each with the range of the old one around the same share of it. */
function* manifestRanges(baseBytes: number, nextBytes: number) {
  for (let at = 0; at < nextBytes; at += DELTA_NEXT_BYTES) {
    const size = Math.min(DELTA_NEXT_BYTES, nextBytes - at)
    const middle = Math.round(((at + size / 2) / nextBytes) * baseBytes)
    const from = Math.max(0, Math.min(middle - DELTA_BASE_BYTES / 2, baseBytes - DELTA_BASE_BYTES))
    yield { from, length: Math.min(DELTA_BASE_BYTES, baseBytes - from), at, size }
  }
}

export const refsOf = (chunks: readonly ChunkRef[], runs: readonly Run[]): readonly ChunkRef[] =>
  runs.flatMap(({ start, count }) => chunks.slice(start, start + count))

async function readRuns({ read }: MakeDeltaDeps, refs: readonly ChunkRef[]): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(refs.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const { digest, size } of refs) {
    const chunk = await read(digest)
    if (chunk === undefined) throw new ShoalError('CHUNK_NOT_FOUND', `chunk ${digest} is not here any more`)
    bytes.set(chunk, at)
    at += size
  }
  return bytes
}
