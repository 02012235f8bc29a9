import { Punch } from './punch.ts'
import { Relays } from './relays.ts'
import type { Connected } from './connected.ts'
import type { Node } from './libp2p-node.ts'
import type { Members } from './members.ts'
import type { Streams } from './streams.ts'
import type { NetDeps, NetReach } from './types.ts'

export interface ReachabilityDeps extends Pick<NetDeps, 'clock' | 'log'> {
  readonly node: () => Node | undefined
  readonly members: Members
  readonly connected: Connected
  readonly streams: () => Streams
  readonly signal: AbortSignal
  /** The addresses at which this node can be reached are others now. */
  changed(): void
}

/** How others reach this node: directly, through relays, and through holes in NATs. */
export class Reachability {
  readonly relays: Relays
  readonly punch: Punch
  #relayedBytes = 0

  constructor({ node, connected, streams, ...deps }: ReachabilityDeps) {
    this.punch = new Punch({
      ...deps,
      node,
      open: (peer, protocol, options) => streams().open(peer, protocol, options),
      places: () => this.relays.outside(),
      isRelayed: (peer) => connected.get(peer)?.relayed === true,
    })
    this.relays = new Relays({
      ...deps,
      internals: () => node()?.services.internals,
      sameSite: (peer) => connected.isSameSite(peer),
      isPunched: (connection) => this.punch.opened(connection),
    })
  }

  /** Bytes were passed on between two others. */
  relayed(bytes: number): void {
    this.#relayedBytes += bytes
  }

  report(): Pick<NetReach, 'behindNat' | 'relays' | 'relayedBytes'> {
    const { behindNat, relays } = this.relays
    return { behindNat, relays, relayedBytes: this.#relayedBytes }
  }
}
