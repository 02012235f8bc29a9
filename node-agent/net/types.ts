import type { Frame, PeerKey, ShoalError, ShoalRecord, SiteName } from '../../protocol/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'

/** A message stream with one member, in frames. Ends when either side closes it or the connection is lost. */
export interface Channel {
  readonly peer: PeerKey
  /** Aborts when the stream has ended for whatever reason; `reason` is a ShoalError (PEER_GONE unless aborted here). */
  readonly signal: AbortSignal
  /** Bytes of frames and of what has arrived of the next one. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Shortest round trip of the connection in the last minutes, in ms; undefined where the system does not tell, and through a relay. */
  readonly wayMs: number | undefined
  /**
   * Sends one frame; header and body must not change afterwards. False when the buffer is full: wait for `drained()` before sending more.
   *
   * @throws PEER_GONE when the stream has ended
   */
  send(header: Uint8Array, body?: Uint8Array): boolean
  /**
   * Sends one frame piece by piece, each after `pace` was asked for its bytes and when the line takes more (PACE-8). Nothing else may be sent before it resolves.
   * Rejects with what `pace` throws; the stream cannot be used any more then.
   *
   * @throws PEER_GONE when the stream has ended
   */
  sendPaced(header: Uint8Array, body: Uint8Array | undefined, pace?: (bytes: number) => Promise<void>): Promise<void>
  /** Resolves once more may be sent. Rejects when the stream ends or `signal` aborts. */
  drained(signal?: AbortSignal): Promise<void>
  /**
   * The next frame, undefined when the other side has closed. While none is asked for, reading pauses, so that the other side must wait.
   * One call at a time. Rejects with the stream's error, or CANCELLED when `signal` aborts.
   */
  next(signal?: AbortSignal): Promise<Frame | undefined>
  /** Sends what is buffered and ends the stream. */
  close(): Promise<void>
  /** Ends the stream at once. */
  abort(error: Error): void
}

/** A connected member. */
export interface NetPeer {
  readonly peer: PeerKey
  readonly site: SiteName
  /** On this host's own site. */
  readonly sameSite: boolean
  /** This side dialled. */
  readonly outbound: boolean
  /** Every connection to it goes through another member. */
  readonly relayed: boolean
}

/** One connection, for people. */
export interface NetConnection {
  readonly peer: PeerKey
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  /** Both sides proved membership. */
  readonly member: boolean
  /** It goes through another member. */
  readonly relayed: boolean
  /** Last measured round trip in milliseconds. */
  readonly rttMs?: number
  /** When it was opened, milliseconds since the epoch. */
  readonly sinceMs: number
  readonly traffic: ConnectionTraffic
}

/** Bytes of Shoal's own streams on one connection, and bytes a second of the last 30 seconds. */
export interface ConnectionTraffic {
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly receiveRate: number
  readonly sendRate: number
  /** The highest rate at which it received when it was last busy; absent when it never was. */
  readonly measured?: MeasuredRate
}

/** Bytes a second, and how long ago that was, milliseconds. */
export interface MeasuredRate {
  readonly rate: number
  readonly ageMs: number
}

/** How others reach this node. */
export interface NetReach {
  /** Members of other sites see it at an address that it does not have itself, and none of them has opened a connection to it. */
  readonly behindNat: boolean
  /** Members that hold a place for it to be reached at. */
  readonly relays: readonly PeerKey[]
  /** Bytes that it passed on between others since it started. */
  readonly relayedBytes: number
  /** Members and bootstrap addresses that are not connected and did not answer when they were dialled last. They are dialled for ever. */
  readonly unreached: number
  /** When the first of them is dialled again, ISO 8601; null for none. */
  readonly nextDialAt: string | null
}

/** What a validator says of a gossip message: passed on, dropped, or dropped at a cost to whoever sent it. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

/** Handles one stream that a member opened. Its rejection aborts the stream. */
export type ChannelHandler = (channel: Channel, peer: NetPeer) => Promise<void>

/** This node's place in the mesh. Every stream, message and event is with proven members only (NET-1). */
export interface Net extends Component {
  readonly peerId: PeerKey
  /** Multiaddrs, with `/p2p/`, at which this node can be reached. Empty before start. */
  addresses(): readonly string[]
  connections(): readonly NetConnection[]
  reach(): NetReach
  peers(): readonly NetPeer[]
  /**
   * Connects to one address and waits for the hello.
   *
   * @throws ADDRESS_INVALID, NOT_A_MEMBER or what the other side refused with, PEER_TIMEOUT, PEER_GONE, CANCELLED
   */
  dial(address: string, options?: { readonly signal?: AbortSignal }): Promise<NetPeer>
  /** Takes note of addresses at which a member may be found. */
  learn(peer: PeerKey, addresses: readonly string[]): void
  /** Judges all connections again and drops those whose peers are no members any more. Done by itself after every new root, grant or binding. */
  recheck(): void
  /** What was asked of a peer does not come: connections on which the other side does not answer are ended, and opened afresh. */
  doubt(peer: PeerKey): void
  /** Disconnects a peer and ignores it for `ms`. */
  ban(peer: PeerKey, error: ShoalError, ms: number): void
  /** A member was connected. Called for those connected already, too. Returns the unsubscribe function. */
  onPeer(listener: (peer: NetPeer) => void): () => void
  /** The last connection to a member is gone. */
  onPeerGone(listener: (peer: PeerKey) => void): () => void
  /** `addresses()` says something else now. Returns the unsubscribe function. */
  onAddresses(listener: () => void): () => void
  /** A hello taught records that were not known here: they are to be passed on. */
  onLearned(listener: (record: ShoalRecord) => void): () => void
  /** Serves a protocol. Before `start()`; replaces an earlier handler. */
  handle(protocol: string, handler: ChannelHandler, options: ChannelOptions): void
  /** Opens a stream to a connected member. @throws PEER_GONE, PEER_TIMEOUT, CANCELLED */
  open(peer: PeerKey, protocol: string, options: ChannelOptions & { readonly signal?: AbortSignal }): Promise<Channel>
  /** Joins a gossip topic. The validator sees every message once, before it is passed on. Before `start()`. */
  subscribe(topic: string, validate: (bytes: Uint8Array, from: PeerKey) => Promise<GossipVerdict>): void
  /** Gossips a message to the topic's members; sending the same bytes again does nothing. */
  publish(topic: string, bytes: Uint8Array): Promise<void>
}

export interface ChannelOptions {
  /** Largest frame that is accepted, header and body together. */
  readonly maxFrameBytes: number
}

/** Where addresses of members outlive a restart. */
export interface AddressBook {
  load(): Promise<Iterable<{ readonly peer: PeerKey; readonly addresses: readonly string[] }>>
  save(peer: PeerKey, addresses: readonly string[]): Promise<void>
}

/** What net/ needs of the records this node trusts. */
export interface MembershipBook {
  offer(
    bytes: Uint8Array,
    options?: { readonly introducing?: boolean },
  ): Promise<
    | { readonly outcome: 'new'; readonly record: ShoalRecord }
    | { readonly outcome: 'known' }
    | { readonly outcome: 'unjudged' | 'rejected'; readonly error: ShoalError }
  >
  all(kind: 'status'): Iterable<ShoalRecord>
  member(peer: PeerKey): { readonly site: SiteName } | undefined
  ownProof(): readonly Uint8Array[]
  /** This node joined and has heard of no other member yet. */
  isNewcomer(): boolean
  onNew(listener: (record: ShoalRecord) => void): () => void
}

export interface NetDeps {
  readonly book: MembershipBook
  readonly addressBook: AddressBook
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly rng: () => number
}

export interface NetInit {
  /** 32-byte seed of the host's Ed25519 key, or the libp2p protobuf of the private key. */
  readonly privateKey: Uint8Array
  /** Mesh id: hellos of other meshes are refused, and mDNS finds only this one. */
  readonly mesh: string
  /** Multiaddrs to listen on; none makes a node that only dials. */
  readonly listen: readonly string[]
  /** Multiaddrs of members, with or without `/p2p/`. */
  readonly bootstrap: readonly string[]
  readonly mdns: boolean
  /** Passes on what members send each other that cannot connect directly. */
  readonly relay: boolean
  /** What is sent to other sites leaves no faster than their lines carry without a long queue. */
  readonly paced: boolean
  /** `memory` joins nodes of one process, for tests. */
  readonly transport: 'tcp' | 'memory'
  /** Overrides of the pace, for tests. */
  readonly pace?: Partial<NetPace>
}

/** How fast the network looks after itself, in milliseconds; the defaults are in LIMITS. */
export interface NetPace {
  readonly redialMinMs: number
  readonly redialMaxMs: number
  readonly shuffleMs: number
  readonly handshakeTimeoutMs: number
  readonly refusalGraceMs: number
  readonly gossipHeartbeatMs: number
  readonly pulseMs: number
  /** Members sought, and how many of them on the same site. */
  readonly peersSought: number
  readonly peersSoughtSameSite: number
  readonly peersKept: number
}
