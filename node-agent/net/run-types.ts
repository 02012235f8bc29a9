import type { PrivateKey } from '@libp2p/interface'
import type { PeerKey, ShoalRecord } from '../../protocol/index.ts'
import type { Validator } from './gossip.ts'
import type { ChannelHandler, ChannelOptions, NetInit, NetPeer } from './types.ts'

/** What a run reports to the net that started it. */
export interface RunEvents {
  peer(peer: NetPeer): void
  peerGone(peer: PeerKey): void
  learned(record: ShoalRecord): void
  /** The addresses at which this node can be reached are others now. */
  addresses(): void
}

/** A protocol to be served. */
export interface Served extends ChannelOptions {
  readonly handler: ChannelHandler
}

export interface RunInit extends NetInit {
  readonly self: PeerKey
  readonly key: PrivateKey
  readonly served: ReadonlyMap<string, Served>
  readonly topics: ReadonlyMap<string, Validator>
}
