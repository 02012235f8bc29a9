import type { Connection } from '@libp2p/interface'
import { LIMITS, type PeerKey, PUNCH_PROTOCOL, punchCodec, ShoalError, toWire } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { isRelayed, usableAddresses, withPeer } from './addresses.ts'
import { deadline } from './deadline.ts'
import type { Node } from './libp2p-node.ts'
import type { Channel, Net, NetPeer } from './types.ts'

export interface PunchDeps {
  readonly node: () => Node | undefined
  readonly open: Net['open']
  /** Where this host may be found from outside; empty when it is behind no NAT, or not known to be. */
  readonly places: () => readonly string[]
  /** The peer is still connected through a relay only. */
  readonly isRelayed: (peer: PeerKey) => boolean
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** One attempt: three messages through the relay, then a dial. */
const ATTEMPT_MS = 15_000
const ATTEMPTS = 3
/** What could not be opened now may be after this: NATs and what stands before them change. */
const AGAIN_MS = 30 * 60_000

export const PUNCH_OPTIONS = { maxFrameBytes: LIMITS.punchMessageBytes }

/**
 * Replaces relayed connections by direct ones where the NATs between two hosts allow (NET-19), as in the libp2p specification "Direct Connection Upgrade through Relay": both sides dial each
 * other at the same moment, from the ports they listen on, so that each NAT takes the other's packets for answers. The library's own service cannot: its dials do not leave from that port, and
 * nothing says which of two sides that both dialled speaks first.
 */
export class Punch {
  readonly #deps: PunchDeps
  readonly #trying = new Set<PeerKey>()
  readonly #opened = new WeakSet<Connection>()

  constructor(deps: PunchDeps) {
    this.#deps = deps
  }

  /** A connection came about by hole punching. */
  opened(connection: Connection): boolean {
    return this.#opened.has(connection)
  }

  /** A member was connected. The side that accepted a relayed connection seeks a direct one. */
  async connected({ peer, relayed, outbound, sameSite }: NetPeer): Promise<void> {
    if (!relayed || outbound || sameSite || this.#trying.has(peer)) return
    this.#trying.add(peer)
    const { clock, signal } = this.#deps
    try {
      while (this.#deps.isRelayed(peer) && !signal.aborted) {
        for (let attempt = 1; attempt <= ATTEMPTS && this.#deps.isRelayed(peer); attempt++) await this.#ask(peer)
        await clock.sleep(AGAIN_MS, { signal, unref: true }).catch(() => undefined)
      }
    } finally {
      this.#trying.delete(peer)
    }
  }

  /** Answers the side that asks. */
  readonly serve = async (channel: Channel, { peer, relayed }: NetPeer): Promise<void> => {
    using until = deadline(this.#deps.clock, ATTEMPT_MS, this.#deps.signal)
    const theirs = await places(channel, until.signal)
    channel.send(punchCodec.encode({ t: 'places', addresses: this.#own() }))
    const frame = await channel.next(until.signal)
    if (frame === undefined || punchCodec.decode(frame.header).t !== 'now')
      throw new ShoalError('WIRE_MALFORMED', 'a word to dial was expected')
    void channel.close()
    if (relayed) await this.#dial(peer, theirs, true, until.signal)
  }

  async #ask(peer: PeerKey): Promise<void> {
    const { open, clock, log, signal } = this.#deps
    const own = this.#own()
    if (own.length === 0) return
    using until = deadline(clock, ATTEMPT_MS, signal)
    try {
      const channel = await open(peer, PUNCH_PROTOCOL, { ...PUNCH_OPTIONS, signal: until.signal })
      const sentAtMs = clock.monotonic()
      channel.send(punchCodec.encode({ t: 'places', addresses: own }))
      const theirs = await places(channel, until.signal)
      const halfWayMs = (clock.monotonic() - sentAtMs) / 2
      channel.send(punchCodec.encode({ t: 'now' }))
      await clock.sleep(halfWayMs, { signal: until.signal })
      await this.#dial(peer, theirs, false, until.signal)
      void channel.close()
      log.info('hole-punched', { peer })
    } catch (err) {
      const { code, message } = toWire(err)
      log.debug('hole-not-punched', { peer, code, reason: message })
    }
  }

  #own(): string[] {
    return this.#deps.places().slice(0, LIMITS.addressesPerPeer)
  }

  /** Around the queue of dials, which would join this one with another and forget who speaks first. */
  async #dial(peer: PeerKey, places: readonly string[], initiator: boolean, signal: AbortSignal): Promise<void> {
    const { transportManager } = this.#deps.node()?.services.internals ?? {}
    const addresses = withPeer(usableAddresses(peer, places), peer).filter((address) => !isRelayed(address))
    if (transportManager === undefined || addresses.length === 0)
      throw new ShoalError('PEER_GONE', 'there is no place to dial')
    // The transport and what upgrades its connections know more options than the manager between them names.
    const options = { signal, initiator, punch: true }
    const dials = addresses.map((address) => transportManager.dial(address, options))
    const connection = await Promise.any(dials).catch((err: unknown) => {
      throw new ShoalError('PEER_GONE', 'the NATs between the two let nothing through', { cause: err })
    })
    this.#opened.add(connection)
  }
}

async function places(channel: Channel, signal: AbortSignal): Promise<readonly string[]> {
  const frame = await channel.next(signal)
  const message = frame && punchCodec.decode(frame.header)
  if (message?.t !== 'places') throw new ShoalError('WIRE_MALFORMED', 'places to dial were expected')
  return message.addresses
}
