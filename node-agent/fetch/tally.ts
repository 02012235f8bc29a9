import { type LinkClass, type PeerKey, type SourceKind, type WasteKind } from '../../protocol/index.ts'
import type { FetchCounts } from './types.ts'

/** Where bytes came from, and over what. */
export interface Origin {
  readonly peer: PeerKey
  readonly sameSite: boolean
  readonly link: LinkClass
}

/** Bytes that crossed the wire and those that they brought; `waste` says why they were of no use. */
export interface Arrival {
  readonly wireBytes: number
  readonly plainBytes: number
  readonly waste?: WasteKind
}

/** Counts what one fetch receives (FETCH-7). */
export class Tally {
  readonly #publishes: (peer: PeerKey) => boolean
  readonly #links = { sameSite: 0, otherSite: 0, relayed: 0, metered: 0 }
  readonly #wasted = { duplicate: 0, bad: 0, cancelled: 0 }
  readonly #peers = new Map<PeerKey, { readonly sameSite: boolean; wireBytes: number }>()
  #plainBytes = 0

  /** @param publishes whether a member published what is fetched: asked late, because its own word of that may come after its first bytes */
  constructor(publishes: (peer: PeerKey) => boolean) {
    this.#publishes = publishes
  }

  add({ peer, sameSite, link }: Origin, { wireBytes, plainBytes, waste }: Arrival): void {
    const from = this.#peers.get(peer) ?? { sameSite, wireBytes: 0 }
    this.#peers.set(peer, from)
    from.wireBytes += wireBytes
    this.#links[link] += wireBytes
    if (waste === undefined) this.#plainBytes += plainBytes
    else this.#wasted[waste] += wireBytes
  }

  get counts(): FetchCounts {
    const sources = { sameSite: 0, otherSites: 0, publisher: 0 }
    let sameSiteBytes = 0
    let wireBytes = 0
    for (const [peer, from] of this.#peers) {
      sources[sourceOf(from.sameSite, this.#publishes(peer))] += from.wireBytes
      wireBytes += from.wireBytes
      if (from.sameSite) sameSiteBytes += from.wireBytes
    }
    const { duplicate, bad, cancelled } = this.#wasted
    return {
      wireBytes,
      sameSiteBytes,
      otherSiteBytes: wireBytes - sameSiteBytes,
      wastedBytes: duplicate + bad + cancelled,
      by: { links: { ...this.#links }, sources, wasted: { ...this.#wasted } },
      plainBytes: this.#plainBytes,
    }
  }
}

export const sourceOf = (sameSite: boolean, publishes: boolean): SourceKind => {
  if (publishes) return 'publisher'
  return sameSite ? 'sameSite' : 'otherSites'
}
