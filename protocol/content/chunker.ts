import { createGearTable } from './gear.ts'
import { AVERAGE_CHUNK_BYTES, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from './parameters.ts'

const GEAR = createGearTable()

/** The highest `bits` bits of the hash, which depend on the last 32 bytes. */
const highBits = (bits: number): number => (-1 << (32 - bits)) | 0

const AVERAGE_BITS = Math.log2(AVERAGE_CHUNK_BYTES)
const MASK_BELOW_AVERAGE = highBits(AVERAGE_BITS + 2)
const MASK_ABOVE_AVERAGE = highBits(AVERAGE_BITS - 2)

/**
 * Length of the chunk that begins at `start` when the content ends at `end`: FastCDC with normalised chunking (parameters.ts).
 * Pure; what follows the chunk has no influence, so a reader that holds MAX_CHUNK_BYTES more than it has cut gets the cuts of the whole.
 *
 * @returns 1 to MAX_CHUNK_BYTES; 0 only when `start` equals `end`
 */
export function nextBoundary(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length <= MIN_CHUNK_BYTES) return length
  const limit = start + Math.min(length, MAX_CHUNK_BYTES)
  const average = Math.min(start + AVERAGE_CHUNK_BYTES, limit)
  let hash = 0
  let i = start + MIN_CHUNK_BYTES
  for (; i < average; i++) {
    hash = ((hash << 1) + (GEAR[bytes[i] ?? 0] ?? 0)) | 0
    if ((hash & MASK_BELOW_AVERAGE) === 0) return i + 1 - start
  }
  for (; i < limit; i++) {
    hash = ((hash << 1) + (GEAR[bytes[i] ?? 0] ?? 0)) | 0
    if ((hash & MASK_ABOVE_AVERAGE) === 0) return i + 1 - start
  }
  return limit - start
}

/**
 * Cuts a stream of buffers of any size at the same places as the whole content. Holds less than MAX_CHUNK_BYTES of it between calls.
 * Chunks are views, into the pushed buffer or into memory of the chunker: good until the next call; copy what is kept.
 */
export class Chunker {
  /** Content that is not cut yet. */
  #carry: Uint8Array = new Uint8Array(0)
  /** Where content that spans buffers is joined, in turns, so that long content allocates nothing more. */
  #spare: Uint8Array | undefined
  #joining: Uint8Array | undefined

  /** Takes the next bytes of the content and returns the chunks that are certain by now. */
  push(buffer: Uint8Array): readonly Uint8Array[] {
    const chunks: Uint8Array[] = []
    const held = this.#carry.length
    if (held > 0) {
      // Chunks that begin in the carry end within MAX_CHUNK_BYTES of the buffer: only so much is joined, the rest is cut where it is.
      const joined = this.#join(buffer.subarray(0, MAX_CHUNK_BYTES))
      const start = cutCertain(joined, 0, held, chunks)
      if (start < held) this.#keep(joined.subarray(start))
      else this.#keep(buffer.subarray(cutCertain(buffer, start - held, buffer.length, chunks)))
    } else {
      this.#keep(buffer.subarray(cutCertain(buffer, 0, buffer.length, chunks)))
    }
    return chunks
  }

  #join(more: Uint8Array): Uint8Array {
    const memory = (this.#joining ??= new Uint8Array(2 * MAX_CHUNK_BYTES))
    const held = this.#carry.length
    if (this.#carry.buffer !== memory.buffer) memory.set(this.#carry)
    memory.set(more, held)
    return memory.subarray(0, held + more.length)
  }

  /** Copies what is left: the caller is about to overwrite its buffer. */
  #keep(rest: Uint8Array): void {
    if (this.#joining === undefined) {
      this.#carry = new Uint8Array(rest)
      return
    }
    // Not where the chunks just cut lie.
    const memory = (this.#spare ??= new Uint8Array(2 * MAX_CHUNK_BYTES))
    memory.set(rest)
    this.#carry = memory.subarray(0, rest.length)
    this.#spare = this.#joining
    this.#joining = memory
  }

  /** The content ends here: returns what is left and makes the chunker ready for another. */
  flush(): readonly Uint8Array[] {
    const bytes = this.#carry
    this.#carry = new Uint8Array(0)
    const chunks: Uint8Array[] = []
    for (let start = 0; start < bytes.length;) {
      const length = nextBoundary(bytes, start, bytes.length)
      chunks.push(bytes.subarray(start, start + length))
      start += length
    }
    return chunks
  }
}

/**
 * Cuts chunks that begin before `until` as long as MAX_CHUNK_BYTES are there to decide.
 * @returns where the next begins
 */
function cutCertain(bytes: Uint8Array, from: number, until: number, chunks: Uint8Array[]): number {
  let start = from
  while (start < until && bytes.length - start >= MAX_CHUNK_BYTES) {
    const length = nextBoundary(bytes, start, bytes.length)
    chunks.push(bytes.subarray(start, start + length))
    start += length
  }
  return start
}
