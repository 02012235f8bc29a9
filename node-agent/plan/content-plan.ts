import { type ChunkRef, type Digest, LIMITS, type PeerKey, type SiteName } from '../../protocol/index.ts'
import { FetchPlan } from './fetch-plan.ts'
import type { LinkEnd } from './plan-link.ts'
import { Share } from './share.ts'

export interface ContentPlanInit {
  readonly self: PeerKey
  /** This host's own; undefined while that is not known. */
  readonly site: SiteName | undefined
  /** What the chunks are of; undefined where no bitmap covers them. */
  readonly content: Digest | undefined
  /** All its distinct chunks. */
  readonly chunks: readonly ChunkRef[]
  /** Indices of those that are missing here. */
  readonly missing: readonly number[]
  /** Neighbours that miss the same now; undefined when nothing is shared out. */
  readonly partners: (() => ReadonlySet<PeerKey>) | undefined
  /** Uniform in [0, 1). */
  readonly rng: () => number
}

/** How one content is obtained: which chunk is asked of which peer, and what is left to neighbours and to other sites. Pure: times are passed in, in milliseconds. */
export class ContentPlan {
  readonly plan: FetchPlan
  readonly #partners: ContentPlanInit['partners']
  readonly #share: Share | undefined
  /** Divides what only far sources have among the sites that fetch it. */
  readonly #sites: Share | undefined
  /** Peers of other sites that fetch the same. */
  readonly #fetching = new Map<PeerKey, SiteName>()

  constructor({ self, site, content, chunks, missing, partners, rng }: ContentPlanInit) {
    this.#partners = partners
    const shared = content !== undefined && partners !== undefined
    this.#share = shared ? new Share({ self, content, chunks }) : undefined
    if (content !== undefined && site !== undefined) this.#sites = new Share({ self: site, content, chunks })
    this.plan = new FetchPlan({
      chunks,
      missing,
      covered: content !== undefined,
      rng,
      lackRetryMs: LIMITS.lackRetryMs,
      endGameShare: LIMITS.endGameShare,
      mayCross: (chunk) => this.#share?.owns(chunk) ?? true,
      first: (chunk) => this.#sites?.owns(chunk) ?? true,
    })
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
    const partners = this.#partners?.()
    if (this.#share === undefined || partners === undefined) return
    if (this.#share.update(partners, nowMs, patienceMs)) this.plan.reconsider()
  }

  /** A peer announced what it has of it. */
  heard({ peer, site, sameSite }: LinkEnd, nowMs: number): void {
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
}

/** The time after which a silent neighbour's share is taken over: what a chunk takes on this host's own links, as the neighbour's uplink is the same. */
export function ownerPatienceMs(
  links: readonly { readonly peer: LinkEnd; readonly rate: number; readonly patienceMs: number }[],
): number {
  const far = links.filter(({ peer, rate }) => !peer.sameSite && rate > 0).map(({ patienceMs }) => patienceMs)
  return far.length === 0 ? LIMITS.chunkTimeoutMs : LIMITS.ownerPatience * Math.min(...far)
}
