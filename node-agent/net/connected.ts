import type { Connection } from '@libp2p/interface'
import type { PeerKey, SiteName } from '../../protocol/index.ts'
import { isRelayed } from './addresses.ts'
import type { Tracked } from './tracked.ts'
import type { RunEvents } from './run-types.ts'
import type { MembershipBook, NetPeer } from './types.ts'

export interface ConnectedDeps {
  readonly book: Pick<MembershipBook, 'member'>
  readonly self: PeerKey
  readonly events: Pick<RunEvents, 'peer' | 'peerGone'>
}

/** Connected members as others are told of them. */
export class Connected {
  readonly #deps: ConnectedDeps
  readonly #peers = new Map<PeerKey, NetPeer>()

  constructor(deps: ConnectedDeps) {
    this.#deps = deps
  }

  get(peer: PeerKey): NetPeer | undefined {
    return this.#peers.get(peer)
  }

  list(): NetPeer[] {
    return [...this.#peers.values()]
  }

  ownSite(): SiteName | undefined {
    return this.#deps.book.member(this.#deps.self)?.site
  }

  isSameSite(peer: PeerKey): boolean {
    const site = this.ownSite()
    return site !== undefined && this.#deps.book.member(peer)?.site === site
  }

  /** A member on one of its connections; undefined when it is none. */
  describe(peer: PeerKey, { direction, remoteAddr }: Connection): NetPeer | undefined {
    const member = this.#deps.book.member(peer)
    if (member === undefined) return undefined
    const [sameSite, relayed] = [member.site === this.ownSite(), isRelayed(remoteAddr)]
    return { peer, site: member.site, sameSite, outbound: direction === 'outbound', relayed }
  }

  /** Whoever works with a peer begins afresh when it is reached directly instead of through a relay, or the other way round. */
  add(peer: NetPeer): void {
    const { events } = this.#deps
    const before = this.#peers.get(peer.peer)
    this.#peers.set(peer.peer, peer)
    if (before !== undefined && before.relayed === peer.relayed) return
    if (before !== undefined) events.peerGone(peer.peer)
    events.peer(peer)
  }

  /** One of a peer's connections is left. */
  keep({ peer, connection }: Tracked): void {
    const described = this.describe(peer, connection)
    if (described !== undefined) this.add(described)
  }

  /** The last connection is gone. @returns whether it was connected */
  remove(peer: PeerKey): boolean {
    if (!this.#peers.delete(peer)) return false
    this.#deps.events.peerGone(peer)
    return true
  }
}
