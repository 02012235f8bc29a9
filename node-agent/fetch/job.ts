import { type Digest, LIMITS, type PeerKey, ShoalError, type SiteName } from '../../protocol/index.ts'
import type { NetPeer } from '../net/index.ts'
import { FetchPlan, type Retraction, Share } from '../plan/index.ts'
import type { FetchCounts, FetchJob, Spending } from './types.ts'

export interface JobInit {
  readonly self: PeerKey
  /** This host's own; undefined while that is not known. */
  readonly site: SiteName | undefined
  /** Uniform in [0, 1). */
  readonly rng: () => number
  readonly onCounts: ((counts: FetchCounts) => void) | undefined
  /** Bytes crossed the wire for it. */
  spent(peer: NetPeer, wireBytes: number): void
  /** All is kept, or keeping failed. */
  settled(error: ShoalError | undefined): void
  /** A chunk was kept: there is room for more. */
  kept(): void
}

/** A link that is closed for so long while nothing comes from others holds the fetch up; a moment between two answers does not. */
const HELD_AFTER_MS = 2_000

/** One running fetch: its plan, its counts, and the chunks that its owner is still keeping. */
export class Job {
  readonly plan: FetchPlan
  readonly manifest: Digest | undefined
  readonly done: Promise<FetchCounts>
  readonly #job: FetchJob
  readonly #init: JobInit
  readonly #indices = new Map<Digest, number>()
  readonly #settle: PromiseWithResolvers<FetchCounts>
  #finished = false
  #keeping = 0
  #told = ''
  unkeptBytes = 0
  #hopelessSinceMs: number | undefined
  #closedSinceMs: number | undefined
  /** What was told of a limit that holds it up. */
  #held: string | undefined
  readonly #share: Share | undefined
  /** Divides what only far sources have among the sites that fetch it. */
  readonly #sites: Share | undefined
  /** Peers of other sites that fetch the same. */
  readonly #fetching = new Map<PeerKey, SiteName>()
  #counts = { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0 }

  constructor(job: FetchJob, init: JobInit) {
    this.#job = job
    this.#init = init
    this.manifest = job.manifest
    const { manifest: content, chunks } = job
    const shared = content !== undefined && job.partners !== undefined
    this.#share = shared ? new Share({ self: init.self, content, chunks }) : undefined
    if (content !== undefined && init.site !== undefined) this.#sites = new Share({ self: init.site, content, chunks })
    this.plan = new FetchPlan({
      chunks: job.chunks,
      missing: job.missing,
      covered: job.manifest !== undefined,
      rng: init.rng,
      lackRetryMs: LIMITS.lackRetryMs,
      endGameShare: LIMITS.endGameShare,
      mayCross: (chunk) => this.#share?.owns(chunk) ?? true,
      first: (chunk) => this.#sites?.owns(chunk) ?? true,
    })
    for (const index of job.missing) this.#indices.set(this.digestOf(index), index)
    this.#settle = Promise.withResolvers()
    this.done = this.#settle.promise
  }

  digestOf(chunk: number): Digest {
    const ref = this.#job.chunks[chunk]
    if (ref === undefined)
      throw new ShoalError('INTERNAL', `a fetch names chunk ${chunk} of ${this.#job.chunks.length}`)
    return ref.digest
  }

  indexOf(digest: Digest): number | undefined {
    return this.#indices.get(digest)
  }

  counts(): FetchCounts {
    return { ...this.#counts }
  }

  /** Bytes that came over the wire from a peer for this job. */
  count(peer: NetPeer, wireBytes: number, wasted: boolean): void {
    this.#counts.wireBytes += wireBytes
    this.#counts[peer.sameSite ? 'sameSiteBytes' : 'otherSiteBytes'] += wireBytes
    this.#init.spent(peer, wireBytes)
    if (wasted) this.#counts.wastedBytes += wireBytes
  }

  /** Hands a verified chunk to the owner. Returns the peers that still owe it. */
  receive(chunk: number, bytes: Uint8Array, wireBytes: number, from: NetPeer): readonly Retraction[] {
    const others = this.plan.received(chunk)
    this.count(from, wireBytes, others === undefined)
    if (others === undefined || this.#finished) return []
    this.#hopelessSinceMs = undefined
    this.#keeping++
    this.unkeptBytes += bytes.length
    void this.#keep(chunk, bytes, { peer: from.peer, sameSite: from.sameSite, wireBytes })
    return others
  }

  /**
   * Shares the chunks out among the neighbours that miss the same.
   *
   * @param patienceMs after this much silence a neighbour's share is taken over
   */
  shareOut(nowMs: number, patienceMs: number): void {
    // Every site goes on to the rest when its own share is asked for: nobody waits for another.
    if (this.#sites?.update(new Set(this.#fetching.values()), nowMs, Number.POSITIVE_INFINITY) === true)
      this.plan.reconsider()
    const partners = this.#job.partners?.()
    if (this.#share === undefined || partners === undefined) return
    if (this.#share.update(partners, nowMs, patienceMs)) this.plan.reconsider()
  }

  /** A peer announced what it has of it. */
  heard({ peer, site, sameSite }: NetPeer, nowMs: number): void {
    this.#share?.heard(peer, nowMs)
    if (sameSite) return
    if (this.plan.isWhole(peer)) this.#fetching.delete(peer)
    else this.#fetching.set(peer, site)
  }

  /** A peer is gone. */
  lost(peer: PeerKey): void {
    this.#fetching.delete(peer)
    this.plan.removePeer(peer)
  }

  /** What it is fetched for. */
  get spending(): Spending | undefined {
    return this.#job.spending
  }

  /** Plain bytes still missing. */
  leftBytes(): number {
    return this.#job.missing.reduce((sum, chunk) => sum + (this.plan.needs(chunk) ? this.plan.sizeOf(chunk) : 0), 0)
  }

  /** Nothing is asked of anybody. */
  get idle(): boolean {
    return this.plan.left > 0 && this.plan.unasked === this.plan.left
  }

  /**
   * Tells whoever wants this when limits begin to hold it up, and when they no longer do.
   *
   * @param why a limit that closes a link while nothing is asked of anybody; undefined for none
   */
  hold(why: ShoalError | undefined, nowMs: number): void {
    if (why === undefined) {
      this.#closedSinceMs = undefined
      if (this.#held !== undefined) this.#job.spending?.onHeld(undefined)
      this.#held = undefined
      return
    }
    this.#closedSinceMs ??= nowMs
    if (nowMs - this.#closedSinceMs < HELD_AFTER_MS || this.#held === why.message) return
    this.#held = why.message
    this.#job.spending?.onHeld(why)
  }

  /** Whoever wants this could have it in another way, and no peer has had it for long enough. */
  givesUp(nowMs: number): boolean {
    if (this.#job.optional !== true || this.#closedSinceMs !== undefined || !this.plan.hopeless) return false
    this.#hopelessSinceMs ??= nowMs
    return nowMs - this.#hopelessSinceMs >= LIMITS.optionalPatienceMs
  }

  /** Tells the counts if they changed. */
  tell(): void {
    const now = JSON.stringify(this.#counts)
    if (now === this.#told) return
    this.#told = now
    this.#init.onCounts?.(this.counts())
  }

  finish(error: ShoalError | undefined): void {
    if (this.#finished) return
    this.#finished = true
    this.tell()
    this.hold(undefined, 0)
    if (error === undefined) this.#settle.resolve(this.counts())
    else this.#settle.reject(error)
  }

  async #keep(chunk: number, bytes: Uint8Array, from: Parameters<FetchJob['onChunk']>[2]): Promise<void> {
    try {
      await this.#job.onChunk(this.digestOf(chunk), bytes, from)
    } catch (err) {
      const error =
        err instanceof ShoalError ? err : new ShoalError('INTERNAL', 'a chunk could not be kept', { cause: err })
      this.#init.settled(error)
      return
    } finally {
      this.#keeping--
      this.unkeptBytes -= bytes.length
    }
    if (this.plan.left === 0 && this.#keeping === 0) this.#init.settled(undefined)
    else this.#init.kept()
  }
}
