import { EXCHANGE_PROTOCOL, isShoalError, LIMITS, ShoalError } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import type { LinkLimiter } from '../limits/index.ts'
import type { Channel, Net, NetPeer } from '../net/index.ts'
import { type ClientEvents, ExchangeClient } from './exchange-client.ts'
import { judgeLink, LinkMeter, type PlanLink } from '../plan/index.ts'
import type { Job } from './job.ts'

export interface LinkDeps {
  readonly net: Pick<Net, 'open' | 'doubt'>
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: LinkLimiter
}

export interface LinkEvents {
  /** There may be something to ask for. */
  changed(): void
  received(job: Job, chunk: number, bytes: Uint8Array, wireBytes: number): void
  /** The stream ended for a reason. */
  failed(error: ShoalError): void
}

/** After a stream ended, or could not be opened, the next is tried after this. */
const REOPEN_MS = 3_000
/** A first answer from the same LAN takes no longer. */
const NEAR_PATIENCE_MS = 3_000

/** The link to one connected peer: opens the stream when there is something to fetch, and keeps it. */
export class PeerLink implements PlanLink {
  readonly peer: NetPeer
  readonly #deps: LinkDeps
  readonly #events: LinkEvents
  readonly #jobs = new Set<Job>()
  readonly #closed = new AbortController()
  #opening = false
  #reopenAtMs = 0
  #open: { readonly channel: Channel; readonly client: ExchangeClient<Job> } | undefined
  #suspectSinceMs: number | undefined
  #stalls = 0

  constructor(deps: LinkDeps, peer: NetPeer, events: LinkEvents) {
    this.#deps = deps
    this.peer = peer
    this.#events = events
  }

  get inFlight(): number {
    return this.#open?.client.inFlight ?? 0
  }

  get closed(): boolean {
    return this.#open === undefined || this.#suspectSinceMs !== undefined
  }

  get window(): number {
    return this.#open?.client.meter.window ?? 0
  }

  /** Bytes a second, 0 while unknown. */
  get rate(): number {
    return this.#open?.client.meter.rate ?? 0
  }

  /** After this much silence the link counts as stalled when a chunk was asked for. */
  get patienceMs(): number {
    return this.#open?.client.meter.patienceMs(LIMITS.chunkBytes) ?? LIMITS.chunkTimeoutMs
  }

  expectedMs(bytes: number): number {
    return this.#open?.client.meter.expectedMs(bytes) ?? Number.POSITIVE_INFINITY
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

  /** Asks for chunks of a job. @param bytes theirs together */
  want(job: Job, chunks: readonly number[], bytes: number): void {
    this.#deps.limits?.asked(this.peer, bytes)
    const wanted = chunks.map((chunk) => ({ digest: job.digestOf(chunk), size: job.plan.sizeOf(chunk) }))
    this.#safely(() => this.#open?.client.want(wanted, job))
  }

  /** Looks for a stall, or its end; opens a lost stream again. */
  check(jobs: readonly Job[]): void {
    const nowMs = this.#deps.clock.monotonic()
    if (this.#open === undefined) {
      if (jobs.length > 0 && nowMs >= this.#reopenAtMs) void this.#connect()
      return
    }
    const { client, channel } = this.#open
    const health = judgeLink(client.meter, {
      inFlight: client.inFlight,
      silentMs: client.silentMs(),
      oldestMs: client.oldestMs(),
      stalledMs: this.#suspectSinceMs === undefined ? undefined : nowMs - this.#suspectSinceMs,
      stalls: this.#stalls,
    })
    if (health === 'dead') channel.abort(new ShoalError('PEER_TIMEOUT', 'the peer answers nothing any more'))
    if (health === 'stalls') this.#suspect(true)
    if (health === 'probe') this.#suspect(false)
    if (this.#suspectSinceMs !== undefined) this.#deps.net.doubt(this.peer.peer)
  }

  close(): void {
    this.#closed.abort(new ShoalError('PEER_GONE', 'the peer is gone'))
    this.#open?.channel.abort(new ShoalError('PEER_GONE', 'the peer is gone'))
    this.#open = undefined
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
          if (bits !== undefined) job.content.heard(this.peer, this.#deps.clock.monotonic())
        }),
      haveMore: (manifest, indices) =>
        this.#each(manifest, (job) => {
          job.plan.addHave(this.peer.peer, indices)
          job.content.heard(this.peer, this.#deps.clock.monotonic())
        }),
      chunk: (digest, bytes, wireBytes, jobs) => this.#received(digest, bytes, wireBytes, jobs),
      wasted: (digest, wireBytes, [job], error) => job?.wasted(this.peer, digest, wireBytes, error !== undefined),
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
      for (const job of this.#jobs) job.content.lost(this.peer.peer)
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
    this.#stalls = 0
    jobs.forEach((job, i) => {
      const chunk = job.indexOf(digest)
      // Asked for at the size that was stated, which for a list is only a bound.
      if (chunk !== undefined && i === 0) this.#deps.limits?.saved(this.peer, job.plan.sizeOf(chunk) - wireBytes)
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
    if (suspect) {
      this.#stalls++
      this.#deps.log.debug('peer-stalled', { peer: this.peer.peer, inFlight: this.inFlight })
    }
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
