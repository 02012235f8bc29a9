import type { Stream } from '@libp2p/interface'
import { encodeFrame, type Frame, FrameReader, LIMITS, type PeerKey, ShoalError } from '../../protocol/index.ts'
import type { Channel } from './types.ts'

/** Queued beyond the socket and the Yamux window, so that a chunk is ready whenever the connection takes more. */
const SEND_AHEAD_BYTES = 512 * 1024

/** What a paced sender hands over at once: a quarter of a second at 64 KiB/s. */
const PIECE_BYTES = 16 * 1024

type Touch = (receivedBytes: number, sentBytes: number) => void

/** The line that a stream leaves on, where that is paced. */
export interface PacedLine {
  /** What waits to be sent is kept short. */
  thin(): boolean
  /** Waits until the line takes more. Rejects when `signal` aborts. */
  room(signal: AbortSignal): Promise<void>
  /** Shortest round trip of the last minutes, in ms; undefined where the system does not tell. */
  wayMs(): number | undefined
}

interface ChannelInit {
  readonly maxFrameBytes: number
  readonly touch?: Touch
  readonly line?: PacedLine | undefined
}

/** A waiting reader. */
interface Reader {
  resolve(frame: Frame | undefined): void
  reject(error: unknown): void
}

/**
 * Frames over one libp2p stream. Reading pauses the stream while frames wait unread, which stops Yamux from opening the window, so a slow
 * consumer slows the sender instead of filling memory (NET-8).
 */
export class FramedChannel implements Channel {
  readonly peer: PeerKey
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #ended = new AbortController()
  readonly #frames: Frame[] = []
  #unread = 0
  #waiting: Reader | undefined
  #finished = false
  receivedBytes = 0
  sentBytes = 0
  /** Of `sentBytes`, what has left this queue. */
  #leftBytes = 0
  /** Called with every burst of traffic: bytes that arrived, and that left. */
  readonly #touch: Touch

  readonly #line: PacedLine | undefined

  constructor(stream: Stream, peer: PeerKey, options: ChannelInit) {
    this.peer = peer
    this.#stream = stream
    this.#reader = new FrameReader(options.maxFrameBytes)
    this.#touch = options.touch ?? (() => {})
    this.#line = options.line
    // While paused, the stream holds what the other side may still send: a whole window.
    stream.maxReadBufferLength = LIMITS.streamWindowMaxBytes + LIMITS.exchangeMessageBytes
    stream.addEventListener('close', (event) => this.#end(event.error))
    stream.addEventListener('end', () => this.#finish())
    stream.addEventListener('message', (event) => this.#receive(event.data))
    stream.addEventListener('drain', () => setImmediate(() => this.#touchSent()))
    if (stream.status !== 'open') this.#end(undefined)
    else if (stream.readableEnded) this.#finish()
  }

  get wayMs(): number | undefined {
    return this.#line?.wayMs()
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  send(header: Uint8Array, body?: Uint8Array): boolean {
    return this.#write(encodeFrame(header, body))
  }

  async sendPaced(
    header: Uint8Array,
    body: Uint8Array | undefined,
    pace: ((bytes: number) => Promise<void>) | undefined,
  ): Promise<void> {
    const frame = encodeFrame(header, body)
    const pieceBytes = pace !== undefined || this.#line?.thin() === true ? PIECE_BYTES : frame.length
    for (let at = 0; at < frame.length; at += pieceBytes) {
      const piece = frame.subarray(at, at + pieceBytes)
      await pace?.(piece.length)
      await this.#line?.room(this.signal)
      if (!this.#write(piece)) await this.drained()
    }
  }

  #write(frame: Uint8Array): boolean {
    if (this.#ended.signal.aborted) throw this.#reason()
    this.sentBytes += frame.length
    try {
      this.#stream.send(frame)
      this.#touchSent()
    } catch (err) {
      throw new ShoalError('PEER_GONE', 'the stream to the peer has ended', { cause: err })
    }
    return this.#stream.writeBufferLength <= SEND_AHEAD_BYTES
  }

  /** What waits in the queue of a slow link has not been sent. */
  #touchSent(): void {
    const leftBytes = this.sentBytes - this.#stream.writeBufferLength
    this.#touch(0, leftBytes - this.#leftBytes)
    this.#leftBytes = leftBytes
  }

  async drained(signal?: AbortSignal): Promise<void> {
    if (this.#ended.signal.aborted) throw this.#reason()
    const ends = signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal])
    try {
      while (this.#stream.writeBufferLength > SEND_AHEAD_BYTES / 2 && this.#stream.writableNeedsDrain) {
        await this.#onDrain(ends)
      }
    } catch (err) {
      if (signal?.aborted === true) throw new ShoalError('CANCELLED', 'sending was cancelled', { cause: err })
      throw this.#ended.signal.aborted
        ? this.#reason()
        : new ShoalError('PEER_GONE', 'the stream has ended', { cause: err })
    }
  }

  /** libp2p's own onDrain() keeps one promise for ever once it has resolved, so it cannot wait a second time. */
  #onDrain(ends: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#stream.removeEventListener('drain', drained)
        ends.removeEventListener('abort', aborted)
      }
      const drained = (): void => {
        done()
        // The stream resumes sending what it has queued in a microtask after this event; only then its state says whether there is room.
        setImmediate(resolve)
      }
      const aborted = (): void => {
        done()
        reject(ends.reason)
      }
      if (ends.aborted) return reject(ends.reason)
      this.#stream.addEventListener('drain', drained)
      ends.addEventListener('abort', aborted)
    })
  }

  next(signal?: AbortSignal): Promise<Frame | undefined> {
    const frame = this.#frames.shift()
    if (frame !== undefined) {
      this.#unread -= frame.wireBytes
      if (this.#unread < LIMITS.unhandledFrameBytes / 2) this.#resume()
      return Promise.resolve(frame)
    }
    if (this.#finished) return Promise.resolve(undefined)
    if (this.#ended.signal.aborted) return Promise.reject(this.#reason())
    if (signal?.aborted === true) return Promise.reject(new ShoalError('CANCELLED', 'reading was cancelled'))
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#waiting = undefined
        reject(new ShoalError('CANCELLED', 'reading was cancelled'))
      }
      signal?.addEventListener('abort', cancel, { once: true })
      const settle = (): void => signal?.removeEventListener('abort', cancel)
      this.#waiting = {
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
      }
    })
  }

  async close(): Promise<void> {
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(LIMITS.handshakeTimeoutMs) })
    } catch (err) {
      this.abort(new ShoalError('PEER_GONE', 'the stream could not be closed in order', { cause: err }))
    }
  }

  abort(error: Error): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort(
      error instanceof ShoalError ? error : new ShoalError('PEER_GONE', error.message, { cause: error }),
    )
    this.#stream.abort(error)
    this.#fail()
  }

  #receive(data: Iterable<Uint8Array> | Uint8Array): void {
    try {
      for (const piece of data instanceof Uint8Array ? [data] : data) {
        this.#touch(piece.length, 0)
        this.receivedBytes += piece.length
        for (const frame of this.#reader.push(piece)) this.#deliver(frame)
      }
    } catch (err) {
      this.abort(err instanceof Error ? err : new ShoalError('INTERNAL', 'a stream could not be read'))
    }
  }

  #deliver(frame: Frame): void {
    const waiting = this.#waiting
    if (waiting !== undefined) {
      this.#waiting = undefined
      waiting.resolve(frame)
      return
    }
    this.#frames.push(frame)
    this.#unread += frame.wireBytes
    if (this.#unread > LIMITS.unhandledFrameBytes && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #resume(): void {
    if (this.#stream.readStatus === 'paused') this.#stream.resume()
  }

  /** Nothing more will arrive. A reset or abort also says so, just before it closes: that is left to #end. */
  #finish(): void {
    if (this.#stream.status === 'reset' || this.#stream.status === 'aborted') return
    if (!this.#reader.idle) {
      this.abort(new ShoalError('PEER_GONE', 'the stream ended within a message'))
      return
    }
    this.#finished = true
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
  }

  #end(error: Error | undefined): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort(new ShoalError('PEER_GONE', error?.message ?? 'the stream was closed', { cause: error }))
    if (error === undefined && this.#reader.idle) this.#finished = true
    this.#fail()
  }

  #fail(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (this.#finished) waiting?.resolve(undefined)
    else waiting?.reject(this.#reason())
  }

  #reason(): ShoalError {
    const { reason } = this.#ended.signal
    return reason instanceof ShoalError ? reason : new ShoalError('PEER_GONE', 'the stream has ended')
  }
}
