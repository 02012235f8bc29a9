/** Major types of CBOR (RFC 8949, section 3.1). */
export const MAJOR = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4 } as const
export type Major = (typeof MAJOR)[keyof typeof MAJOR]

const TWO_32 = 2 ** 32
const utf8 = new TextEncoder()

/** Writes canonical DAG-CBOR of the few types that the rows of a manifest consist of, into one buffer: a value each would be an object each. */
export class RowWriter {
  #out = new Uint8Array(64 * 1024)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** What was written since the last call, to be used before anything more is written. */
  take(): Uint8Array {
    const taken = this.#out.subarray(0, this.#at)
    this.#at = 0
    return taken
  }

  integer(value: number): void {
    if (value < 0) this.#head(MAJOR.negative, -1 - value)
    else this.#head(MAJOR.uint, value)
  }

  array(items: number): void {
    this.#head(MAJOR.array, items)
  }

  bytes(value: Uint8Array): void {
    this.#head(MAJOR.bytes, value.length)
    this.raw(value)
  }

  /** Bytes whose number stands before what follows: `length` of them are written next by `raw` or `digest`. */
  bytesHead(length: number): void {
    this.#head(MAJOR.bytes, length)
  }

  /** A byte string, one byte a char code. */
  byteString(value: string): void {
    this.#head(MAJOR.bytes, value.length)
    this.#reserve(value.length)
    for (let i = 0; i < value.length; i++) this.#out[this.#at++] = value.charCodeAt(i)
  }

  text(value: string): void {
    const encoded = utf8.encode(value)
    this.#head(MAJOR.text, encoded.length)
    this.raw(encoded)
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#out.set(value, this.#at)
    this.#at += value.length
  }

  /** The bytes of lower-case hex. */
  hex(value: string): void {
    this.#reserve(value.length >> 1)
    for (let i = 0; i < value.length; i += 2) {
      this.#out[this.#at++] = (nibble(value.charCodeAt(i)) << 4) | nibble(value.charCodeAt(i + 1))
    }
  }

  /** Big endian, without a head. */
  u32(value: number): void {
    this.#reserve(4)
    for (let shift = 24; shift >= 0; shift -= 8) this.#out[this.#at++] = (value >>> shift) & 0xff
  }

  /** The shortest form of a head: type and number. */
  #head(major: Major, value: number): void {
    this.#reserve(9)
    const type = major << 5
    if (value < 24) this.#out[this.#at++] = type | value
    else if (value < 0x100) this.#put(type | 24, value, 1)
    else if (value < 0x1_0000) this.#put(type | 25, value, 2)
    else if (value < TWO_32) this.#put(type | 26, value, 4)
    else {
      this.#out[this.#at++] = type | 27
      this.u32(Math.floor(value / TWO_32))
      this.u32(value % TWO_32)
    }
  }

  #put(first: number, value: number, width: number): void {
    this.#out[this.#at++] = first
    for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) this.#out[this.#at++] = (value >>> shift) & 0xff
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return
    const larger = new Uint8Array(Math.max(2 * this.#out.length, this.#at + bytes))
    larger.set(this.#out.subarray(0, this.#at))
    this.#out = larger
  }
}

/** Value of one lower-case hex digit by its char code. */
const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87)
