import { type ChunkRef, type Digest, encodeChunkList, LIMITS, ShoalError } from '../../protocol/index.ts'
import { digestOf, type PackStore } from '../store/index.ts'

/** Last bytes of every delta of format 1, after the length of the packed table (u32 big endian). */
const MAGIC = new TextEncoder().encode('SHOALDL1')
/** Length of the packed table, then the magic. */
export const TRAILER_BYTES = 4 + MAGIC.length

/** A finished blob: its name, and its length in bytes. Up to one chunk it is the chunk itself, above the chunk that lists its pieces. */
export interface Blob {
  readonly blob: Digest
  readonly bytes: number
}

export const trailerOf = (tableBytes: number): Uint8Array => {
  const trailer = new Uint8Array(TRAILER_BYTES)
  new DataView(trailer.buffer).setUint32(0, tableBytes)
  trailer.set(MAGIC, 4)
  return trailer
}

/** Length of the packed table. @throws DELTA_INVALID */
export function readTrailer(trailer: Uint8Array): number {
  if (trailer.length !== TRAILER_BYTES || MAGIC.some((byte, i) => trailer[4 + i] !== byte)) {
    throw new ShoalError('DELTA_INVALID', 'this is no delta of format 1')
  }
  return new DataView(trailer.buffer, trailer.byteOffset).getUint32(0)
}

/** Writes a blob piece by piece into the packs, so that one of any size needs the memory of a piece. */
export class BlobWriter {
  readonly #packs: Pick<PackStore, 'put'>
  readonly #pieces: ChunkRef[] = []
  #piece = new Uint8Array(LIMITS.chunkBytes)
  #filled = 0
  #bytes = 0

  constructor(packs: Pick<PackStore, 'put'>) {
    this.#packs = packs
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.#piece.length - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === this.#piece.length) await this.#close()
    }
  }

  async finish(): Promise<Blob> {
    if (this.#filled > 0) await this.#close()
    const [first] = this.#pieces
    if (first !== undefined && this.#pieces.length === 1) return { blob: first.digest, bytes: this.#bytes }
    const list = encodeChunkList(this.#pieces)
    const blob = digestOf(list)
    await this.#packs.put(blob, list)
    return { blob, bytes: this.#bytes }
  }

  async #close(): Promise<void> {
    const piece = this.#piece.slice(0, this.#filled)
    const digest = digestOf(piece)
    await this.#packs.put(digest, piece)
    this.#pieces.push({ digest, size: piece.length })
    this.#bytes += piece.length
    this.#filled = 0
  }
}
