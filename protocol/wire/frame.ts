import { ShoalError } from '../errors/index.ts'

/** A message as it stands on a stream: a CBOR header and, for chunks, the raw bytes it speaks of. */
export interface Frame {
  readonly header: Uint8Array
  readonly body: Uint8Array
  /** Bytes on the stream, prefix included. */
  readonly wireBytes: number
}

/** Bytes before every frame: two unsigned 32-bit big-endian lengths, of header and body (WIRE-1). */
export const FRAME_PREFIX_BYTES = 8

const NOTHING = new Uint8Array()

/** A whole frame in one piece: copying the body costs less than a second write on every layer below. */
export function encodeFrame(header: Uint8Array, body: Uint8Array = NOTHING): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_PREFIX_BYTES + header.length + body.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, header.length)
  view.setUint32(4, body.length)
  frame.set(header, FRAME_PREFIX_BYTES)
  frame.set(body, FRAME_PREFIX_BYTES + header.length)
  return frame
}

/** Cuts a byte stream into frames. Holds at most one incomplete frame, whose length was checked against `maxBytes` first. */
export class FrameReader {
  readonly #maxBytes: number
  readonly #prefix = new Uint8Array(FRAME_PREFIX_BYTES)
  #prefixFilled = 0
  #header = 0
  #pieces: Uint8Array[] = []
  #missing = 0

  /** @param maxBytes largest sum of header and body that is accepted */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** True between frames: nothing is half read. */
  get idle(): boolean {
    return this.#prefixFilled === 0
  }

  /**
   * Takes the next bytes of the stream and returns the frames they complete. A frame that lies within `bytes` is a view of it, so the caller
   * must not reuse that buffer.
   *
   * @throws WIRE_TOO_LARGE when a frame announces more than `maxBytes`; WIRE_MALFORMED when it has no header
   */
  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#prefixFilled < FRAME_PREFIX_BYTES) {
        at = this.#readPrefix(bytes, at)
        if (this.#prefixFilled < FRAME_PREFIX_BYTES) break
      }
      const take = Math.min(this.#missing, bytes.length - at)
      this.#pieces.push(bytes.subarray(at, at + take))
      this.#missing -= take
      at += take
      if (this.#missing === 0) frames.push(this.#finish())
    }
    return frames
  }

  #readPrefix(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.length && this.#prefixFilled < FRAME_PREFIX_BYTES) {
      this.#prefix[this.#prefixFilled++] = bytes[at++] ?? 0
    }
    if (this.#prefixFilled < FRAME_PREFIX_BYTES) return at
    const view = new DataView(this.#prefix.buffer)
    this.#header = view.getUint32(0)
    this.#missing = this.#header + view.getUint32(4)
    if (this.#missing > this.#maxBytes) {
      throw new ShoalError(
        'WIRE_TOO_LARGE',
        `a message of ${this.#missing} bytes exceeds the limit of ${this.#maxBytes}`,
      )
    }
    if (this.#header === 0) throw new ShoalError('WIRE_MALFORMED', 'a message has no header')
    return at
  }

  #finish(): Frame {
    const whole = joined(this.#pieces)
    const frame = {
      header: whole.subarray(0, this.#header),
      body: whole.subarray(this.#header),
      wireBytes: FRAME_PREFIX_BYTES + whole.length,
    }
    this.#pieces = []
    this.#prefixFilled = 0
    return frame
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const only = pieces[0]
  if (pieces.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
