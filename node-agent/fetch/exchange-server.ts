import {
  answerCodec,
  type Digest,
  digestFromBytes,
  type ExchangeAnswer,
  type ExchangeRequest,
  fromHex,
  LIMITS,
  requestCodec,
  ShoalError,
  toWire,
} from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { linkClass, type LinkLimiter } from '../limits/index.ts'
import type { Channel, NetPeer } from '../net/index.ts'
import type { Traffic } from '../traffic/index.ts'
import { compressBody } from './compress.ts'
import { type Due, Pack } from './pack.ts'
import type { ChunkSource } from './types.ts'

export interface ServerDeps {
  readonly source: ChunkSource
  readonly clock: Clock
  readonly log: Logger
  /** What this host's config allows; undefined for everything. */
  readonly limits?: LinkLimiter
  /** Counts what is served; undefined where nobody asks. */
  readonly traffic?: Traffic
}

/** News of one manifest that the peer follows. */
interface Interest {
  /** A bitmap was sent; until then news means that the manifest has become known here. */
  known: boolean
  readonly news: Set<number>
}

/**
 * Answers one peer on the stream that it opened, until that ends (EXCHANGE-1 to EXCHANGE-6). Reads on only while the peer has fewer than
 * LIMITS.wantsInFlightPerPeer wants unanswered: more wait in its send window.
 */
export async function serveExchange(
  deps: ServerDeps,
  channel: Channel,
  peer: Pick<NetPeer, 'sameSite' | 'relayed'>,
): Promise<void> {
  const server = new ExchangeServer(deps, channel, peer)
  await server.run()
}

class ExchangeServer {
  readonly #deps: ServerDeps
  readonly #channel: Channel
  readonly #queue: Due[] = []
  /** Digests unanswered of every want. */
  readonly #wants = new Map<number, number>()
  readonly #interests = new Map<Digest, Interest>()
  readonly #stopped = new AbortController()
  #work = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()
  #flushing = false
  readonly #peer: Pick<NetPeer, 'sameSite' | 'relayed'>
  readonly #pace: ((bytes: number) => Promise<void>) | undefined
  /** Paced frames leave one after another. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: ServerDeps, channel: Channel, peer: Pick<NetPeer, 'sameSite' | 'relayed'>) {
    this.#peer = peer
    this.#pace = deps.limits?.pacer(peer, this.#stopped.signal)
    this.#deps = deps
    this.#channel = channel
  }

  async run(): Promise<void> {
    const unsubscribe = this.#deps.source.onHave((manifest, indices) => this.#news(manifest, indices))
    const over = (): void => this.#over()
    this.#channel.signal.addEventListener('abort', over, { once: true })
    try {
      await Promise.all([this.#read(), this.#answer()])
      await this.#channel.close()
    } finally {
      this.#over()
      unsubscribe()
    }
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        while (this.#wants.size >= LIMITS.wantsInFlightPerPeer && !this.#stopped.signal.aborted) {
          this.#room = Promise.withResolvers()
          await this.#room.promise
        }
        const frame = await this.#channel.next()
        if (frame === undefined) return
        await this.#request(requestCodec.decode(frame.header))
      }
    } finally {
      this.#over()
    }
  }

  #over(): void {
    this.#stopped.abort(new ShoalError('PEER_GONE', 'the stream has ended'))
    this.#work.resolve()
    this.#room.resolve()
  }

  async #request(message: ExchangeRequest): Promise<void> {
    switch (message.t) {
      case 'want': {
        if (this.#wants.has(message.id)) throw new ShoalError('WIRE_MALFORMED', 'a want repeats the id of another')
        this.#wants.set(message.id, message.digests.length)
        const { id, compression } = message
        for (const [place, digest] of message.digests.entries()) {
          this.#queue.push({ id, digest: digestFromBytes(digest), place, compression, cancelled: false })
        }
        this.#work.resolve()
        return
      }
      case 'cancel': {
        const named = new Set(message.digests.map(digestFromBytes))
        for (const due of this.#queue) {
          if (due.id === message.id && (named.size === 0 || named.has(due.digest))) due.cancelled = true
        }
        return
      }
      case 'interest':
        return this.#interest(digestFromBytes(message.manifest))
      case 'forget':
        this.#interests.delete(digestFromBytes(message.manifest))
    }
  }

  async #interest(manifest: Digest): Promise<void> {
    if (!this.#interests.has(manifest) && this.#interests.size >= LIMITS.interestsPerPeer) {
      throw new ShoalError('WIRE_TOO_LARGE', 'the peer follows too many manifests')
    }
    // Registered first: what becomes available while the bitmap is made is news.
    const interest: Interest = { known: true, news: new Set() }
    this.#interests.set(manifest, interest)
    await this.#sendHave(manifest, interest)
  }

  async #sendHave(manifest: Digest, interest: Interest): Promise<void> {
    const bits = await this.#deps.source.have(manifest)
    interest.known = bits !== undefined
    const id = fromHex(manifest)
    if (bits === undefined) {
      await this.#send({ t: 'have', manifest: id, known: false, offset: 0, encoding: 'none', last: true })
      return
    }
    for (let offset = 0; offset === 0 || offset < bits.length; offset += LIMITS.havePageBytes) {
      const last = offset + LIMITS.havePageBytes >= bits.length
      // A full or an empty bitmap of a million chunks packs into a few bytes.
      const { encoding, body } = compressBody(bits.subarray(offset, offset + LIMITS.havePageBytes), 1)
      await this.#send({ t: 'have', manifest: id, known: true, offset, encoding, last }, body)
    }
  }

  /** Answers in order, reading a few chunks ahead of what the stream takes. */
  async #answer(): Promise<void> {
    const ahead: { readonly due: Due; readonly bytes: Promise<Uint8Array | undefined> }[] = []
    let pack = new Pack()
    const send = async (): Promise<void> => {
      const { items } = pack
      pack = new Pack()
      if (!this.#stopped.signal.aborted) await this.#sendPack(items)
      for (const { due } of items) this.#answered(due)
    }
    for (;;) {
      const most = pack.small ? LIMITS.readsAheadSmall : LIMITS.readsAhead
      while (ahead.length < most && this.#queue.length > 0) {
        const due = this.#queue.shift()
        if (due === undefined) break
        if (due.cancelled) this.#answered(due)
        else ahead.push({ due, bytes: this.#readChunk(due.digest) })
      }
      const first = ahead.shift()
      if (first !== undefined) {
        await this.#opened()
        const bytes = await first.bytes
        if (!pack.takes(first.due, bytes)) await send()
        if (bytes !== undefined) pack.add(first.due, bytes)
        else {
          await send()
          const { id, digest } = first.due
          if (!this.#stopped.signal.aborted) await this.#send({ t: 'lack', id, digest: fromHex(digest) })
          this.#answered(first.due)
        }
        continue
      }
      if (pack.items.length > 0) {
        await send()
        continue
      }
      if (this.#stopped.signal.aborted) return
      this.#work = Promise.withResolvers()
      await this.#work.promise
    }
  }

  /** In quiet hours answers wait; the peer takes what it can get elsewhere meanwhile, and loses nothing of what it knows of this node. */
  async #opened(): Promise<void> {
    const { signal } = this.#stopped
    await this.#deps.limits?.opened(this.#peer, signal).catch((err: unknown) => {
      if (!signal.aborted) throw err
    })
  }

  /** A chunk that cannot be read is not there: the peer asks elsewhere. */
  async #readChunk(digest: Digest): Promise<Uint8Array | undefined> {
    try {
      return await this.#deps.source.read(digest)
    } catch (err) {
      const { code, message } = toWire(err)
      this.#deps.log.warn('chunk-unreadable', { digest, code, reason: message })
      return undefined
    }
  }

  async #sendPack(items: Pack['items']): Promise<void> {
    const [first] = items
    if (first === undefined) return
    const { id, digest, compression } = first.due
    const plain = items.length === 1 ? first.bytes : Buffer.concat(items.map(({ bytes }) => bytes))
    const { encoding, body } = compressBody(plain, compression)
    if (items.length === 1) return this.#send({ t: 'chunk', id, digest: fromHex(digest), encoding }, body)
    const chunks = items.map(({ due, bytes }): [number, number] => [due.place, bytes.length])
    await this.#send({ t: 'pack', id, chunks, encoding }, body)
  }

  #answered({ id }: Due): void {
    const left = (this.#wants.get(id) ?? 1) - 1
    if (left > 0) this.#wants.set(id, left)
    else this.#wants.delete(id)
    if (this.#wants.size < LIMITS.wantsInFlightPerPeer) this.#room.resolve()
  }

  #news(manifest: Digest, indices: readonly number[]): void {
    const interest = this.#interests.get(manifest)
    if (interest === undefined) return
    for (const index of indices) interest.news.add(index)
    if (this.#flushing) return
    this.#flushing = true
    void this.#flushLater()
  }

  /** Gathers news for a moment, so that a fast fetch here does not send a message a chunk; for other sites until there is some, or it grows old. */
  async #flushLater(): Promise<void> {
    try {
      const { clock } = this.#deps
      const batchMs = this.#peer.sameSite ? LIMITS.haveBatchMs : LIMITS.haveBatchFarMs
      const untilMs = clock.monotonic() + batchMs
      const pending = (): number => [...this.#interests.values()].reduce((sum, { news }) => sum + news.size, 0)
      do await clock.sleep(LIMITS.haveBatchMs, { signal: this.#stopped.signal, unref: true })
      while (clock.monotonic() < untilMs && pending() < LIMITS.haveBatchChunks)
      this.#flushing = false
      for (const [manifest, interest] of this.#interests) await this.#flush(manifest, interest)
    } catch (err) {
      this.#flushing = false
      if (!this.#stopped.signal.aborted) this.#channel.abort(err instanceof Error ? err : new Error('news failed'))
    }
  }

  async #flush(manifest: Digest, interest: Interest): Promise<void> {
    const indices = [...interest.news]
    interest.news.clear()
    if (indices.length === 0) return
    if (!interest.known) return this.#sendHave(manifest, interest)
    for (let at = 0; at < indices.length; at += LIMITS.haveIndicesPerMessage) {
      const page = indices.slice(at, at + LIMITS.haveIndicesPerMessage)
      await this.#send({ t: 'haveMore', manifest: fromHex(manifest), indices: page })
    }
  }

  async #send(message: ExchangeAnswer, body?: Uint8Array): Promise<void> {
    const [header, pace] = [answerCodec.encode(message), this.#pace]
    const link = this.#deps.limits?.classOf(this.#peer) ?? linkClass(this.#peer, { metered: false })
    this.#deps.traffic?.served(link, header.length + (body?.length ?? 0))
    if (pace === undefined && this.#peer.sameSite) {
      if (!this.#channel.send(header, body)) await this.#channel.drained()
      return
    }
    const sent = this.#turn.then(() => this.#channel.sendPaced(header, body, pace))
    this.#turn = Promise.allSettled([sent])
    await sent
  }
}
