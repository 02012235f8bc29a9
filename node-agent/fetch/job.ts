import {
  type Digest,
  type LinkClass,
  LIMITS,
  type PeerKey,
  ShoalError,
  type SiteName,
  type WasteKind,
} from '../../protocol/index.ts'
import type { NetPeer } from '../net/index.ts'
import { ContentPlan, type FetchPlan, type Retraction } from '../plan/index.ts'
import { type Arrival, Tally } from './tally.ts'
import type { FetchCounts, FetchJob, Spending } from './types.ts'

export interface JobInit {
  readonly self: PeerKey
  /** This host's own; undefined while that is not known. */
  readonly site: SiteName | undefined
  /** Uniform in [0, 1). */
  readonly rng: () => number
  readonly onCounts: ((counts: FetchCounts) => void) | undefined
  linkOf(peer: NetPeer): LinkClass
  /** The peer published what is fetched. */
  publishes(peer: PeerKey): boolean
  /** Bytes crossed the wire for it. */
  spent(peer: NetPeer, arrival: Arrival): void
  /** All is kept, or keeping failed. */
  settled(error: ShoalError | undefined): void
  /** A chunk was kept: there is room for more. */
  kept(): void
}

/** A link that is closed for so long while nothing comes from others holds the fetch up; a moment between two answers does not. */
const HELD_AFTER_MS = 2_000

/** One running fetch: its plan, its counts, and the chunks that its owner is still keeping. */
export class Job {
  readonly content: ContentPlan
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
  readonly #tally: Tally

  constructor(job: FetchJob, init: JobInit) {
    this.#job = job
    this.#init = init
    this.manifest = job.manifest
    const { self, site, rng } = init
    const { manifest: content, chunks, missing, partners } = job
    this.content = new ContentPlan({ self, site, content, chunks, missing, partners, rng })
    this.#tally = new Tally((peer) => init.publishes(peer))
    for (const index of job.missing) this.#indices.set(this.digestOf(index), index)
    this.#settle = Promise.withResolvers()
    this.done = this.#settle.promise
  }

  get plan(): FetchPlan {
    return this.content.plan
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
    return this.#tally.counts
  }

  /** Bytes came from a peer that are of no use: a chunk that is here already, or was wanted no more. */
  wasted(peer: NetPeer, digest: Digest, wireBytes: number, bad: boolean): void {
    const chunk = this.indexOf(digest)
    const here = chunk !== undefined && !this.plan.needs(chunk)
    const waste: WasteKind = bad ? 'bad' : here ? 'duplicate' : 'cancelled'
    this.#count(peer, { wireBytes, plainBytes: 0, waste })
  }

  #count(peer: NetPeer, arrival: Arrival): void {
    this.#tally.add({ peer: peer.peer, sameSite: peer.sameSite, link: this.#init.linkOf(peer) }, arrival)
    this.#init.spent(peer, arrival)
    if (this.#finished) this.tell()
  }

  /** Hands a verified chunk to the owner. Returns the peers that still owe it. */
  receive(chunk: number, bytes: Uint8Array, wireBytes: number, from: NetPeer): readonly Retraction[] {
    const others = this.plan.received(chunk)
    this.#count(from, { wireBytes, plainBytes: bytes.length, ...(others === undefined && { waste: 'duplicate' }) })
    if (others === undefined || this.#finished) return []
    this.#hopelessSinceMs = undefined
    this.#keeping++
    this.unkeptBytes += bytes.length
    void this.#keep(chunk, bytes, { peer: from.peer, sameSite: from.sameSite, wireBytes })
    return others
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
    const counts = this.counts()
    const now = JSON.stringify(counts)
    if (now === this.#told) return
    this.#told = now
    this.#init.onCounts?.(counts)
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
