import { EXCHANGE_PROTOCOL, isShoalError, LIMITS, type PeerKey, ShoalError } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { Channel, Net, NetPeer } from '../net/index.ts'
import { type ClientEvents, ExchangeClient } from './exchange-client.ts'
import { LinkMeter } from './link-meter.ts'
import type { Job } from './job.ts'

export interface LinkDeps {
  readonly net: Pick<Net, 'open'>
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: LinkLimiter
}

export interface LinkEvents {
  /** There may be something to ask for. */
  changed(): void
  /** Bytes that this host's limits let it ask of the peer for a job now. */
  allowed(job: Job): number
  received(job: Job, chunk: number, bytes: Uint8Array, wireBytes: number): void
  /** The stream ended for a reason. */
  failed(error: ShoalError): void
}

/** After a stream ended, or could not be opened, the next is tried after this. */
const REOPEN_MS = 3_000
/** A stalled peer that owes nothing any more is tried again after this. */
const PROBE_MS = 10_000
/** A first answer from the same LAN takes no longer. */
const NEAR_PATIENCE_MS = 5_000
/** Silence after which a stalled stream is given up and opened afresh. */
const GIVE_UP_MS = 3 * LIMITS.chunkTimeoutMs
/** Multiple of a request's patience after which bytes that trickle in no longer excuse a chunk that does not come. */
const TRICKLE = 6

/** The link to one connected peer: opens the stream when there is something to fetch, and keeps it. */
export class PeerLink {
  readonly peer: NetPeer
  readonly #deps: LinkDeps
  readonly #events: LinkEvents
  readonly #jobs = new Set<Job>()
  readonly #closed = new AbortController()
  #opening = false
  #reopenAtMs = 0
  #open: { readonly channel: Channel; readonly client: ExchangeClient<Job> } | undefined
  #suspectSinceMs: number | undefined

  constructor(deps: LinkDeps, peer: NetPeer, events: LinkEvents) {
    this.#deps = deps
    this.peer = peer
    this.#events = events
  }

  get inFlight(): number {
    return this.#open?.client.inFlight ?? 0
  }

  /** Bytes a second, 0 while unknown. */
  get rate(): number {
    return this.#open?.client.meter.rate ?? 0
  }

  /** After this much silence the link counts as stalled when a chunk was asked for. */
  get patienceMs(): number {
    return this.#open?.client.meter.patienceMs(LIMITS.chunkBytes) ?? LIMITS.chunkTimeoutMs
  }

  /** Until all that was asked for should have arrived; Infinity without a stream. */
  expectedMs(): number {
    return this.#open?.client.meter.expectedMs(this.inFlight) ?? Number.POSITIVE_INFINITY
  }

  addJob(job: Job): void {
    this.#jobs.add(job)
    if (this.#open === undefined) void this.#connect()
    else this.#join(this.#open.client, job)
  }

  removeJob(job: Job): void {
    if (!this.#jobs.delete(job)) return
    const client = this.#open?.client
    if (client === undefined) return
    this.#safely(() => {
      for (const chunk of job.plan.askedOf(this.peer.peer)) client.cancel(job.digestOf(chunk), job)
      const { manifest } = job
      if (manifest !== undefined && ![...this.#jobs].some((other) => other.manifest === manifest))
        client.forget(manifest)
    })
  }

  /** Another peer was faster. */
  retract(job: Job, chunk: number): void {
    this.#safely(() => this.#open?.client.cancel(job.digestOf(chunk), job))
  }

  /** Asks for as much as the link carries and `maxBytes` allows. */
  fill(jobs: readonly Job[], maxBytes: number, linkOf: (peer: PeerKey) => PeerLink | undefined): void {
    const client = this.#open?.client
    if (client === undefined || this.#suspectSinceMs !== undefined) return
    const { window } = client.meter
    // Asked in batches: a message a chunk would cost more than it gains.
    if (client.inFlight > window * REFILL) return
    let room = Math.min(window - client.inFlight, maxBytes)
    for (const job of jobs) {
      while (room > 0) {
        const most = Math.min(room, this.#events.allowed(job))
        const chunks = job.plan.take(this.peer.peer, most, LIMITS.chunksPerWant)
        const picked = chunks.length > 0 || most <= 0 ? chunks : this.#endGame(job, most, linkOf)
        if (picked.length === 0) break
        const bytes = picked.reduce((sum, chunk) => sum + job.plan.sizeOf(chunk), 0)
        room -= bytes
        this.#deps.limits?.asked(this.peer, bytes)
        const wanted = picked.map((chunk) => ({ digest: job.digestOf(chunk), size: job.plan.sizeOf(chunk) }))
        this.#safely(() => client.want(wanted, job))
      }
    }
  }

  /** Looks for a stall, or its end; opens a lost stream again. */
  check(jobs: readonly Job[]): void {
    const nowMs = this.#deps.clock.monotonic()
    if (this.#open === undefined) {
      if (jobs.length > 0 && nowMs >= this.#reopenAtMs) void this.#connect()
      return
    }
    const { client, channel } = this.#open
    const silentMs = client.silentMs()
    const patienceMs = client.meter.patienceMs(client.inFlight)
    if (silentMs > GIVE_UP_MS) {
      channel.abort(new ShoalError('PEER_TIMEOUT', 'the peer answers nothing any more'))
      return
    }
    const trickles = client.oldestMs() > TRICKLE * Math.max(patienceMs, client.meter.expectedMs(client.inFlight))
    const stalled = silentMs > patienceMs || trickles
    if (stalled && this.#suspectSinceMs === undefined) this.#suspect(true)
    const idle = client.inFlight === 0 && nowMs - (this.#suspectSinceMs ?? nowMs) > PROBE_MS
    if (this.#suspectSinceMs !== undefined && idle) this.#suspect(false)
  }

  close(): void {
    this.#closed.abort(new ShoalError('PEER_GONE', 'the peer is gone'))
    this.#open?.channel.abort(new ShoalError('PEER_GONE', 'the peer is gone'))
    this.#open = undefined
  }

  /** Chunks that slower peers owe are asked of this one, too, if it would have them much sooner. */
  #endGame(job: Job, room: number, linkOf: (peer: PeerKey) => PeerLink | undefined): readonly number[] {
    return job.plan.double(this.peer.peer, room, (holder, chunk) => {
      const own = this.#open?.client.meter.expectedMs(job.plan.sizeOf(chunk)) ?? Number.POSITIVE_INFINITY
      const theirs = linkOf(holder)?.expectedMs() ?? Number.POSITIVE_INFINITY
      return theirs > END_GAME_GAIN * own + END_GAME_LEAST_MS
    })
  }

  async #connect(): Promise<void> {
    if (this.#opening || this.#closed.signal.aborted) return
    this.#opening = true
    const options = { maxFrameBytes: LIMITS.exchangeMessageBytes, signal: this.#closed.signal }
    try {
      const channel = await this.#deps.net.open(this.peer.peer, EXCHANGE_PROTOCOL, options)
      await this.#converse(channel)
    } catch (err) {
      if (this.#closed.signal.aborted) return
      this.#events.failed(isShoalError(err) ? err : new ShoalError('INTERNAL', 'the exchange failed', { cause: err }))
    } finally {
      this.#opening = false
      this.#reopenAtMs = this.#deps.clock.monotonic() + REOPEN_MS
    }
  }

  async #converse(channel: Channel): Promise<void> {
    const events: ClientEvents<Job> = {
      have: (manifest, bits) =>
        this.#each(manifest, (job) => {
          job.plan.setHave(this.peer.peer, bits ?? new Uint8Array())
          if (bits !== undefined) job.heard(this.peer, this.#deps.clock.monotonic())
        }),
      haveMore: (manifest, indices) =>
        this.#each(manifest, (job) => {
          job.plan.addHave(this.peer.peer, indices)
          job.heard(this.peer, this.#deps.clock.monotonic())
        }),
      chunk: (digest, bytes, wireBytes, jobs) => this.#received(digest, bytes, wireBytes, jobs),
      wasted: (wireBytes, jobs) => jobs.forEach((job) => job.count(this.peer, wireBytes, true)),
      lack: (digest, jobs) => this.#lacked(digest, jobs),
    }
    const meter = new LinkMeter(this.peer.sameSite ? NEAR_PATIENCE_MS : LIMITS.chunkTimeoutMs)
    const client = new ExchangeClient<Job>(channel, this.#deps.clock, events, meter)
    this.#open = { channel, client }
    try {
      for (const job of this.#jobs) this.#join(client, job)
      await client.run()
    } catch (err) {
      channel.abort(err instanceof Error ? err : new ShoalError('INTERNAL', 'the exchange failed'))
      throw err
    } finally {
      this.#open = undefined
      this.#suspectSinceMs = undefined
      for (const job of this.#jobs) job.lost(this.peer.peer)
      this.#events.changed()
    }
  }

  #join(client: ExchangeClient<Job>, job: Job): void {
    job.plan.addPeer(this.peer.peer, this.peer.sameSite)
    const { manifest } = job
    if (manifest !== undefined) this.#safely(() => client.interest(manifest))
    this.#events.changed()
  }

  #received(digest: Parameters<Job['indexOf']>[0], bytes: Uint8Array, wireBytes: number, jobs: readonly Job[]): void {
    if (this.#suspectSinceMs !== undefined) this.#suspect(false)
    this.#deps.limits?.saved(this.peer, bytes.length - wireBytes)
    jobs.forEach((job, i) => {
      const chunk = job.indexOf(digest)
      // The bytes crossed the wire once, whoever else wanted them.
      if (chunk !== undefined) this.#events.received(job, chunk, bytes, i === 0 ? wireBytes : 0)
    })
  }

  #lacked(digest: Parameters<Job['indexOf']>[0], jobs: readonly Job[]): void {
    const nowMs = this.#deps.clock.monotonic()
    for (const job of jobs) {
      const chunk = job.indexOf(digest)
      if (chunk === undefined) continue
      job.plan.lacked(this.peer.peer, chunk, nowMs)
      if (job === jobs[0]) this.#deps.limits?.saved(this.peer, job.plan.sizeOf(chunk))
    }
    this.#events.changed()
  }

  #each(manifest: Job['manifest'], act: (job: Job) => void): void {
    for (const job of this.#jobs) if (job.manifest === manifest) act(job)
    this.#events.changed()
  }

  #suspect(suspect: boolean): void {
    this.#suspectSinceMs = suspect ? this.#deps.clock.monotonic() : undefined
    if (suspect) this.#deps.log.debug('peer-stalled', { peer: this.peer.peer, inFlight: this.inFlight })
    for (const job of this.#jobs) job.plan.suspect(this.peer.peer, suspect)
    this.#events.changed()
  }

  /** A stream that ended while it was written to is reported by its reader. */
  #safely(act: () => void): void {
    try {
      act()
    } catch (err) {
      if (!isShoalError(err, 'PEER_GONE')) throw err
    }
  }
}

/** Share of the window at which it is filled up again. */
const REFILL = 0.75
/** The end game is worth it where the holder needs this many times as long, and at least so much longer. */
const END_GAME_GAIN = 2
const END_GAME_LEAST_MS = 100
