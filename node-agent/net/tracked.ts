import type { Connection } from '@libp2p/interface'
import { LIMITS, type PeerKey } from '../../protocol/index.ts'
import type { TrafficMeter } from './traffic-meter.ts'
import type { NetPeer } from './types.ts'

/** One connection and how far it got. */
export interface Tracked {
  readonly connection: Connection
  readonly peer: PeerKey
  readonly sinceMs: number
  state: 'stranger' | 'member' | 'closed'
  /** Settles with the hello. */
  readonly hello: PromiseWithResolvers<NetPeer>
  helloBegun: boolean
  rttMs: number | undefined
  readonly traffic: TrafficMeter
  lastUsedMs: number
  /** When something last came on one of its channels. */
  heardMs: number
  /** Open channels that this side knows of. */
  channels: number
}

export interface MembersPace {
  readonly handshakeTimeoutMs: number
  readonly refusalGraceMs: number
  readonly peersKept: number
}

/** The pace of a net, or of LIMITS. */
export const membersPace = (pace: Partial<MembersPace>): MembersPace => ({
  handshakeTimeoutMs: pace.handshakeTimeoutMs ?? LIMITS.handshakeTimeoutMs,
  refusalGraceMs: pace.refusalGraceMs ?? LIMITS.refusalGraceMs,
  peersKept: pace.peersKept ?? LIMITS.peersKept,
})
