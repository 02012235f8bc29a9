import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import { parsePeerKey, type PeerKey, ShoalError } from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import { HelloLimiter, limitedAddress } from './hello-limiter.ts'
import type { MembershipBook } from './types.ts'

export interface DoorDeps {
  readonly book: Pick<MembershipBook, 'member'>
  readonly clock: Clock
}

/** Decides who may even try the hello: nobody who is banned, strangers as often as their address has attempts left. */
export class Door {
  readonly #deps: DoorDeps
  readonly #limiter: HelloLimiter
  readonly #banned = new Map<PeerKey, number>()

  constructor(deps: DoorDeps) {
    this.#deps = deps
    this.#limiter = new HelloLimiter(() => deps.clock.monotonic())
  }

  /** For libp2p: asked before it dials, and once the peer id of an inbound connection is proved. */
  readonly gater: ConnectionGater = {
    denyDialPeer: (peer: PeerId) => this.#isBanned(peer.toString()),
    denyInboundEncryptedConnection: (peer: PeerId, from: MultiaddrConnection) => this.#denyInbound(peer, from),
    denyInboundRelayReservation: (peer: PeerId) => !this.#isMember(peer),
    denyOutboundRelayedConnection: (from: PeerId, to: PeerId) => !this.#isMember(from) || !this.#isMember(to),
    denyInboundRelayedConnection: (relay: PeerId, from: PeerId) =>
      !this.#isMember(relay) || this.#isBanned(from.toString()),
  }

  ban(peer: PeerKey, ms: number): void {
    this.#banned.set(peer, this.#deps.clock.now() + ms)
  }

  /** Peers that are not to be dialled. */
  banned(): PeerKey[] {
    this.#forget()
    return [...this.#banned.keys()]
  }

  /** @throws NOT_A_MEMBER for a banned peer */
  check(peer: PeerKey): void {
    if (this.#isBanned(peer)) throw new ShoalError('NOT_A_MEMBER', 'the peer is ignored for a while')
  }

  #denyInbound(id: PeerId, { remoteAddr }: MultiaddrConnection): boolean {
    let peer: PeerKey
    try {
      peer = parsePeerKey(id.toString())
    } catch {
      // Not an Ed25519 key: no host of any mesh.
      return true
    }
    if (this.#isBanned(peer)) return true
    return this.#deps.book.member(peer) === undefined && !this.#limiter.take(limitedAddress(remoteAddr.toString()))
  }

  #isMember(id: PeerId): boolean {
    try {
      return !this.#isBanned(id.toString()) && this.#deps.book.member(parsePeerKey(id.toString())) !== undefined
    } catch {
      // Not an Ed25519 key: no host of any mesh.
      return false
    }
  }

  #isBanned(id: string): boolean {
    return this.banned().some((peer) => peer === id)
  }

  #forget(): void {
    const nowMs = this.#deps.clock.now()
    for (const [peer, untilMs] of this.#banned) if (untilMs <= nowMs) this.#banned.delete(peer)
  }
}
