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
 * Cuts a stream of buffers of any size at the same places as the whole content. Holds less than MAX_CHUNK_BYTES between calls.
 * Chunks are views: into the pushed buffer, or into memory of their own where they span buffers; copy what is kept.
 */
export class Chunker {
  #carry = new Uint8Array(0)

  /** Takes the next bytes of the content and returns the chunks that are certain by now. */
  push(buffer: Uint8Array): readonly Uint8Array[] {
    const bytes = this.#carry.length === 0 ? buffer : concat(this.#carry, buffer)
    const chunks: Uint8Array[] = []
    let start = 0
    while (bytes.length - start > MAX_CHUNK_BYTES) {
      const length = nextBoundary(bytes, start, bytes.length)
      chunks.push(bytes.subarray(start, start + length))
      start += length
    }
    // A copy, also of a Node.js Buffer, whose slice() is a view of what the caller is about to overwrite.
    this.#carry = new Uint8Array(bytes.subarray(start))
    return chunks
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

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}
