import { type ChunkRef, decodeChunkList, type DeltaRef, type Digest, LIMITS, ShoalError } from '../../protocol/index.ts'
import { obtain, type ObtainDeps, type ObtainOptions } from '../fetch/obtain.ts'

export type BlobDeps = ObtainDeps
export type BlobOptions = ObtainOptions

/** A blob whose pieces come from this host's packs, and from peers where they are not here yet; what came is kept and served to neighbours. */
export class BlobReader {
  readonly #deps: BlobDeps
  readonly #blob: Digest
  /** Before the pieces, the list of them where there is one: the numbering of have-announcements. */
  readonly #lists: readonly ChunkRef[]
  readonly #pieces: readonly ChunkRef[]
  readonly bytes: number

  private constructor(
    deps: BlobDeps,
    { blob, bytes }: DeltaRef,
    { lists, pieces }: { readonly lists: readonly ChunkRef[]; readonly pieces: readonly ChunkRef[] },
  ) {
    this.#deps = deps
    this.#blob = blob
    this.#lists = lists
    this.#pieces = pieces
    this.bytes = bytes
  }

  /** @throws DELTA_INVALID when its list does not fit its size, NO_SOURCE, NO_SPACE, CANCELLED */
  static async open(deps: BlobDeps, ref: DeltaRef, options: BlobOptions): Promise<BlobReader> {
    const { blob, bytes } = ref
    const whole = { digest: blob, size: bytes }
    if (bytes <= LIMITS.chunkBytes) return new BlobReader(deps, ref, { lists: [], pieces: [whole] })
    const list = { digest: blob, size: LIMITS.chunkBytes }
    await obtain(deps, { list: blob, refs: [list], wanted: [0], optional: true }, options)
    const pieces = decodeChunkList(await readPiece(deps, list))
    if (pieces.reduce((sum, { size }) => sum + size, 0) !== bytes) throw wrong('its list states another size')
    return new BlobReader(deps, ref, { lists: [list], pieces })
  }

  /** Makes sure that ranges are here, in as few rounds as there are fetches. @throws NO_SOURCE, NO_SPACE, CANCELLED */
  async obtain(
    ranges: readonly { readonly from: number; readonly length: number }[],
    options: BlobOptions,
  ): Promise<void> {
    const wanted = new Set(
      ranges.flatMap(({ from, length }) => [...this.#covering(from, length)].map(({ index }) => index)),
    )
    const refs = [...this.#lists, ...this.#pieces]
    await obtain(this.#deps, { list: this.#blob, refs, wanted, optional: true }, options)
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
    for (const [i, piece] of this.#pieces.entries()) {
      if (at < from + length && at + piece.size > from) yield { piece, at, index: this.#lists.length + i }
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
