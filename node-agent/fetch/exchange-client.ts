import { hash } from 'node:crypto'
import {
  answerCodec,
  type Digest,
  digestFromBytes,
  type ExchangeAnswer,
  type ExchangeRequest,
  type Frame,
  fromHex,
  LIMITS,
  requestCodec,
  ShoalError,
} from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import type { Channel } from '../net/index.ts'
import { decompressBody } from './compress.ts'
import { type Departure, LinkMeter } from '../plan/index.ts'

/** What the client tells whoever asked. */
export interface ClientEvents<Owner> {
  /** All of a manifest's bitmap arrived; undefined when the peer does not know the manifest. */
  have(manifest: Digest, bits: Uint8Array | undefined): void
  haveMore(manifest: Digest, indices: readonly number[]): void
  /** A chunk arrived and matches its digest. */
  chunk(digest: Digest, bytes: Uint8Array, wireBytes: number, owners: readonly Owner[]): void
  /** Bytes that came as a chunk and that nobody can use; the peer is to be dropped if `error` is given. */
  wasted(digest: Digest, wireBytes: number, owners: readonly Owner[], error: ShoalError | undefined): void
  lack(digest: Digest, owners: readonly Owner[]): void
}

/** A chunk asked for. */
interface Asked<Owner> {
  readonly id: number
  /** Upper bound of its plain bytes. */
  readonly size: number
  readonly departure: Departure
  readonly owners: Set<Owner>
}

/** Wants remembered: many more than a peer answers at once. */
const WANTS = 1024

/** Chunks taken back whose answers may still come. */
const RETRACTED = 4096

/**
 * What this node asks of one peer, on one stream that it opened. Checks every answer: unasked chunks, wrong bytes and oversized bodies end
 * the stream and blame the peer (EXCHANGE-7).
 */
export class ExchangeClient<Owner> {
  readonly meter: LinkMeter
  readonly #channel: Channel
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #events: ClientEvents<Owner>
  /** What was named in which want: packs refer to it by place. */
  readonly #wants = new Map<number, readonly Digest[]>()
  readonly #asked = new Map<Digest, Asked<Owner>>()
  readonly #retracted = new Map<Digest, readonly Owner[]>()
  readonly #pages = new Map<Digest, Uint8Array[]>()
  readonly #interests = new Set<Digest>()
  #nextId = 1
  #inFlight = 0
  /** Of the channel's received bytes, those of frames that were answered here. */
  #takenBytes = 0
  #heardAtMs: number
  #heardBytes = 0

  constructor(
    channel: Channel,
    clock: Pick<Clock, 'monotonic'>,
    events: ClientEvents<Owner>,
    meter: LinkMeter = new LinkMeter(),
  ) {
    this.meter = meter
    this.#channel = channel
    this.#clock = clock
    this.#events = events
    this.#heardAtMs = clock.monotonic()
  }

  /** Plain bytes asked for and not yet arrived: of a chunk on its way, what is left of it. Else a chunk larger than the window would let the line run dry behind it. */
  get inFlight(): number {
    return Math.max(0, this.#inFlight - (this.#channel.receivedBytes - this.#takenBytes))
  }

  /** Milliseconds for which nothing arrived although something was asked for. */
  silentMs(): number {
    const nowMs = this.#clock.monotonic()
    if (this.#inFlight === 0 || this.#channel.receivedBytes !== this.#heardBytes) {
      this.#heardBytes = this.#channel.receivedBytes
      this.#heardAtMs = nowMs
    }
    return nowMs - this.#heardAtMs
  }

  /** Age of the oldest unanswered request, 0 when there is none. */
  oldestMs(): number {
    const [oldest] = this.#asked.values()
    return oldest === undefined ? 0 : this.#clock.monotonic() - oldest.departure.atMs
  }

  /** Reads answers until the stream ends. Rejects with the reason, WIRE_MALFORMED and the like included. */
  async run(): Promise<void> {
    for (;;) {
      const frame = await this.#channel.next()
      if (frame === undefined) throw new ShoalError('PEER_GONE', 'the peer closed the stream')
      this.#takenBytes += frame.wireBytes
      this.#answer(answerCodec.decode(frame.header), frame)
    }
  }

  interest(manifest: Digest): void {
    this.#interests.add(manifest)
    this.#send({ t: 'interest', manifest: fromHex(manifest) })
  }

  forget(manifest: Digest): void {
    if (!this.#interests.delete(manifest)) return
    this.#pages.delete(manifest)
    this.#send({ t: 'forget', manifest: fromHex(manifest) })
  }

  /** Asks for chunks, no more than LIMITS.chunksPerWant. One that is asked for already gets a further owner. */
  want(chunks: readonly { readonly digest: Digest; readonly size: number }[], owner: Owner): void {
    const id = this.#nextId
    const digests: Digest[] = []
    const nowMs = this.#clock.monotonic()
    const { wayMs } = this.#channel
    if (this.#inFlight === 0) this.#heardAtMs = nowMs
    for (const { digest, size } of chunks) {
      const known = this.#asked.get(digest)
      if (known !== undefined) {
        known.owners.add(owner)
        continue
      }
      const departure = this.meter.depart(nowMs, this.inFlight, wayMs)
      this.#inFlight += size
      this.#asked.set(digest, { id, size, departure, owners: new Set([owner]) })
      digests.push(digest)
    }
    if (digests.length === 0) return
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1
    this.#wants.set(id, digests)
    const oldest = this.#wants.size > WANTS ? this.#wants.keys().next().value : undefined
    if (oldest !== undefined) this.#wants.delete(oldest)
    this.#send({ t: 'want', id, digests: digests.map(fromHex), compression: this.meter.compression })
  }

  /** Takes back one owner's request for a chunk; the peer is told when nobody else wants it. */
  cancel(digest: Digest, owner: Owner): void {
    const asked = this.#asked.get(digest)
    if (asked === undefined || !asked.owners.delete(owner) || asked.owners.size > 0) return
    this.#settle(digest, asked)
    this.#retracted.set(digest, [owner])
    const oldest = this.#retracted.size > RETRACTED ? this.#retracted.keys().next().value : undefined
    if (oldest !== undefined) this.#retracted.delete(oldest)
    this.#send({ t: 'cancel', id: asked.id, digests: [fromHex(digest)] })
  }

  #answer(message: ExchangeAnswer, frame: Frame): void {
    switch (message.t) {
      case 'have':
        return this.#have(message, frame.body)
      case 'haveMore':
        this.#events.haveMore(digestFromBytes(message.manifest), message.indices)
        return
      case 'lack':
        return this.#lack(digestFromBytes(message.digest))
      case 'chunk':
        return this.#chunk(digestFromBytes(message.digest), message.encoding, frame)
      case 'pack':
        this.#pack(message, frame)
    }
  }

  #have(message: Extract<ExchangeAnswer, { t: 'have' }>, body: Uint8Array): void {
    const manifest = digestFromBytes(message.manifest)
    if (!this.#interests.has(manifest)) return
    if (!message.known) {
      this.#events.have(manifest, undefined)
      return
    }
    const pages = message.offset === 0 ? [] : (this.#pages.get(manifest) ?? [])
    const offset = pages.reduce((sum, page) => sum + page.length, 0)
    if (offset !== message.offset) throw new ShoalError('WIRE_MALFORMED', 'a page of a bitmap is out of order')
    pages.push(decompressBody(message.encoding, body, LIMITS.havePageBytes))
    if (!message.last) {
      this.#pages.set(manifest, pages)
      return
    }
    this.#pages.delete(manifest)
    this.#events.have(manifest, Buffer.concat(pages))
  }

  #lack(digest: Digest): void {
    const asked = this.#asked.get(digest)
    if (asked === undefined) return this.#unasked(digest, 0)
    this.#settle(digest, asked)
    this.meter.arrive(asked.departure, 0, 0, this.#clock.monotonic())
    this.#events.lack(digest, [...asked.owners])
  }

  #chunk(digest: Digest, encoding: 'none' | 'zstd', { body, wireBytes }: Pick<Frame, 'body' | 'wireBytes'>): void {
    const asked = this.#asked.get(digest)
    if (asked === undefined) return this.#unasked(digest, wireBytes)
    this.#settle(digest, asked)
    const owners = [...asked.owners]
    try {
      const bytes = decompressBody(encoding, body, asked.size)
      if (hash('sha256', bytes, 'hex') !== digest) {
        throw new ShoalError(
          'CHUNK_DIGEST_MISMATCH',
          `the peer sent other bytes as chunk ${digest}; they were thrown away`,
        )
      }
      this.meter.arrive(asked.departure, bytes.length, wireBytes, this.#clock.monotonic())
      this.#events.chunk(digest, bytes, wireBytes, owners)
    } catch (err) {
      if (err instanceof ShoalError) this.#events.wasted(digest, wireBytes, owners, err)
      throw err
    }
  }

  /** Small chunks together; one of them that is wrong condemns the peer, and those before it are good all the same. */
  #pack({ id, chunks, encoding }: Extract<ExchangeAnswer, { t: 'pack' }>, { body, wireBytes }: Frame): void {
    const want = this.#wants.get(id)
    const plainBytes = chunks.reduce((sum, [, size]) => sum + size, 0)
    if (want === undefined || plainBytes > LIMITS.chunkBytes)
      throw new ShoalError('WIRE_MALFORMED', 'a pack that was not asked for')
    const plain = decompressBody(encoding, body, plainBytes)
    if (plain.length !== plainBytes) throw new ShoalError('WIRE_MALFORMED', 'a pack has other bytes than it states')
    let at = 0
    let told = 0
    for (const [place, size] of chunks) {
      const digest = want[place]
      if (digest === undefined)
        throw new ShoalError('WIRE_MALFORMED', 'a pack names a place that its want does not have')
      const bytes = plain.slice(at, at + size)
      at += size
      // The frame's bytes are shared out by size, and no byte is lost or counted twice.
      const share = Math.floor((wireBytes * at) / plainBytes) - told
      told += share
      this.#chunk(digest, 'none', { body: bytes, wireBytes: share })
    }
  }

  /** An answer to what was taken back crosses the taking back; any other was never asked for. */
  #unasked(digest: Digest, wireBytes: number): void {
    const owners = this.#retracted.get(digest)
    if (owners === undefined) throw new ShoalError('WIRE_MALFORMED', 'the peer answers what it was not asked')
    this.#retracted.delete(digest)
    if (wireBytes > 0) this.#events.wasted(digest, wireBytes, owners, undefined)
  }

  #settle(digest: Digest, asked: Asked<Owner>): void {
    this.#asked.delete(digest)
    this.#inFlight -= asked.size
  }

  #send(message: ExchangeRequest): void {
    // Requests are small and bounded by what is in flight, so a full buffer needs no waiting.
    this.#channel.send(requestCodec.encode(message))
  }
}
