import { ShoalError } from '../errors/index.ts'
import { type Digest, digestAt, byteStringOf } from '../ids/index.ts'
import { MAJOR, type Major } from './row-writer.ts'

export const malformed = (why: string, cause?: unknown): ShoalError =>
  new ShoalError('MANIFEST_MALFORMED', `this manifest cannot be read: ${why}`, { cause })

const TWO_32 = 2 ** 32
/** Smallest value that needs each width: anything less in it is not canonical. */
const LEAST = { 24: 24, 25: 0x100, 26: 0x1_0000, 27: TWO_32 } as const
const WIDTH = { 24: 1, 25: 2, 26: 4, 27: 8 } as const
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads what `RowWriter` writes, and nothing else: heads in their shortest form and definite lengths only, so that whatever it accepts has these
 * bytes and no others. Nothing beyond the given bytes is read.
 */
export class RowReader {
  readonly #bytes: Uint8Array
  #at: number

  /** Reads from `at` on. */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** @throws MANIFEST_MALFORMED unless a whole number of the range */
  integer(min: number, max: number): number {
    const major = (this.#bytes[this.#at] ?? 0xff) >> 5
    const value = major === MAJOR.negative ? -1 - this.#head(MAJOR.negative) : this.#head(MAJOR.uint)
    if (!Number.isSafeInteger(value) || value < min || value > max) throw malformed('a number of an entry')
    return value
  }

  /** Number of items. */
  array(): number {
    return this.#head(MAJOR.array)
  }

  /** A view of at most `max` bytes. */
  bytes(max: number): Uint8Array {
    const from = this.#skip(this.bytesHead(max))
    return this.#bytes.subarray(from, this.#at)
  }

  /** At most `max` bytes as a byte string. */
  byteString(max: number): string {
    const from = this.#skip(this.bytesHead(max))
    return byteStringOf(this.#bytes, from, this.#at)
  }

  text(max: number): string {
    const from = this.#skip(this.#lengthOf(MAJOR.text, max))
    try {
      return utf8.decode(this.#bytes.subarray(from, this.#at))
    } catch (err) {
      throw malformed('a text that is not UTF-8', err)
    }
  }

  /** Number of bytes that follow, and are there: at most `max`. */
  bytesHead(max: number): number {
    return this.#lengthOf(MAJOR.bytes, max)
  }

  /** 32 bytes that are there, without a head. */
  digest(): Digest {
    return digestAt(this.#bytes, this.#skip(32))
  }

  /** Big endian, 4 bytes that are there, without a head. */
  u32(): number {
    let value = 0
    const from = this.#skip(4)
    for (let i = from; i < from + 4; i++) value = value * 256 + (this.#bytes[i] ?? 0)
    return value
  }

  #lengthOf(major: Major, max: number): number {
    const length = this.#head(major)
    if (length > max || length > this.#bytes.length - this.#at) throw malformed('a field of an entry is too long')
    return length
  }

  /** Goes on behind so many bytes; where they began. */
  #skip(length: number): number {
    const from = this.#at
    this.#at += length
    return from
  }

  #head(major: Major): number {
    const first = this.#bytes[this.#at]
    if (first === undefined) throw malformed('it is cut off')
    if (first >> 5 !== major) throw malformed('a field of another type')
    const info = first & 31
    this.#at++
    if (info < 24) return info
    if (info !== 24 && info !== 25 && info !== 26 && info !== 27)
      throw malformed('a length that DAG-CBOR does not have')
    const width = WIDTH[info]
    if (this.#at + width > this.#bytes.length) throw malformed('it is cut off')
    let value = 0
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[this.#at++] ?? 0)
    if (value < LEAST[info]) throw malformed('a number in a longer form than it needs')
    return value
  }
}
