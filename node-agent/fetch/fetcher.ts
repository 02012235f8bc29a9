import {
  type ChannelName,
  EXCHANGE_PROTOCOL,
  type ErrorCode,
  isShoalError,
  type LinkClass,
  LIMITS,
  type PeerKey,
  ShoalError,
  type SiteName,
} from '../../protocol/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'
import { linkClass, type LinkLimiter } from '../limits/index.ts'
import type { Net, NetPeer } from '../net/index.ts'
import { ownerPatienceMs, planRequests } from '../plan/index.ts'
import type { Traffic } from '../traffic/index.ts'
import { serveExchange } from './exchange-server.ts'
import { Job } from './job.ts'
import { PeerLink } from './peer-link.ts'
import { type Arrival, sourceOf } from './tally.ts'
import type { ChunkSource, FetchCounts, Fetcher, FetchJob } from './types.ts'

export interface FetcherDeps {
  readonly net: Net
  /** What this node serves; chunks of running fetches included, so that neighbours get them at once. */
  readonly source: ChunkSource
  readonly clock: Clock
  readonly log: Logger
  /** What this host's config allows on its links; undefined for everything. */
  readonly limits?: LinkLimiter
  /** Counts what is received and served; undefined where nobody asks. */
  readonly traffic?: Traffic
  /** Whether a member says that a channel's newest release was published from there. */
  readonly publishes?: (peer: PeerKey, channel: ChannelName) => boolean
  /** Uniform in [0, 1). */
  readonly rng: () => number
  /** This host's own site; undefined while that is not known. */
  readonly site: () => SiteName | undefined
}

/** Fetches and serves chunks. Start it before the net. */
export interface MeshFetcher extends Fetcher, Component {}

export const createFetcher = (deps: FetcherDeps): MeshFetcher => new PeerFetcher(deps)

/** How often stalls are looked for and progress is told, while anything is fetched. */
const TICK_MS = 250

/** Errors after which a peer is dropped and ignored for a while. */
const DROPPED_FOR: ReadonlySet<ErrorCode> = new Set([
  'CHUNK_DIGEST_MISMATCH',
  'CHUNK_TOO_LARGE',
  'WIRE_MALFORMED',
  'WIRE_TOO_LARGE',
])

class PeerFetcher implements MeshFetcher {
  readonly #deps: FetcherDeps
  readonly #links = new Map<PeerKey, PeerLink>()
  readonly #jobs = new Set<Job>()
  #unsubscribe: readonly (() => void)[] = []
  #run: AbortController | undefined
  #ticking: Promise<void> | undefined
  #scheduled = false

  constructor(deps: FetcherDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    this.#run = new AbortController()
    const { net } = this.#deps
    net.handle(EXCHANGE_PROTOCOL, (channel, peer) => serveExchange(this.#deps, channel, peer), {
      maxFrameBytes: LIMITS.exchangeMessageBytes,
    })
    this.#unsubscribe = [net.onPeer((peer) => this.#connected(peer)), net.onPeerGone((peer) => this.#gone(peer))]
  }

  async stop(): Promise<void> {
    this.#run?.abort(new ShoalError('CANCELLED', 'the node stops'))
    this.#run = undefined
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const job of this.#jobs) this.#end(job, new ShoalError('CANCELLED', 'the node stops'))
    for (const peer of this.#links.keys()) this.#gone(peer)
    await this.#ticking
  }

  async fetch(
    job: FetchJob,
    options: { readonly signal: AbortSignal; readonly onCounts?: (counts: FetchCounts) => void },
  ): Promise<FetchCounts> {
    const { signal } = options
    if (this.#run === undefined) throw new ShoalError('CANCELLED', 'the fetcher is not started')
    if (signal.aborted) throw new ShoalError('CANCELLED', 'fetching was cancelled')
    const running = new Job(job, {
      self: this.#deps.net.peerId,
      site: this.#deps.site(),
      rng: this.#deps.rng,
      onCounts: options.onCounts,
      linkOf: (peer) => this.#linkOf(peer),
      publishes: (peer) => this.#publishes(peer, job),
      spent: (peer, arrival) => this.#spent(peer, job, arrival),
      settled: (error) => this.#end(running, error),
      kept: () => this.#schedule(),
    })
    const cancel = (): void => this.#end(running, new ShoalError('CANCELLED', 'fetching was cancelled'))
    signal.addEventListener('abort', cancel, { once: true })
    try {
      if (running.plan.left === 0) return running.counts()
      this.#jobs.add(running)
      this.#shareOut()
      for (const link of this.#links.values()) link.addJob(running)
      this.#ticking ??= this.#tick(this.#run.signal).finally(() => (this.#ticking = undefined))
      this.#schedule()
      return await running.done
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  #linkOf(peer: NetPeer): LinkClass {
    return this.#deps.limits?.classOf(peer) ?? linkClass(peer, { metered: false })
  }

  #publishes(peer: PeerKey, { channel }: FetchJob): boolean {
    return channel !== undefined && this.#deps.publishes?.(peer, channel) === true
  }

  #spent(peer: NetPeer, job: FetchJob, { wireBytes, waste }: Arrival): void {
    const source = sourceOf(peer.sameSite, this.#publishes(peer.peer, job))
    this.#deps.limits?.spend(peer, job.spending?.release, wireBytes)
    this.#deps.traffic?.received(job.channel, this.#linkOf(peer), source, wireBytes, waste)
  }

  #connected(peer: NetPeer): void {
    if (this.#run === undefined || this.#links.has(peer.peer)) return
    const link = new PeerLink(this.#deps, peer, {
      changed: () => this.#schedule(),
      received: (job, chunk, bytes, wireBytes) => this.#received(link, job, chunk, bytes, wireBytes),
      failed: (error) => this.#failed(link, error),
    })
    this.#links.set(peer.peer, link)
    this.#shareOut()
    for (const job of this.#jobs) link.addJob(job)
    this.#schedule()
  }

  #gone(peer: PeerKey): void {
    const link = this.#links.get(peer)
    this.#links.delete(peer)
    link?.close()
    for (const job of this.#jobs) job.content.lost(peer)
    this.#shareOut()
    this.#schedule()
  }

  #failed(link: PeerLink, error: ShoalError): void {
    const { peer } = link.peer
    const dropped = DROPPED_FOR.has(error.code)
    this.#deps.log[dropped ? 'warn' : 'debug']('exchange-ended', { peer, code: error.code, reason: error.message })
    if (dropped) this.#deps.net.ban(peer, error, LIMITS.peerBanMs)
  }

  /** A verified chunk: other peers that owe it are told to forget it. */
  #received(link: PeerLink, job: Job, chunk: number, bytes: Uint8Array, wireBytes: number): void {
    for (const { peer } of job.receive(chunk, bytes, wireBytes, link.peer)) {
      if (peer !== link.peer.peer) this.#links.get(peer)?.retract(job, chunk)
    }
    this.#schedule()
  }

  #end(job: Job, error: ShoalError | undefined): void {
    if (!this.#jobs.delete(job)) return job.finish(error)
    for (const link of this.#links.values()) link.removeJob(job)
    job.finish(error)
  }

  /** Asks peers for more, once for whatever happened in this turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled || this.#jobs.size === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#fill()
    })
  }

  #fill(): void {
    const requests = planRequests({
      links: [...this.#links.values()],
      jobs: [...this.#jobs],
      pendingBytes: () => this.#pendingBytes(),
      allowed: ({ peer }, job) => this.#room(peer, job).bytes,
    })
    for (const { link, job, chunks, bytes } of requests) link.want(job, chunks, bytes)
  }

  /** What may be asked of a peer for a job. */
  #room(peer: NetPeer, job: Job, wanted?: number): { readonly bytes: number; readonly why: ShoalError | undefined } {
    const { limits } = this.#deps
    const nearOnly = job.spending?.nearOnly
    if (nearOnly !== undefined && !peer.sameSite) return { bytes: 0, why: nearOnly }
    if (limits === undefined) return { bytes: Number.POSITIVE_INFINITY, why: undefined }
    const link = limits.classOf(peer)
    let inFlight = 0
    for (const other of this.#links.values()) if (limits.classOf(other.peer) === link) inFlight += other.inFlight
    return limits.room(peer, job.spending?.release, inFlight, wanted)
  }

  /** A limit that leaves a job nobody to ask; undefined while it goes on. */
  #closed(job: Job): ShoalError | undefined {
    if (!job.idle) return undefined
    if (job.spending?.nearOnly !== undefined) return job.spending.nearOnly
    for (const { peer } of this.#links.values()) {
      const { why } = this.#room(peer, job)
      if (why !== undefined) return this.#room(peer, job, job.leftBytes()).why
    }
    return undefined
  }

  /** Divides every job among the neighbours that are there now. */
  #shareOut(): void {
    const patienceMs = ownerPatienceMs([...this.#links.values()])
    const nowMs = this.#deps.clock.monotonic()
    for (const job of this.#jobs) job.content.shareOut(nowMs, patienceMs)
  }

  /** Asked for, or received and not yet kept. */
  #pendingBytes(): number {
    let bytes = 0
    for (const link of this.#links.values()) bytes += link.inFlight
    for (const job of this.#jobs) bytes += job.unkeptBytes
    return bytes
  }

  /** Looks for stalls while there are jobs. */
  async #tick(signal: AbortSignal): Promise<void> {
    while (this.#jobs.size > 0) {
      try {
        await this.#deps.clock.sleep(TICK_MS, { signal })
      } catch (err) {
        if (isShoalError(err, 'CANCELLED')) return
        throw err
      }
      const nowMs = this.#deps.clock.monotonic()
      for (const job of this.#jobs) {
        job.hold(this.#closed(job), nowMs)
        if (job.givesUp(nowMs)) this.#end(job, new ShoalError('NO_SOURCE', 'no connected peer has what is asked for'))
        job.plan.retry(nowMs)
        job.tell()
      }
      this.#shareOut()
      for (const link of this.#links.values()) link.check([...this.#jobs])
      this.#schedule()
    }
  }
}
