import type { Channel } from '../../node-agent/net/index.ts'
import { FRAME_PREFIX_BYTES, type Frame, parsePeerKey, type PeerKey, ShoalError } from '../../protocol/index.ts'

export const PEER_A: PeerKey = parsePeerKey('12D3KooWFVSEUV5XeLyGTMsB6H2qpZAab44wqHrxhC6B4Mj627Hz')
export const PEER_B: PeerKey = parsePeerKey('12D3KooWSDKSh3Uh78xdgkFECjjxsENkZgg2sV1vSG2uDUxGsXkV')

/** One end of a pair: a Channel in memory. */
export class MemoryChannel implements Channel {
  readonly peer: PeerKey
  receivedBytes = 0
  sentBytes = 0
  readonly wayMs = undefined
  other: MemoryChannel | undefined
  /** Frames the other end may have unread before `send` asks to wait. */
  capacity = Number.POSITIVE_INFINITY
  readonly #frames: Frame[] = []
  readonly #ended = new AbortController()
  #waiting: { resolve(frame: Frame | undefined): void; reject(err: unknown): void } | undefined
  #finished = false
  #drained = Promise.withResolvers<void>()

  constructor(peer: PeerKey) {
    this.peer = peer
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  get unread(): number {
    return this.#frames.length
  }

  send(header: Uint8Array, body: Uint8Array = new Uint8Array()): boolean {
    this.#ended.signal.throwIfAborted()
    const wireBytes = FRAME_PREFIX_BYTES + header.length + body.length
    this.sentBytes += wireBytes
    // A copy, as the wire would make one.
    this.other?.deliver({ header: header.slice(), body: body.slice(), wireBytes })
    return (this.other?.unread ?? 0) < this.capacity
  }

  async sendPaced(
    header: Uint8Array,
    body: Uint8Array | undefined,
    pace: (bytes: number) => Promise<void>,
  ): Promise<void> {
    await pace(FRAME_PREFIX_BYTES + header.length + (body?.length ?? 0))
    if (!this.send(header, body)) await this.drained()
  }

  async drained(): Promise<void> {
    while ((this.other?.unread ?? 0) >= this.capacity) {
      this.#ended.signal.throwIfAborted()
      this.#drained = Promise.withResolvers()
      await this.#drained.promise
    }
  }

  deliver(frame: Frame): void {
    this.receivedBytes += frame.wireBytes
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#frames.push(frame)
    else waiting.resolve(frame)
  }

  next(signal?: AbortSignal): Promise<Frame | undefined> {
    const frame = this.#frames.shift()
    this.other?.wake()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#finished) return Promise.resolve(undefined)
    if (this.#ended.signal.aborted) return Promise.reject(this.#ended.signal.reason)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      signal?.addEventListener('abort', () => reject(new ShoalError('CANCELLED', 'cancelled')), { once: true })
    })
  }

  wake(): void {
    this.#drained.resolve()
  }

  async close(): Promise<void> {
    this.other?.finish()
  }

  finish(): void {
    this.#finished = true
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
  }

  abort(error: Error): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort(error)
    this.#waiting?.reject(error)
    this.#waiting = undefined
    this.wake()
    this.other?.abort(new ShoalError('PEER_GONE', 'the other end hung up'))
  }
}

/** Two channels, each the other's far end. */
export function channelPair(): [MemoryChannel, MemoryChannel] {
  const a = new MemoryChannel(PEER_B)
  const b = new MemoryChannel(PEER_A)
  a.other = b
  b.other = a
  return [a, b]
}
