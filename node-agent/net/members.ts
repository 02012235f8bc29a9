import type { Connection, Stream } from '@libp2p/interface'
import {
  HELLO_PROTOCOL,
  isShoalError,
  LIMITS,
  parsePeerKey,
  type PeerKey,
  ShoalError,
  toWire,
} from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { isRelayed } from './addresses.ts'
import { FramedChannel } from './channel.ts'
import { deadline, reasonOf } from './deadline.ts'
import { surplus } from './duplicates.ts'
import type { Gate } from './gate.ts'
import { answer, type HelloDeps, type HelloResult, introduce } from './hello.ts'
import { TrafficMeter } from './traffic-meter.ts'
import type { MembersPace, Tracked } from './tracked.ts'
import type { NetConnection, NetPeer } from './types.ts'

export interface MembersDeps extends HelloDeps {
  readonly gate: Gate
  readonly clock: Clock
  readonly log: Logger
  readonly rng: () => number
  /** This node's own id. */
  readonly self: PeerKey
  /** Describes a member; undefined when it is none. */
  describe(peer: PeerKey, connection: Connection): NetPeer | undefined
  admitted(tracked: Tracked, peer: NetPeer, result: HelloResult): void
  /** Whether an older connection still reaches the other side; one that does not is closed. */
  answers(tracked: Tracked): Promise<boolean>
  /** A connection ended before or instead of being admitted. */
  failed(tracked: Tracked, error: ShoalError): void
  /** An admitted connection closed; `rest` is another of the same peer. */
  closed(tracked: Tracked, rest: Tracked | undefined): void
}

/** A connection this young, or used this recently, is not let go for being one too many. */
const SETTLING_MS = 60_000

/** All connections of the node: runs the hello on each, keeps members, ends the rest. */
export class Members {
  readonly #deps: MembersDeps
  readonly #pace: MembersPace
  readonly #tracked = new Map<Connection, Tracked>()
  readonly #run = new AbortController()

  constructor(deps: MembersDeps, pace: MembersPace) {
    this.#deps = deps
    this.#pace = pace
  }

  /** Connections of one member, or of all. */
  members(peer?: PeerKey): Tracked[] {
    return [...this.#tracked.values()].filter((t) => t.state === 'member' && (peer === undefined || t.peer === peer))
  }

  has(peer: PeerKey): boolean {
    return this.members(peer).length > 0
  }

  get(connection: Connection): Tracked | undefined {
    return this.#tracked.get(connection)
  }

  /** The hello's outcome for a connection. @throws why it was refused */
  async wait(connection: Connection): Promise<NetPeer> {
    return this.#track(connection).hello.promise
  }

  list(): NetConnection[] {
    const nowMs = this.#deps.clock.monotonic()
    return [...this.#tracked.values()].map(({ connection, peer, state, rttMs, sinceMs, traffic }) => ({
      peer,
      address: connection.remoteAddr.toString(),
      direction: connection.direction,
      member: state === 'member',
      relayed: isRelayed(connection.remoteAddr),
      ...(rttMs === undefined ? {} : { rttMs }),
      sinceMs,
      traffic: traffic.read(nowMs),
    }))
  }

  /** libp2p opened a connection. */
  opened(connection: Connection): void {
    const tracked = this.#track(connection)
    if (tracked.state !== 'stranger' || connection.status !== 'open') return
    if (connection.direction === 'outbound') {
      tracked.helloBegun = true
      void this.#speak(tracked, () => this.#deps.log.debug('hello-sent', { peer: tracked.peer }))
      return
    }
    const strangers = [...this.#tracked.values()].filter(
      (t) => t.state === 'stranger' && t.connection.direction === 'inbound',
    )
    const oldest = strangers[0]
    if (strangers.length > LIMITS.strangers && oldest !== undefined) {
      this.#refuse(
        oldest,
        new ShoalError('PEER_TIMEOUT', 'too many connections without a hello; the oldest was closed'),
      )
    }
    void this.#awaitHello(tracked)
  }

  /** libp2p says that a connection closed. */
  gone(connection: Connection): void {
    const tracked = this.#tracked.get(connection)
    if (tracked === undefined) return
    this.#tracked.delete(connection)
    const before = tracked.state
    this.#end(tracked, new ShoalError('PEER_GONE', 'the connection was lost'))
    if (before === 'member') this.#deps.closed(tracked, this.members(tracked.peer)[0])
    else if (before === 'stranger')
      this.#deps.failed(tracked, new ShoalError('PEER_GONE', 'the connection was lost during the hello'))
  }

  /** Serves the hello stream that the dialling side opens, once a connection. */
  readonly serveHello = async (stream: Stream, connection: Connection): Promise<void> => {
    const tracked = this.#track(connection)
    if (connection.direction !== 'inbound' || tracked.helloBegun) {
      throw new ShoalError('WIRE_MALFORMED', 'a connection has one hello, from the side that dialled')
    }
    tracked.helloBegun = true
    await this.#converse(tracked, stream, answer)
  }

  /** Ends all connections of a peer for a reason. */
  drop(peer: PeerKey, error: ShoalError): void {
    for (const tracked of this.#tracked.values()) if (tracked.peer === peer) this.#refuse(tracked, error)
  }

  /** Drops connections whose peers are no members any more. */
  recheck(): void {
    for (const tracked of this.members()) {
      if (this.#deps.describe(tracked.peer, tracked.connection) !== undefined) continue
      this.#refuse(tracked, new ShoalError('NOT_A_MEMBER', 'the peer is no member any more'))
    }
  }

  /** Lets idle connections go that others dialled, while there are more than are kept (NET-9). */
  trim(): void {
    const members = this.members()
    const surplus = members.length - this.#pace.peersKept
    if (surplus <= 0) return
    const nowMs = this.#deps.clock.now()
    const idle = members.filter(
      (t) =>
        t.connection.direction === 'inbound' &&
        t.channels === 0 &&
        nowMs - Math.max(t.sinceMs, t.lastUsedMs) > SETTLING_MS,
    )
    for (let n = 0; n < surplus && idle.length > 0; n++) {
      const [chosen] = idle.splice(Math.floor(this.#deps.rng() * idle.length), 1)
      if (chosen !== undefined) this.#close(chosen)
    }
  }

  stop(): void {
    this.#run.abort(new ShoalError('CANCELLED', 'the node stops'))
    for (const tracked of this.#tracked.values()) this.#end(tracked, new ShoalError('CANCELLED', 'the node stops'))
    this.#tracked.clear()
  }

  #track(connection: Connection): Tracked {
    const known = this.#tracked.get(connection)
    if (known !== undefined) return known
    const nowMs = this.#deps.clock.now()
    const tracked: Tracked = {
      connection,
      peer: parsePeerKey(connection.remotePeer.toString()),
      sinceMs: nowMs,
      state: 'stranger',
      hello: Promise.withResolvers(),
      helloBegun: false,
      rttMs: undefined,
      traffic: new TrafficMeter(),
      lastUsedMs: nowMs,
      heardMs: nowMs,
      channels: 0,
    }
    // Nobody need wait for it.
    tracked.hello.promise.catch(() => undefined)
    if (connection.status === 'open') this.#tracked.set(connection, tracked)
    else this.#end(tracked, new ShoalError('PEER_GONE', 'the connection was lost'))
    return tracked
  }

  async #speak(tracked: Tracked, sent: () => void): Promise<void> {
    try {
      using limit = deadline(this.#deps.clock, this.#pace.handshakeTimeoutMs, this.#run.signal)
      const stream = await tracked.connection.newStream([HELLO_PROTOCOL], { signal: limit.signal })
      sent()
      await this.#converse(tracked, stream, introduce)
    } catch (err) {
      this.#refuse(tracked, asShoalError(err))
    }
  }

  async #awaitHello(tracked: Tracked): Promise<void> {
    using limit = deadline(this.#deps.clock, this.#pace.handshakeTimeoutMs, this.#run.signal)
    const late = new Promise<void>((resolve) => limit.signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([late, tracked.hello.promise.catch(() => undefined)])
    if (tracked.state === 'stranger' && !this.#run.signal.aborted) {
      this.#refuse(tracked, new ShoalError('PEER_TIMEOUT', 'no hello in time'))
    }
  }

  async #converse(tracked: Tracked, stream: Stream, speak: typeof introduce): Promise<void> {
    const channel = new FramedChannel(stream, tracked.peer, { maxFrameBytes: LIMITS.helloBytes })
    using limit = deadline(this.#deps.clock, this.#pace.handshakeTimeoutMs, this.#run.signal)
    try {
      const result = await speak(this.#deps, channel, limit.signal)
      this.#admit(tracked, result)
    } catch (err) {
      this.#refuse(tracked, asShoalError(reasonOf(err, limit.signal)))
    } finally {
      void channel.close()
    }
  }

  #admit(tracked: Tracked, result: HelloResult): void {
    if (tracked.state !== 'stranger') return
    const peer = this.#deps.describe(tracked.peer, tracked.connection)
    if (peer === undefined)
      return this.#refuse(tracked, new ShoalError('NOT_A_MEMBER', 'the peer is no member any more'))
    const others = this.members(tracked.peer)
    tracked.state = 'member'
    this.#deps.gate.admit(tracked.connection)
    this.#deps.admitted(tracked, peer, result)
    tracked.hello.resolve(peer)
    for (const other of others) this.#settleDuplicate(other, tracked)
    this.trim()
  }

  /** Two that both sides opened at the same moment crossed. Any other may be there because the older one lost the other side: it must answer to count. */
  #settleDuplicate(older: Tracked, newer: Tracked): void {
    const young = this.#deps.clock.now() - older.sinceMs < this.#pace.handshakeTimeoutMs
    if (young && older.connection.direction !== newer.connection.direction) return this.#closeDuplicate(older, newer)
    void this.#deps.answers(older).then((alive) => {
      if (alive && older.state === 'member' && newer.state === 'member') this.#closeDuplicate(older, newer)
    })
  }

  #closeDuplicate(older: Tracked, newer: Tracked): void {
    const one = surplus(older, newer, this.#deps.self)
    if (one !== undefined) this.#close(one)
  }

  #close(tracked: Tracked): void {
    tracked.connection.close().catch((err: unknown) => tracked.connection.abort(asShoalError(err)))
  }

  /** Ends a connection for a reason; a peer that was not admitted gets a moment to read why. */
  #refuse(tracked: Tracked, error: ShoalError): void {
    if (tracked.state === 'closed') return
    const wasMember = tracked.state === 'member'
    this.#end(tracked, error)
    const { code, message } = toWire(error)
    const fields = { peer: tracked.peer, address: tracked.connection.remoteAddr.toString(), code, reason: message }
    this.#deps.log.warn(wasMember ? 'member-dropped' : 'peer-refused', fields)
    if (wasMember) {
      this.#tracked.delete(tracked.connection)
      tracked.connection.abort(error)
      this.#deps.closed(tracked, undefined)
      return
    }
    this.#deps.failed(tracked, error)
    void this.#closeLater(tracked)
  }

  async #closeLater(tracked: Tracked): Promise<void> {
    await this.#deps.clock
      .sleep(this.#pace.refusalGraceMs, { signal: this.#run.signal, unref: true })
      .catch(() => undefined)
    this.#tracked.delete(tracked.connection)
    tracked.connection.abort(new ShoalError('NOT_A_MEMBER', 'the peer was refused'))
  }

  #end(tracked: Tracked, error: ShoalError): void {
    if (tracked.state === 'closed') return
    tracked.state = 'closed'
    this.#deps.gate.refuse(tracked.connection)
    tracked.hello.reject(error)
  }
}

const asShoalError = (err: unknown): ShoalError =>
  isShoalError(err)
    ? err
    : new ShoalError('PEER_GONE', err instanceof Error ? err.message : 'the peer is gone', { cause: err })
