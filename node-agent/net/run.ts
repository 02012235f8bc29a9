import { peerIdFromString } from '@libp2p/peer-id'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { Connection, ConnectionGater, MultiaddrConnection, PeerId, PrivateKey, Stream } from '@libp2p/interface'
import {
  HELLO_PROTOCOL,
  isShoalError,
  LIMITS,
  parsePeerKey,
  type PeerKey,
  ShoalError,
  type ShoalRecord,
  type SiteName,
  toWire,
} from '../../protocol/index.ts'
import { parseAddress, reachable, usableAddresses, withPeer } from './addresses.ts'
import { FramedChannel } from './channel.ts'
import { deadline, reasonOf } from './deadline.ts'
import { Dialer, dialPolicy } from './dialer.ts'
import { Gate } from './gate.ts'
import { HelloLimiter, limitedAddress } from './hello-limiter.ts'
import { assertGated, createNode, guard, type Node } from './libp2p-node.ts'
import { listenError } from './listen-error.ts'
import { Members, type Tracked } from './members.ts'
import { type DialPolicy, type DialView, PeerTable } from './peer-table.ts'
import { Tender } from './tender.ts'
import type { Channel, ChannelHandler, ChannelOptions, GossipVerdict, NetDeps, NetInit, NetPeer } from './types.ts'

/** What a run reports to the net that started it. */
export interface RunEvents {
  peer(peer: NetPeer): void
  peerGone(peer: PeerKey): void
  learned(record: ShoalRecord): void
}

/** A protocol to be served. */
export interface Served extends ChannelOptions {
  readonly handler: ChannelHandler
}

export type Validator = (bytes: Uint8Array, from: PeerKey) => Promise<GossipVerdict>

export interface RunInit extends NetInit {
  readonly self: PeerKey
  readonly key: PrivateKey
  readonly served: ReadonlyMap<string, Served>
  readonly topics: ReadonlyMap<string, Validator>
}

/** A connection that lasted shorter than this was no success: its peer is dialled again later and later. */
const WORKED_MS = 30_000
/** Gossip heartbeat. Grafting needs no heartbeat, so it paces only repair and IHAVE, which cost idle bytes. */
const HEARTBEAT_MS = 5_000
/** Streams of one protocol that one member may have open. */
const STREAMS_PER_PROTOCOL = 4

const VERDICTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
} as const satisfies Record<GossipVerdict, TopicValidatorResult>

/** One start of the net, from `begin` to `end`. */
export class Run {
  readonly #deps: NetDeps
  readonly #init: RunInit
  readonly #events: RunEvents
  readonly #policy: DialPolicy
  readonly #abort = new AbortController()
  readonly #gate: Gate
  readonly #limiter: HelloLimiter
  readonly #table: PeerTable
  readonly #members: Members
  readonly #dialer: Dialer
  readonly #banned = new Map<PeerKey, number>()
  readonly #described = new Map<PeerKey, NetPeer>()
  readonly #unsubscribe: (() => void)[] = []
  readonly #tasks: Promise<unknown>[] = []
  #tender: Tender | undefined
  #node: Node | undefined

  constructor(deps: NetDeps, init: RunInit, events: RunEvents) {
    this.#deps = deps
    this.#init = init
    this.#events = events
    const { clock, log, rng } = deps
    const pace = init.pace ?? {}
    const handshakeTimeoutMs = pace.handshakeTimeoutMs ?? LIMITS.handshakeTimeoutMs
    this.#policy = dialPolicy(pace)
    this.#gate = new Gate(clock, handshakeTimeoutMs)
    this.#limiter = new HelloLimiter(() => clock.monotonic())
    this.#table = new PeerTable(this.#policy, rng)
    this.#members = new Members(
      {
        book: deps.book,
        mesh: init.mesh,
        addresses: () => this.addresses(),
        check: (peer) => this.#checkBan(peer),
        gate: this.#gate,
        clock,
        log,
        rng,
        self: init.self,
        describe: (peer, outbound) => this.#describe(peer, outbound),
        admitted: (tracked, peer, result, first) => this.#admitted(tracked, peer, result, first),
        failed: (tracked, error) => this.#failed(tracked, error),
        closed: (tracked, rest) => this.#closed(tracked, rest),
      },
      {
        handshakeTimeoutMs,
        refusalGraceMs: pace.refusalGraceMs ?? LIMITS.refusalGraceMs,
        peersKept: pace.peersKept ?? LIMITS.peersKept,
      },
    )
    this.#dialer = new Dialer(
      {
        table: this.#table,
        clock,
        log,
        rng,
        view: () => this.#view(),
        dialPeer: ({ peer, addresses }, signal) => this.#dial(withPeer(addresses, peer), signal),
        dialAddress: (address, signal) => this.dial(address, signal),
      },
      { bootstrap: init.bootstrap, policy: this.#policy, shuffleMs: pace.shuffleMs ?? LIMITS.shuffleMs },
    )
  }

  /** @throws ADDRESS_INVALID, ADDRESS_IN_USE */
  async begin(): Promise<void> {
    const { listen, bootstrap, topics, served, key, pace } = this.#init
    for (const address of [...listen, ...bootstrap]) parseAddress(address)
    const heartbeatMs = pace?.gossipHeartbeatMs ?? HEARTBEAT_MS
    const options = { init: this.#init, privateKey: key, gater: this.#gater(), heartbeatMs, topics: [...topics.keys()] }
    const node = await createNode(options, this.#gate)
    this.#node = node
    await this.#loadAddresses()
    for (const [protocol, { handler, maxFrameBytes }] of served) {
      guard(node, protocol, this.#gate)
      await node.handle(protocol, (stream, connection) => this.#serve(stream, connection, handler, maxFrameBytes), {
        maxInboundStreams: STREAMS_PER_PROTOCOL,
        maxOutboundStreams: STREAMS_PER_PROTOCOL,
      })
    }
    await node.handle(HELLO_PROTOCOL, this.#members.serveHello, { maxInboundStreams: 1, maxOutboundStreams: 1 })
    node.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    node.addEventListener('connection:close', ({ detail }) => this.#members.gone(detail))
    node.addEventListener('peer:discovery', ({ detail }) => this.#discovered(detail.id, detail.multiaddrs.map(String)))
    for (const [topic, validate] of topics) {
      node.services.pubsub.topicValidators.set(
        topic,
        async (from, { data }) => VERDICTS[await validate(data, parsePeerKey(from.toString()))],
      )
    }
    this.#unsubscribe.push(this.#deps.book.onNew((record) => this.#recordKept(record)))
    try {
      await node.start()
    } catch (err) {
      throw listenError(err, listen)
    }
    assertGated(node, new Set(served.keys()))
    for (const topic of topics.keys()) node.services.pubsub.subscribe(topic)
    const { clock, log } = this.#deps
    this.#tender = new Tender({ node, members: this.#members, clock, log, signal: this.#abort.signal })
    this.#tasks.push(this.#dialer.run(this.#abort.signal), this.#tender.run())
  }

  async end(): Promise<void> {
    this.#abort.abort(new ShoalError('CANCELLED', 'the node stops'))
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#members.stop()
    await this.#node?.stop()
    await Promise.all(this.#tasks)
  }

  get members(): Members {
    return this.#members
  }

  addresses(): string[] {
    return reachable(this.#node?.getMultiaddrs().map(String) ?? [])
  }

  peers(): NetPeer[] {
    return [...this.#described.values()]
  }

  async dial(address: string, signal?: AbortSignal): Promise<NetPeer> {
    return this.#dial([parseAddress(address).address], signal)
  }

  learn(peer: PeerKey, addresses: readonly string[]): void {
    if (peer === this.#init.self) return
    const usable = usableAddresses(peer, addresses)
    if (!this.#table.learn(peer, usable)) return
    if (this.#deps.book.member(peer) !== undefined) {
      this.#deps.addressBook.save(peer, usable).catch((err: unknown) => {
        this.#deps.log.warn('address-not-kept', { peer, reason: toWire(err).message })
      })
    }
    this.#dialer.wake()
  }

  ban(peer: PeerKey, error: ShoalError, ms: number): void {
    this.#banned.set(peer, this.#deps.clock.now() + ms)
    this.#members.drop(peer, error)
  }

  async open(
    peer: PeerKey,
    protocol: string,
    options: ChannelOptions & { readonly signal?: AbortSignal },
  ): Promise<Channel> {
    const [tracked] = this.#members.members(peer)
    if (tracked === undefined) throw new ShoalError('PEER_GONE', 'the peer is not connected')
    const parents = options.signal === undefined ? [this.#abort.signal] : [this.#abort.signal, options.signal]
    using limit = deadline(this.#deps.clock, LIMITS.handshakeTimeoutMs, ...parents)
    try {
      const stream = await tracked.connection.newStream([protocol], { signal: limit.signal })
      return this.#channel(tracked, stream, options.maxFrameBytes)
    } catch (err) {
      if (options.signal?.aborted === true)
        throw new ShoalError('CANCELLED', 'opening a stream was cancelled', { cause: err })
      const reason = reasonOf(err, limit.signal)
      throw isShoalError(reason)
        ? reason
        : new ShoalError('PEER_GONE', 'the peer did not open a stream', { cause: err })
    }
  }

  async publish(topic: string, bytes: Uint8Array): Promise<void> {
    await this.#node?.services.pubsub.publish(topic, bytes)
  }

  async #dial(addresses: Parameters<Node['dial']>[0], signal?: AbortSignal): Promise<NetPeer> {
    const node = this.#node
    if (node === undefined) throw new ShoalError('PEER_GONE', 'the node is not started')
    let connection: Connection
    try {
      connection = await node.dial(addresses, {
        signal: AbortSignal.any([this.#abort.signal, ...(signal ? [signal] : [])]),
      })
    } catch (err) {
      if (signal?.aborted === true) throw new ShoalError('CANCELLED', 'dialling was cancelled', { cause: err })
      const why = err instanceof Error ? err.message : 'refused'
      throw new ShoalError('PEER_GONE', `could not connect: ${why.slice(0, 200)}`, { cause: err })
    }
    return this.#members.wait(connection)
  }

  #opened(connection: Connection): void {
    try {
      this.#members.opened(connection)
    } catch (err) {
      // Not an Ed25519 peer: no host of any mesh.
      connection.abort(err instanceof Error ? err : new Error('unknown kind of peer'))
    }
  }

  #serve(stream: Stream, connection: Connection, handler: ChannelHandler, maxFrameBytes: number): void {
    const tracked = this.#members.get(connection)
    const peer = tracked === undefined ? undefined : this.#described.get(tracked.peer)
    if (tracked?.state !== 'member' || peer === undefined) {
      stream.abort(new ShoalError('NOT_A_MEMBER', 'the peer has not proved membership'))
      return
    }
    const channel = this.#channel(tracked, stream, maxFrameBytes)
    handler(channel, peer).catch((err: unknown) => {
      const { code, message } = toWire(err)
      if (!channel.signal.aborted)
        this.#deps.log.debug('stream-failed', { peer: peer.peer, protocol: stream.protocol, code, reason: message })
      channel.abort(err instanceof Error ? err : new ShoalError('INTERNAL', 'a stream handler failed'))
    })
  }

  #channel(tracked: Tracked, stream: Stream, maxFrameBytes: number): Channel {
    const touch = (): void => void (tracked.lastUsedMs = this.#deps.clock.now())
    const channel = new FramedChannel(stream, tracked.peer, { maxFrameBytes, touch })
    tracked.channels++
    channel.signal.addEventListener('abort', () => tracked.channels--, { once: true })
    return channel
  }

  #describe(peer: PeerKey, outbound: boolean): NetPeer | undefined {
    const member = this.#deps.book.member(peer)
    if (member === undefined) return undefined
    return { peer, site: member.site, sameSite: member.site === this.#ownSite(), outbound }
  }

  #ownSite(): SiteName | undefined {
    return this.#deps.book.member(this.#init.self)?.site
  }

  #view(): DialView {
    const { book, clock } = this.#deps
    const nowMs = clock.now()
    const banned = [...this.#banned].filter(([, untilMs]) => untilMs > nowMs).map(([peer]) => peer)
    const busy = new Set([...this.#described.keys(), ...banned, this.#init.self])
    busy.delete(this.#init.self)
    return { nowMs, busy, ownSite: this.#ownSite(), siteOf: (peer) => book.member(peer)?.site }
  }

  #admitted(
    tracked: Tracked,
    peer: NetPeer,
    result: { readonly addresses: readonly string[]; readonly learned: readonly ShoalRecord[] },
    first: boolean,
  ): void {
    this.learn(peer.peer, result.addresses)
    this.#described.set(peer.peer, peer)
    for (const record of result.learned) this.#events.learned(record)
    const address = tracked.connection.remoteAddr.toString()
    this.#deps.log.info('peer-connected', { peer: peer.peer, site: peer.site, address, outbound: peer.outbound })
    if (first) this.#events.peer(peer)
    void this.#tender?.begin(tracked)
    this.#dialer.wake()
  }

  #failed(tracked: Tracked, error: ShoalError): void {
    // A stranger leaves nothing behind: libp2p keeps every peer it ever spoke with.
    if (!this.#members.has(tracked.peer)) {
      this.#node?.peerStore.delete(peerIdFromString(tracked.peer)).catch(() => undefined)
    }
    this.#deps.log.debug('hello-failed', { peer: tracked.peer, code: error.code })
  }

  #closed(tracked: Tracked, rest: Tracked | undefined): void {
    if (rest !== undefined) {
      void this.#tender?.begin(rest)
      return
    }
    if (this.#members.has(tracked.peer) || !this.#described.delete(tracked.peer)) return
    const nowMs = this.#deps.clock.now()
    if (nowMs - tracked.sinceMs < WORKED_MS) this.#table.failed(tracked.peer, nowMs)
    else this.#table.lost(tracked.peer, nowMs)
    this.#deps.log.info('peer-gone', { peer: tracked.peer })
    this.#events.peerGone(tracked.peer)
    this.#dialer.wake()
  }

  #recordKept(record: ShoalRecord): void {
    if (record.kind === 'status') {
      this.learn(parsePeerKey(record.key), record.body.addresses)
      return
    }
    if (record.kind === 'head') return
    this.#members.recheck()
    this.#table.retryRefused(this.#deps.clock.now())
    this.#dialer.wake()
  }

  #discovered(id: PeerId, addresses: readonly string[]): void {
    try {
      this.learn(parsePeerKey(id.toString()), addresses)
    } catch {
      // Some other kind of libp2p peer answers on the LAN.
    }
  }

  async #loadAddresses(): Promise<void> {
    for (const { peer, addresses } of await this.#deps.addressBook.load()) {
      if (peer !== this.#init.self) this.#table.learn(peer, usableAddresses(peer, addresses))
    }
    for (const record of this.#deps.book.all('status')) {
      if (record.kind !== 'status' || record.key === this.#init.self) continue
      const peer = parsePeerKey(record.key)
      this.#table.learn(peer, usableAddresses(peer, record.body.addresses))
    }
  }

  #gater(): ConnectionGater {
    return {
      denyDialPeer: (peer: PeerId) => this.#isBanned(peer.toString()),
      denyInboundEncryptedConnection: (peer: PeerId, from: MultiaddrConnection) => this.#denyInbound(peer, from),
    }
  }

  /** Members are always let in; strangers as often as their address has tokens for. */
  #denyInbound(id: PeerId, { remoteAddr }: MultiaddrConnection): boolean {
    let peer: PeerKey
    try {
      peer = parsePeerKey(id.toString())
    } catch {
      return true
    }
    if (this.#isBanned(peer)) return true
    return this.#deps.book.member(peer) === undefined && !this.#limiter.take(limitedAddress(remoteAddr.toString()))
  }

  #isBanned(id: string): boolean {
    for (const [peer, untilMs] of this.#banned) if (untilMs <= this.#deps.clock.now()) this.#banned.delete(peer)
    return [...this.#banned.keys()].some((peer) => peer === id)
  }

  #checkBan(peer: PeerKey): void {
    if (this.#isBanned(peer)) throw new ShoalError('NOT_A_MEMBER', 'the peer is ignored for a while')
  }
}
