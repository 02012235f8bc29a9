import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  HELLO_PROTOCOL,
  LIMITS,
  type PeerKey,
  PUNCH_PROTOCOL,
  ShoalError,
  type ShoalRecord,
} from '../../protocol/index.ts'
import { dialPlaces, parseAddress, reachable, withPeer } from './addresses.ts'
import { connect } from './connect.ts'
import { Connected } from './connected.ts'
import { Contacts } from './contacts.ts'
import { Dialer, dialPolicy } from './dialer.ts'
import { Door } from './door.ts'
import { Gate } from './gate.ts'
import { addValidators } from './gossip.ts'
import { assertGated, createNode, forgetPeer, type Node } from './libp2p-node.ts'
import { listenError } from './listen-error.ts'
import { Members } from './members.ts'
import { membersPace, type Tracked } from './tracked.ts'
import { ownAddresses, watchAddresses } from './own-addresses.ts'
import { type DialPolicy, type DialView, PeerTable } from './peer-table.ts'
import { Pulse } from './pulse.ts'
import { PUNCH_OPTIONS } from './punch.ts'
import { Reachability } from './reachability.ts'
import type { RunEvents, RunInit } from './run-types.ts'
import { serveAll } from './serve-all.ts'
import { Streams } from './streams.ts'
import { Tender, type TenderDeps } from './tender.ts'
import type { NetDeps, NetPeer, NetReach } from './types.ts'

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
  readonly #reachability: Reachability
  readonly #connected: Connected
  readonly #pulse: Pulse
  readonly #unsubscribe: (() => void)[] = []
  readonly #tasks: Promise<unknown>[] = []
  #tender: Tender | undefined
  #node: Node | undefined

  constructor(deps: NetDeps, init: RunInit, events: RunEvents) {
    this.#deps = deps
    this.#init = init
    this.#events = events
    this.#connected = new Connected({ book: deps.book, self: init.self, events })
    const { clock, log, rng } = deps
    const pace = init.pace ?? {}
    this.#policy = dialPolicy(pace)
    this.#gate = new Gate(clock, membersPace(pace).handshakeTimeoutMs)
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
        describe: (peer, connection) => this.#connected.describe(peer, connection),
        admitted: (tracked, peer, result) => this.#admitted(tracked, peer, result),
        answers: (tracked) => this.#pulse.answers(tracked),
        failed: (tracked, error) => this.#failed(tracked, error),
        closed: (tracked, rest) => this.#closed(tracked, rest),
      },
      membersPace(pace),
    )
    const { signal } = this.#abort
    this.#pulse = new Pulse({ members: this.#members, clock, log, signal }, pace.pulseMs)
    this.#reachability = new Reachability({
      node: () => this.#node,
      members: this.#members,
      connected: this.#connected,
      streams: () => this.#streams,
      clock,
      log,
      signal,
      changed: () => this.#events.addresses(),
    })
    const describe = (peer: PeerKey): NetPeer | undefined => this.#connected.get(peer)
    const late = (tracked: Tracked): void => void this.#pulse.answers(tracked)
    this.#streams = new Streams({ members: this.#members, clock, log, signal, describe, late }, init)
    this.#dialer = new Dialer(
      {
        table: this.#table,
        clock,
        log,
        rng,
        view: () => this.#view(),
        dialPeer: (known, signal) => {
          const sameSite = this.#connected.isSameSite(known.peer)
          return this.#dial(withPeer(dialPlaces(known, sameSite), known.peer), signal)
        },
        dialAddress: (address, signal) => this.dial(address, signal),
      },
      { bootstrap: init.bootstrap, policy: this.#policy, shuffleMs: pace.shuffleMs ?? LIMITS.shuffleMs },
    )
  }

  /** @throws ADDRESS_INVALID, ADDRESS_IN_USE, CANCELLED */
  async begin(): Promise<void> {
    const { listen, bootstrap, topics, served, key } = this.#init
    for (const address of [...listen, ...bootstrap]) parseAddress(address)
    const options = {
      init: this.#init,
      privateKey: key,
      gater: this.#door.gater,
      topics: [...topics.keys()],
      sockets: this.#streams.pacer.sockets,
      relayed: (bytes: number) => {
        this.#streams.pacer.wake()
        this.#reachability.relayed(bytes)
      },
    }
    const node = await createNode(options, this.#gate)
    this.#node = node
    await this.#contacts.load()
    this.#abort.signal.throwIfAborted()
    const punch = { handler: this.#reachability.punch.serve, ...PUNCH_OPTIONS }
    const protocols = new Map([...served, [PUNCH_PROTOCOL, punch]])
    await serveAll({ node, gate: this.#gate, streams: this.#streams }, protocols)
    await node.handle(HELLO_PROTOCOL, this.#members.serveHello, { maxInboundStreams: 1, maxOutboundStreams: 1 })
    node.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    node.addEventListener('connection:close', ({ detail }) => this.#members.gone(detail))
    node.addEventListener('peer:discovery', ({ detail }) => this.#contacts.discovered(detail))
    addValidators(node, topics)
    this.#unsubscribe.push(this.#deps.book.onNew((record) => this.#recordKept(record)))
    try {
      await node.start()
    } catch (err) {
      throw listenError(err, listen)
    }
    this.#abort.signal.throwIfAborted()
    assertGated(node, new Set(protocols.keys()))
    for (const topic of topics.keys()) node.services.pubsub.subscribe(topic)
    const { clock, log } = this.#deps
    const observed: TenderDeps['observed'] = (tracked, address) => this.#reachability.relays.observed(tracked, address)
    this.#tender = new Tender({ node, members: this.#members, clock, log, signal: this.#abort.signal, observed })
    const { signal } = this.#abort
    const watch = { clock, look: ownAddresses, changed: (now: readonly string[]) => this.#moved(now) }
    const { relays } = this.#reachability
    this.#tasks.push(this.#dialer.run(signal), this.#tender.run(), relays.run(), watchAddresses(watch, signal))
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
    const listening = this.#node?.services.internals.transportManager.getAddrs() ?? []
    const own = reachable(listening.map((address) => `${address.toString()}/p2p/${this.#init.self}`))
    return [...own, ...this.#reachability.relays.addresses()]
  }

  reach(): NetReach {
    return { ...this.#reachability.report(), ...this.#dialer.unreached() }
  }

  peers(): NetPeer[] {
    return this.#connected.list()
  }

  async dial(address: string, signal?: AbortSignal): Promise<NetPeer> {
    return this.#dial([parseAddress(address).address], signal)
  }

  learn(peer: PeerKey, addresses: readonly string[]): void {
    this.#contacts.learn(peer, addresses)
  }

  doubt(peer: PeerKey): void {
    this.#pulse.doubt(peer)
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

  async #dial(addresses: readonly Multiaddr[], signal?: AbortSignal): Promise<NetPeer> {
    const node = this.#node
    if (node === undefined) throw new ShoalError('PEER_GONE', 'the node is not started')
    return this.#members.wait(await connect(node, addresses, this.#abort.signal, signal))
  }

  /** The machine has other addresses: connections from the old ones may be dead, and others can be reached from the new ones (NET-22). */
  #moved(addresses: readonly string[]): void {
    this.#deps.log.info('own-addresses-changed', { addresses: addresses.join(' ') })
    this.#pulse.doubt()
    this.#dialer.retry()
    this.#events.addresses()
  }

  #opened(connection: Connection): void {
    try {
      this.#members.opened(connection)
    } catch (err) {
      // Not an Ed25519 peer: no host of any mesh.
      connection.abort(err instanceof Error ? err : new Error('unknown kind of peer'))
    }
  }

  #view(): DialView {
    const { book, clock } = this.#deps
    const busy = new Set([...this.#connected.list().map(({ peer }) => peer), ...this.#door.banned()])
    return { nowMs: clock.now(), busy, ownSite: this.#connected.ownSite(), siteOf: (peer) => book.member(peer)?.site }
  }

  #admitted(
    tracked: Tracked,
    peer: NetPeer,
    result: { readonly addresses: readonly string[]; readonly learned: readonly ShoalRecord[] },
  ): void {
    this.learn(peer.peer, result.addresses)
    for (const record of result.learned) this.#events.learned(record)
    const address = tracked.connection.remoteAddr.toString()
    this.#deps.log.info('peer-connected', { peer: peer.peer, site: peer.site, address, outbound: peer.outbound })
    this.#connected.add(peer)
    void this.#reachability.punch.connected(peer)
    void this.#tender?.begin(tracked)
    this.#reachability.relays.wake()
    this.#dialer.wake()
  }

  #failed(tracked: Tracked, error: ShoalError): void {
    // A stranger leaves nothing behind.
    if (!this.#members.has(tracked.peer)) forgetPeer(this.#node, tracked.peer)
    this.#deps.log.debug('hello-failed', { peer: tracked.peer, code: error.code })
  }

  #closed(tracked: Tracked, rest: Tracked | undefined): void {
    this.#reachability.relays.wake()
    if (rest !== undefined) {
      this.#connected.keep(rest)
      void this.#tender?.begin(rest)
      return
    }
    if (this.#members.has(tracked.peer) || !this.#connected.remove(tracked.peer)) return
    const nowMs = this.#deps.clock.now()
    this.#table.ended(tracked.peer, tracked.sinceMs, nowMs)
    this.#deps.log.info('peer-gone', { peer: tracked.peer })
    this.#dialer.wake()
  }

  #recordKept(record: ShoalRecord): void {
    if (record.kind === 'status') {
      this.#contacts.statusKept(record)
      return
    }
    const { kind } = record
    if (kind === 'head' || kind === 'proposal' || kind === 'control' || kind === 'retry') return
    this.#members.recheck()
    this.#table.retryRefused(this.#deps.clock.now())
    this.#dialer.wake()
  }
}
