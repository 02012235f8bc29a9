/** Unsigned LEB128 integers up to 2^53 - 1, written to a growing buffer. */
export class VarintWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  write(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`)
    if (this.#length + 8 > this.#bytes.length) this.#grow()
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  /** Zigzag: small negative numbers stay short. */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads what VarintWriter wrote, from hostile bytes: `malformed` makes the error to throw. */
export class VarintReader {
  readonly #bytes: Uint8Array
  readonly #malformed: (why: string) => Error
  #at = 0

  constructor(bytes: Uint8Array, malformed: (why: string) => Error) {
    this.#bytes = bytes
    this.#malformed = malformed
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** @param max largest value that makes sense here */
  read(max: number): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw this.#malformed('a number is cut off')
      value += (byte & 0x7f) * scale
      if (value > max) throw this.#malformed('a number is too large')
      if (byte < 0x80) return value
    }
  }

  readSigned(max: number): number {
    const value = this.read(2 * max + 1)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
