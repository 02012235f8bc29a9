import { createHash } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { type GossipSub, gossipsub, type GossipsubOpts, StrictNoSign } from '@libp2p/gossipsub'
import {
  circuitRelayServer,
  circuitRelayTransport,
  RELAY_V2_HOP_CODEC,
  RELAY_V2_STOP_CODEC,
} from '@libp2p/circuit-relay-v2'
import { type Identify, identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import type { AddressManager, TransportManager } from '@libp2p/interface-internal'
import { mdns } from '@libp2p/mdns'
import { memory } from '@libp2p/memory'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Ping, ping } from '@libp2p/ping'
import type { TCPOptions } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { HELLO_PROTOCOL, LIMITS, type PeerKey, ShoalError } from '../../protocol/index.ts'
import { coalescing } from './coalesce.ts'
import type { Gate } from './gate.ts'
import { punchingTcp } from './reuse-port.ts'
import type { Sockets } from './sockets.ts'
import type { NetInit } from './types.ts'

/** The libp2p services that Shoal uses. */
export interface Services extends Record<string, unknown> {
  readonly identify: Identify
  readonly ping: Ping
  readonly pubsub: GossipSub
  readonly internals: Internals
}

/** Parts of the node that libp2p shows to its services only. */
export interface Internals {
  readonly addressManager: AddressManager
  readonly transportManager: TransportManager
}

export type Node = Libp2p<Services>

export interface NodeOptions {
  readonly init: NetInit
  readonly privateKey: PrivateKey
  readonly gater: ConnectionGater
  /** Topics that may exist. */
  readonly topics: readonly string[]
  /** Is told of every TCP socket. */
  readonly sockets: Sockets
  /** Bytes that this node passed on between two others. */
  relayed(bytes: number): void
}

/** Dials and negotiations on a link of 600 ms round trip that loses packets take many seconds; libp2p's own limits are 2 to 10 s. */
const SLOW_MS = LIMITS.handshakeTimeoutMs
/** Peers never leave the peer store by age: libp2p tells gossipsub of a disconnect only for peers that it still finds there. */
const FOR_EVER_MS = 10 * 365 * 86_400_000

/** Protocols of libp2p's own that are registered here, all for members only. @see assertGated */
const GATED = [
  '/ipfs/id/1.0.0',
  '/ipfs/ping/1.0.0',
  '/meshsub/1.0.0',
  '/meshsub/1.1.0',
  '/meshsub/1.2.0',
  RELAY_V2_HOP_CODEC,
  RELAY_V2_STOP_CODEC,
] as const
/** Their streams carry whole connections. */
const RELAYING: ReadonlySet<string> = new Set([RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC])

/** Builds, without starting, a node that only speaks to whom the gate admits. */
export async function createNode(options: NodeOptions, gate: Gate): Promise<Node> {
  const { init, privateKey, gater } = options
  const node = await createLibp2p<Services>({
    start: false,
    privateKey,
    nodeInfo: { name: 'shoal', version: '1', userAgent: 'shoal/1' },
    addresses: { listen: [...init.listen] },
    transports: [
      init.transport === 'tcp' ? punchingTcp(tcpOptions(), options.sockets) : memory(),
      circuitRelayTransport({ reservationCompletionTimeout: SLOW_MS, discoveryFilter: NO_DISCOVERY }),
    ],
    connectionEncrypters: [coalescing(noise())],
    streamMuxers: [yamux(yamuxOptions())],
    connectionGater: gater,
    connectionManager: connectionOptions(),
    // Its ping opens a stream every 10 s and connection, 30 times the idle budget; Yamux keep-alives and the socket's silence limit do its work.
    connectionMonitor: { enabled: false },
    peerStore: { maxAddressAge: FOR_EVER_MS, maxPeerAge: FOR_EVER_MS },
    peerDiscovery: init.mdns ? [mdns({ serviceTag: serviceTag(init.mesh), interval: LIMITS.shuffleMs })] : [],
    services: {
      // Run by hand once a peer is admitted: it is what makes gossipsub open its streams.
      identify: identify({ runOnConnectionOpen: false, timeout: SLOW_MS }),
      ping: ping({ timeout: SLOW_MS }),
      pubsub: gossipsub(gossipOptions(options)),
      internals: ({ addressManager, transportManager }: Internals): Internals => ({ addressManager, transportManager }),
      ...(init.relay && { relay: circuitRelayServer({ hopTimeout: SLOW_MS, reservations: RESERVATIONS }) }),
    },
  })
  const relaying = (stream: Stream): void => carry(stream, options.relayed)
  for (const protocol of GATED) guard(node, protocol, gate, RELAYING.has(protocol) ? relaying : undefined)
  return node
}

/**
 * Puts the gate before a protocol. libp2p 3.3 appends the handler of every inbound stream to the registered list itself, so that a later
 * stream, outbound ones included, would run it again: each stream therefore leaves a fresh list behind, before anything else can look.
 */
export function guard(node: Node, protocol: string, gate: Gate, passed?: (stream: Stream) => void): void {
  node.use(protocol, (stream, connection, next) => {
    guard(node, protocol, gate, passed)
    return gate.middleware(stream, connection, (admitted, on) => {
      passed?.(admitted)
      next(admitted, on)
    })
  })
}

/** Relays chooses where places are reserved; libp2p's own search sees nobody. */
const NO_DISCOVERY = { has: () => true, add: () => undefined, remove: () => undefined }

/** Members may be relayed without limits of time or bytes: libp2p's own cut a connection off after 128 KiB. */
const RESERVATIONS = { maxReservations: LIMITS.relayPlaces, applyDefaultLimit: false }

/** A stream that carries a connection holds what the far end may still send: a whole window. Counts what is passed on: it comes in on streams of which one end is at the relay. */
function carry(stream: Stream, relayed: (bytes: number) => void): void {
  stream.maxReadBufferLength = LIMITS.streamWindowMaxBytes + LIMITS.exchangeMessageBytes
  const relays = stream.protocol === RELAY_V2_HOP_CODEC ? 'inbound' : 'outbound'
  if (stream.direction === relays) stream.addEventListener('message', ({ data }) => relayed(data.byteLength))
}

/** libp2p keeps every peer that it ever spoke with; this one it need not. */
export function forgetPeer(node: Node | undefined, peer: PeerKey): void {
  node?.peerStore.delete(peerIdFromString(peer)).catch(() => undefined)
}

/** Fails if any protocol but the hello could be reached around the gate. @throws INTERNAL */
export function assertGated(node: Node, own: ReadonlySet<string>): void {
  const gated = new Set<string>([...GATED, HELLO_PROTOCOL, ...own])
  const open = node.getProtocols().filter((protocol) => !gated.has(protocol))
  if (open.length > 0) throw new ShoalError('INTERNAL', `protocols without a membership gate: ${open.join(', ')}`)
}

/** mDNS service of one mesh: members find each other and nobody else. */
const serviceTag = (mesh: string): string => `_shoal-${mesh.slice(0, 8)}._udp.local`

/**
 * Options of net.connect and net.createServer, which the TCP transport hands on though its type names few of them: room for several chunks,
 * so that a transfer does not stop and go with every 64 KiB.
 */
const SOCKET_OPTIONS = { noDelay: true, highWaterMark: 1024 * 1024, writableHighWaterMark: 1024 * 1024 }

const tcpOptions = (): TCPOptions => ({
  dialOpts: SOCKET_OPTIONS,
  listenOpts: SOCKET_OPTIONS,
  inboundSocketInactivityTimeout: LIMITS.silenceMs,
  outboundSocketInactivityTimeout: LIMITS.silenceMs,
})

const yamuxOptions = () => ({
  keepAliveInterval: LIMITS.keepAliveMs,
  maxInboundStreams: LIMITS.streamsPerConnection,
  maxOutboundStreams: LIMITS.streamsPerConnection,
  streamOptions: {
    initialStreamWindowSize: LIMITS.streamWindowBytes,
    maxStreamWindowSize: LIMITS.streamWindowMaxBytes,
    // Bytes nobody reads yet: a stream under negotiation or held at the gate. Channels raise it for themselves.
    maxReadBufferLength: LIMITS.heldStreamBytes,
  },
})

const connectionOptions = () => ({
  maxConnections: LIMITS.connections,
  // A site of hundreds behind one address comes back together; strangers are limited by the hello instead.
  inboundConnectionThreshold: LIMITS.connections,
  maxIncomingPendingConnections: LIMITS.strangers,
  maxParallelDials: 16,
  dialTimeout: 2 * SLOW_MS,
  addressDialTimeout: SLOW_MS,
  inboundUpgradeTimeout: SLOW_MS,
  inboundStreamProtocolNegotiationTimeout: SLOW_MS,
  outboundStreamProtocolNegotiationTimeout: SLOW_MS,
  reconnectRetries: 0,
})

/** Content names a gossip message: records carry their own signatures, and the same record from two peers is one message. */
const messageId = (message: { readonly data: Uint8Array }): Uint8Array =>
  createHash('sha256').update(message.data).digest().subarray(0, 16)

/** Grafting needs no heartbeat, so it paces only repair and IHAVE, which cost idle bytes. */
const HEARTBEAT_MS = 5_000

const gossipOptions = ({ init, topics }: NodeOptions): Partial<GossipsubOpts> => ({
  globalSignaturePolicy: StrictNoSign,
  msgIdFn: messageId,
  allowedTopics: [...topics],
  fallbackToFloodsub: false,
  // Every link of the mesh carries nearly every record once, and several of them share one uplink; what a sparse mesh misses, reconciliation finds.
  D: 4,
  Dlo: 3,
  Dhi: 12,
  Dout: 1,
  // A thin uplink sends an own record 4 times, not to every peer; the mesh does the rest.
  floodPublish: false,
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  tagMeshPeers: false,
  heartbeatInterval: init.pace?.gossipHeartbeatMs ?? HEARTBEAT_MS,
  // Promises are kept within this on a link of 600 ms that is busy with a release.
  gossipsubIWantFollowupMs: 30_000,
  maxOutboundBufferSize: 4 * 1024 * 1024,
  seenTTL: 10 * 60_000,
  scoreParams: {
    // Hosts of a site share an address.
    IPColocationFactorWeight: 0,
    behaviourPenaltyWeight: -1,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.9,
    decayInterval: 10_000,
    topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
  },
})

/** Only forgeries cost a peer: how many messages it happens to deliver first says nothing in a mesh of quiet hosts. */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  timeInMeshQuantum: 1,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 1,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
}
