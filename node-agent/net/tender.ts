import type { Multiaddr } from '@multiformats/multiaddr'
import { LIMITS } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { deadline } from './deadline.ts'
import type { Node } from './libp2p-node.ts'
import type { Members } from './members.ts'
import type { Tracked } from './tracked.ts'

export interface TenderDeps {
  readonly node: Node
  readonly members: Members
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** The peer says from which address it sees this host. */
  observed(tracked: Tracked, address: Multiaddr | undefined): void
}

/** How often admitted connections are looked after. */
const ROUND_MS = 30_000

/** Looks after admitted connections: starts gossip on them, repairs it, measures round trips, and lets surplus ones go. */
export class Tender {
  readonly #deps: TenderDeps
  readonly #busy = new Set<Tracked>()
  readonly #measuredAtMs = new WeakMap<Tracked, number>()

  constructor(deps: TenderDeps) {
    this.#deps = deps
  }

  /** A connection was admitted, or is the one left of a peer. */
  async begin(tracked: Tracked): Promise<void> {
    await this.#identify(tracked)
    await this.#measure(tracked)
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { clock, members, signal } = this.#deps
    while (!signal.aborted) {
      await clock.sleep(ROUND_MS, { signal, unref: true }).catch(() => undefined)
      if (signal.aborted) return
      members.trim()
      for (const tracked of members.members()) {
        const young = clock.now() - tracked.sinceMs < ROUND_MS
        if (!young && !this.#gossips(tracked)) void this.#identify(tracked)
        if (clock.now() - (this.#measuredAtMs.get(tracked) ?? 0) > LIMITS.measureMs) void this.#measure(tracked)
      }
    }
  }

  /** Gossipsub has a stream to the peer on any of its connections. It loses it for good when the peer was too slow or a twin connection closed. */
  #gossips({ peer }: Tracked): boolean {
    const streams = this.#deps.members.members(peer).flatMap((t) => t.connection.streams)
    return streams.some((s) => s.direction === 'outbound' && s.status === 'open' && s.protocol.startsWith('/meshsub/'))
  }

  /** Asks for the peer's protocols, upon which gossipsub opens its stream. A connection on which that fails twice is of no use. */
  async #identify(tracked: Tracked): Promise<void> {
    if (this.#busy.has(tracked)) return
    this.#busy.add(tracked)
    try {
      for (let attempt = 1; tracked.state === 'member'; attempt++) {
        using limit = deadline(this.#deps.clock, LIMITS.handshakeTimeoutMs, this.#deps.signal)
        try {
          const { identify } = this.#deps.node.services
          const { observedAddr } = await identify.identify(tracked.connection, { signal: limit.signal })
          this.#deps.observed(tracked, observedAddr)
          return
        } catch (err) {
          if (this.#deps.signal.aborted || tracked.connection.status !== 'open') return
          if (attempt < 2) continue
          this.#deps.log.debug('identify-failed', {
            peer: tracked.peer,
            reason: err instanceof Error ? err.message : '',
          })
          tracked.connection.abort(err instanceof Error ? err : new Error('identify failed'))
        }
      }
    } finally {
      this.#busy.delete(tracked)
    }
  }

  async #measure(tracked: Tracked): Promise<void> {
    if (tracked.state !== 'member') return
    this.#measuredAtMs.set(tracked, this.#deps.clock.now())
    using limit = deadline(this.#deps.clock, LIMITS.handshakeTimeoutMs, this.#deps.signal)
    try {
      tracked.rttMs = await this.#deps.node.services.ping.ping(tracked.connection.remotePeer, { signal: limit.signal })
    } catch {
      // A round trip that cannot be measured now is measured in the next round; the connection's own silence limit decides its fate.
    }
  }
}
