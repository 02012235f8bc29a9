import {
  isShoalError,
  LIMITS,
  type PeerKey,
  RecordBuckets,
  RECORDS_PROTOCOL,
  recordsTopic,
  ShoalError,
  type ShoalRecord,
  slotOf,
  toWire,
} from '../../protocol/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'
import type { Channel, GossipVerdict, Net, NetPeer } from '../net/index.ts'
import { isForgery } from './forgery.ts'
import { answerReconcile, reconcile, type SessionDeps, type SessionResult } from './session.ts'
import type { RecordBook } from './types.ts'

export interface AnnouncerDeps {
  readonly net: Net
  readonly book: RecordBook
  readonly clock: Clock
  readonly log: Logger
  /** Uniform in [0, 1). */
  readonly rng: () => number
}

export interface AnnouncerInit {
  /** Mesh id: names the gossip topic. */
  readonly mesh: string
  /** Between reconciliations with a random peer; LIMITS.reconcileMs when undefined. */
  readonly reconcileMs?: number
  /** After a connect, when gossip runs on the connection too; RECHECK_MS when undefined. */
  readonly recheckMs?: number
}

/** Spreads and gathers records: gossip for what is new, reconciliation for whoever was away. */
export interface Announcer extends Component {
  /** Gossips a record that the book has kept. */
  publish(record: ShoalRecord): Promise<void>
  /** Reconciles with one connected peer now. @throws as the session */
  reconcile(peer: PeerKey): Promise<SessionResult>
}

/**
 * Makes the announcer of a node. Start it before the net, so that it serves from the first connection on; the book must be loaded.
 */
export const createAnnouncer = (deps: AnnouncerDeps, init: AnnouncerInit): Announcer => new NetAnnouncer(deps, init)

/** Gossip on a fresh connection begins some round trips after its first reconciliation; a second one closes the gap. */
const RECHECK_MS = 10_000
/** Tries after a connect before the regular round takes over. */
const TRIES = 3
/** Own sessions at once. */
const SESSIONS = 4

class NetAnnouncer implements Announcer {
  readonly #deps: AnnouncerDeps
  readonly #init: AnnouncerInit
  readonly #topic: string
  readonly #forgeries = new Map<PeerKey, number>()
  readonly #opened = new Set<PeerKey>()
  readonly #tasks = new Set<Promise<unknown>>()
  #buckets = new RecordBuckets()
  #answering = 0
  #run: { readonly abort: AbortController; readonly unsubscribe: readonly (() => void)[] } | undefined

  constructor(deps: AnnouncerDeps, init: AnnouncerInit) {
    this.#deps = deps
    this.#init = init
    this.#topic = recordsTopic(init.mesh)
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    const { book, net } = this.#deps
    this.#buckets = new RecordBuckets()
    const unsubscribe = [
      book.onNew((record) => this.#buckets.set({ slot: slotOf(record), version: record.version, id: record.id })),
      book.onDropped((slot) => this.#buckets.delete(slot)),
      net.onPeer((peer) => this.#connected(peer)),
      net.onPeerGone((peer) => void this.#forgeries.delete(peer)),
      net.onLearned((record) => this.#supervise(this.publish(record))),
    ]
    for (const summary of book.summaries()) this.#buckets.set(summary)
    net.subscribe(this.#topic, (bytes, from) => this.#validate(bytes, from))
    net.handle(RECORDS_PROTOCOL, (channel, peer) => this.#serve(channel, peer), {
      maxFrameBytes: LIMITS.recordsMessageBytes,
    })
    const abort = new AbortController()
    this.#run = { abort, unsubscribe }
    this.#supervise(this.#rounds(abort.signal))
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    run.abort.abort(new ShoalError('CANCELLED', 'the node stops'))
    for (const unsubscribe of run.unsubscribe) unsubscribe()
    await Promise.all(this.#tasks)
  }

  async publish(record: ShoalRecord): Promise<void> {
    await this.#deps.net.publish(this.#topic, record.bytes)
  }

  async reconcile(peer: PeerKey): Promise<SessionResult> {
    const signal = this.#signal()
    signal.throwIfAborted()
    const channel = await this.#deps.net.open(peer, RECORDS_PROTOCOL, {
      maxFrameBytes: LIMITS.recordsMessageBytes,
      signal,
    })
    try {
      const salt = crypto.getRandomValues(new Uint8Array(8))
      const result = await reconcile(this.#session(), channel, salt, signal)
      await channel.close()
      this.#done(peer, result, channel)
      return result
    } catch (err) {
      channel.abort(err instanceof Error ? err : new Error('reconciliation failed'))
      this.#blame(peer, err)
      throw err
    }
  }

  async #serve(channel: Channel, { peer }: NetPeer): Promise<void> {
    const busy = this.#answering >= LIMITS.reconciliations
    this.#answering++
    try {
      const result = await answerReconcile(this.#session(), channel, busy, this.#signal())
      await channel.close()
      this.#done(peer, result, channel)
    } catch (err) {
      this.#blame(peer, err)
      throw err
    } finally {
      this.#answering--
    }
  }

  /** Every message once: what the book keeps as new travels on, what it knows or cannot judge stops here (ANNOUNCE-2). */
  async #validate(bytes: Uint8Array, from: PeerKey): Promise<GossipVerdict> {
    const offered = await this.#deps.book.offer(bytes)
    if (offered.outcome === 'new') return 'accept'
    if (offered.outcome !== 'rejected') return 'ignore'
    this.#deps.log.warn('record-rejected', { peer: from, code: offered.error.code, reason: offered.error.message })
    if (!isForgery(offered.error)) return 'ignore'
    const count = (this.#forgeries.get(from) ?? 0) + 1
    this.#forgeries.set(from, count)
    if (count >= LIMITS.recordsRejected) this.#deps.net.ban(from, offered.error, LIMITS.peerBanMs)
    return 'reject'
  }

  #connected({ peer, outbound }: NetPeer): void {
    // One session serves both sides; the one that dialled opens it.
    if (outbound) this.#supervise(this.#catchUp(peer))
  }

  async #catchUp(peer: PeerKey): Promise<void> {
    const signal = this.#signal()
    await this.#try(peer)
    await this.#pause(this.#init.recheckMs ?? RECHECK_MS)
    if (!signal.aborted) await this.#try(peer)
  }

  /** Reconciles, again after a while when the peer is busy or the session broke; the regular rounds go on in any case. */
  async #try(peer: PeerKey): Promise<void> {
    for (let attempt = 0; attempt < TRIES && this.#isConnected(peer); attempt++) {
      if (attempt > 0) await this.#pause((this.#init.recheckMs ?? RECHECK_MS) * attempt)
      if (this.#signal().aborted || this.#opened.has(peer)) return
      while (this.#opened.size >= SESSIONS && !this.#signal().aborted) await this.#pause(100)
      this.#opened.add(peer)
      try {
        if ((await this.reconcile(peer)).outcome !== 'busy') return
      } catch (err) {
        if (this.#signal().aborted) return
        const { code, message } = toWire(err)
        this.#deps.log.debug('reconcile-failed', { peer, attempt, code, reason: message })
      } finally {
        this.#opened.delete(peer)
      }
    }
  }

  /** A random peer every few minutes, for ever: what gossip and connects have missed is found. */
  async #rounds(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause((this.#init.reconcileMs ?? LIMITS.reconcileMs) * (0.5 + this.#deps.rng()))
      if (signal.aborted) return
      const peers = this.#deps.net.peers()
      const chosen = peers[Math.floor(this.#deps.rng() * peers.length)]
      if (chosen !== undefined) await this.#try(chosen.peer)
    }
  }

  /** Passes on what a session taught: a few records by gossip; a flood by reconciling with the neighbours, who do the same (ANNOUNCE-5). */
  #done(peer: PeerKey, result: SessionResult, channel: Channel): void {
    const { learned, sent, outcome } = result
    const fields = {
      peer,
      outcome,
      learned: learned.length,
      sent,
      bytesIn: channel.receivedBytes,
      bytesOut: channel.sentBytes,
    }
    if (outcome === 'exchanged') this.#deps.log.info('reconciled', fields)
    else this.#deps.log.debug('reconciled', fields)
    if (learned.length <= LIMITS.recordsPassedOn) {
      for (const record of learned) this.#supervise(this.publish(record))
      return
    }
    for (const other of this.#deps.net.peers()) if (other.peer !== peer) this.#supervise(this.#spread(other.peer))
  }

  async #spread(peer: PeerKey): Promise<void> {
    await this.#pause(this.#deps.rng() * 2_000)
    if (!this.#signal().aborted) await this.#try(peer)
  }

  #blame(peer: PeerKey, err: unknown): void {
    if (isShoalError(err) && (isForgery(err) || err.code === 'WIRE_MALFORMED' || err.code === 'WIRE_TOO_LARGE')) {
      this.#deps.net.ban(peer, err, LIMITS.peerBanMs)
    }
  }

  #session(): SessionDeps {
    return { book: this.#deps.book, buckets: this.#buckets, clock: this.#deps.clock }
  }

  #isConnected(peer: PeerKey): boolean {
    return this.#deps.net.peers().some((known) => known.peer === peer)
  }

  #signal(): AbortSignal {
    return this.#run?.abort.signal ?? AbortSignal.abort(new ShoalError('CANCELLED', 'the announcer is not started'))
  }

  #pause(ms: number): Promise<void> {
    return this.#deps.clock.sleep(ms, { signal: this.#signal(), unref: true }).catch(() => undefined)
  }

  #supervise(task: Promise<unknown>): void {
    const watched = task.catch((err: unknown) => {
      const { code, message } = toWire(err)
      if (!isShoalError(err, 'CANCELLED')) this.#deps.log.warn('announce-failed', { code, reason: message })
    })
    this.#tasks.add(watched)
    void watched.finally(() => this.#tasks.delete(watched))
  }
}
