import { type ChunkRef, decodeChunkList, type DeltaRef, LIMITS, ShoalError } from '../../protocol/index.ts'
import type { CountSum } from '../fetch/count-sum.ts'
import type { Fetcher } from '../fetch/types.ts'
import type { LocalChunks, PackStore } from '../store/index.ts'

export interface BlobDeps {
  readonly chunks: Pick<LocalChunks, 'read'>
  readonly packs: Pick<PackStore, 'has' | 'put' | 'flush'>
  readonly fetcher: Fetcher
}

export interface BlobOptions {
  readonly signal: AbortSignal
  readonly counts: CountSum
}

/** Received pieces are made durable in portions of this: a cut costs no more. */
const FLUSH_BYTES = 2 * 1024 * 1024

/** A blob whose pieces come from this host's packs, and from peers where they are not here yet; what came is kept and served to neighbours. */
export class BlobReader {
  readonly #deps: BlobDeps
  readonly #pieces: readonly ChunkRef[]
  readonly bytes: number

  private constructor(deps: BlobDeps, pieces: readonly ChunkRef[], bytes: number) {
    this.#deps = deps
    this.#pieces = pieces
    this.bytes = bytes
  }

  /** @throws DELTA_INVALID when its list does not fit its size, NO_SOURCE, NO_SPACE, CANCELLED */
  static async open(deps: BlobDeps, { blob, bytes }: DeltaRef, options: BlobOptions): Promise<BlobReader> {
    const whole = { digest: blob, size: bytes }
    if (bytes <= LIMITS.chunkBytes) return new BlobReader(deps, [whole], bytes)
    const list = { digest: blob, size: LIMITS.chunkBytes }
    await obtainPieces(deps, [list], options)
    const pieces = decodeChunkList(await readPiece(deps, list))
    if (pieces.reduce((sum, { size }) => sum + size, 0) !== bytes) throw wrong('its list states another size')
    return new BlobReader(deps, pieces, bytes)
  }

  /** Makes sure that ranges are here, in as few rounds as there are fetches. @throws NO_SOURCE, NO_SPACE, CANCELLED */
  async obtain(
    ranges: readonly { readonly from: number; readonly length: number }[],
    options: BlobOptions,
  ): Promise<void> {
    const wanted = new Set(
      ranges.flatMap(({ from, length }) => [...this.#covering(from, length)].map(({ piece }) => piece)),
    )
    await obtainPieces(this.#deps, [...wanted], options)
  }

  /** Bytes of a range that was obtained. @throws DELTA_INVALID when it lies outside, CHUNK_NOT_FOUND */
  async read(from: number, length: number): Promise<Uint8Array> {
    if (from < 0 || length < 0 || from + length > this.bytes) throw wrong('it refers to bytes outside itself')
    const out = new Uint8Array(length)
    for (const { piece, at } of this.#covering(from, length)) {
      const bytes = await readPiece(this.#deps, piece)
      const part = bytes.subarray(Math.max(0, from - at), from + length - at)
      out.set(part, Math.max(0, at - from))
    }
    return out
  }

  *#covering(from: number, length: number) {
    let at = 0
    for (const piece of this.#pieces) {
      if (at < from + length && at + piece.size > from) yield { piece, at }
      at += piece.size
    }
  }
}

const wrong = (why: string): ShoalError => new ShoalError('DELTA_INVALID', `a delta cannot be read: ${why}`)

async function readPiece({ chunks }: BlobDeps, { digest }: ChunkRef): Promise<Uint8Array> {
  const bytes = await chunks.read(digest)
  if (bytes === undefined) throw new ShoalError('CHUNK_NOT_FOUND', `a piece of a delta is not here any more: ${digest}`)
  return bytes
}

/** Makes sure that chunks are here, kept in the packs where they came from peers. @throws NO_SOURCE, NO_SPACE, CANCELLED */
export async function obtainPieces(
  { chunks, packs, fetcher }: BlobDeps,
  refs: readonly ChunkRef[],
  options: BlobOptions,
): Promise<void> {
  const missing: number[] = []
  for (const [i, { digest }] of refs.entries()) if ((await chunks.read(digest)) === undefined) missing.push(i)
  if (missing.length === 0) return
  let unflushed = 0
  const job = {
    manifest: undefined,
    chunks: refs,
    missing,
    optional: true,
    onChunk: async (digest: ChunkRef['digest'], bytes: Uint8Array): Promise<void> => {
      await packs.put(digest, bytes)
      unflushed += bytes.length
      if (unflushed < FLUSH_BYTES) return
      unflushed = 0
      await packs.flush()
    },
  }
  const onCounts = options.counts.next()
  try {
    onCounts(await fetcher.fetch(job, { signal: options.signal, onCounts }))
  } finally {
    await packs.flush()
  }
}
