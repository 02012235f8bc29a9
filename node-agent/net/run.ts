import { peerIdFromString } from '@libp2p/peer-id'
import type { Connection } from '@libp2p/interface'
import {
  HELLO_PROTOCOL,
  LIMITS,
  type PeerKey,
  ShoalError,
  type ShoalRecord,
  type SiteName,
} from '../../protocol/index.ts'
import { parseAddress, reachable, withPeer } from './addresses.ts'
import { Contacts } from './contacts.ts'
import { Dialer, dialPolicy } from './dialer.ts'
import { Door } from './door.ts'
import { Gate } from './gate.ts'
import { addValidators } from './gossip.ts'
import { assertGated, createNode, guard, type Node } from './libp2p-node.ts'
import { listenError } from './listen-error.ts'
import { Members, type Tracked } from './members.ts'
import { type DialPolicy, type DialView, PeerTable } from './peer-table.ts'
import type { RunEvents, RunInit } from './run-types.ts'
import { Streams } from './streams.ts'
import { Tender } from './tender.ts'
import type { NetDeps, NetPeer } from './types.ts'

/** A connection that lasted shorter than this was no success: its peer is dialled again later and later. */
const WORKED_MS = 30_000
/** Gossip heartbeat. Grafting needs no heartbeat, so it paces only repair and IHAVE, which cost idle bytes. */
const HEARTBEAT_MS = 5_000
/** Streams of one protocol that one member may have open. */
const STREAMS_PER_PROTOCOL = 4

/** One start of the net, from `begin` to `end`. */
export class Run {
  readonly #deps: NetDeps
  readonly #init: RunInit
  readonly #events: RunEvents
  readonly #policy: DialPolicy
  readonly #abort = new AbortController()
  readonly #gate: Gate
  readonly #door: Door
  readonly #table: PeerTable
  readonly #members: Members
  readonly #streams: Streams
  readonly #dialer: Dialer
  readonly #contacts: Contacts
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
    this.#door = new Door(deps)
    this.#table = new PeerTable(this.#policy, rng)
    this.#contacts = new Contacts({ ...deps, table: this.#table, self: init.self, learned: () => this.#dialer.wake() })
    this.#members = new Members(
      {
        book: deps.book,
        mesh: init.mesh,
        addresses: () => this.addresses(),
        check: (peer) => this.#door.check(peer),
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
    const { signal } = this.#abort
    this.#streams = new Streams({
      members: this.#members,
      clock,
      log,
      signal,
      describe: (peer) => this.#described.get(peer),
    })
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

  /** @throws ADDRESS_INVALID, ADDRESS_IN_USE, CANCELLED */
  async begin(): Promise<void> {
    const { listen, bootstrap, topics, served, key, pace } = this.#init
    for (const address of [...listen, ...bootstrap]) parseAddress(address)
    const heartbeatMs = pace?.gossipHeartbeatMs ?? HEARTBEAT_MS
    const options = {
      init: this.#init,
      privateKey: key,
      gater: this.#door.gater,
      heartbeatMs,
      topics: [...topics.keys()],
    }
    const node = await createNode(options, this.#gate)
    this.#node = node
    await this.#contacts.load()
    this.#abort.signal.throwIfAborted()
    for (const [protocol, { handler, ...options }] of served) {
      guard(node, protocol, this.#gate)
      await node.handle(protocol, (stream, connection) => this.#streams.serve(stream, connection, handler, options), {
        maxInboundStreams: STREAMS_PER_PROTOCOL,
        maxOutboundStreams: STREAMS_PER_PROTOCOL,
      })
    }
    await node.handle(HELLO_PROTOCOL, this.#members.serveHello, { maxInboundStreams: 1, maxOutboundStreams: 1 })
    node.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    node.addEventListener('connection:close', ({ detail }) => this.#members.gone(detail))
    node.addEventListener('peer:discovery', ({ detail }) =>
      this.#contacts.discovered(detail.id.toString(), detail.multiaddrs.map(String)),
    )
    addValidators(node, topics)
    this.#unsubscribe.push(this.#deps.book.onNew((record) => this.#recordKept(record)))
    try {
      await node.start()
    } catch (err) {
      throw listenError(err, listen)
    }
    this.#abort.signal.throwIfAborted()
    assertGated(node, new Set(served.keys()))
    for (const topic of topics.keys()) node.services.pubsub.subscribe(topic)
    const { clock, log } = this.#deps
    this.#tender = new Tender({ node, members: this.#members, clock, log, signal: this.#abort.signal })
    this.#tasks.push(this.#dialer.run(this.#abort.signal), this.#tender.run())
  }

  /** Makes `begin` fail if it still runs, and everything else stop waiting. */
  cancel(): void {
    this.#abort.abort(new ShoalError('CANCELLED', 'the node stops'))
  }

  /** After `begin` has settled. */
  async end(): Promise<void> {
    this.cancel()
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
    this.#contacts.learn(peer, addresses)
  }

  ban(peer: PeerKey, error: ShoalError, ms: number): void {
    this.#door.ban(peer, ms)
    this.#members.drop(peer, error)
  }

  get streams(): Streams {
    return this.#streams
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
    const busy = new Set([...this.#described.keys(), ...this.#door.banned()])
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
      this.#contacts.statusKept(record)
      return
    }
    if (record.kind === 'head') return
    this.#members.recheck()
    this.#table.retryRefused(this.#deps.clock.now())
    this.#dialer.wake()
  }
}
