import { networkInterfaces } from 'node:os'
import type { Connection, PeerId, Transport } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LIMITS, type PeerKey } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { isRelayed } from './addresses.ts'
import type { Internals } from './libp2p-node.ts'
import type { Members } from './members.ts'
import type { Tracked } from './tracked.ts'

/** What the relay transport has besides its interface: places at relays, which it renews by itself. */
interface RelayTransport extends Transport {
  readonly reservationStore: {
    addRelay(relay: PeerId, type: 'configured'): Promise<unknown>
    hasReservation(relay: PeerId): boolean
  }
}

export interface RelaysDeps {
  readonly internals: () => Internals | undefined
  readonly members: Members
  readonly sameSite: (peer: PeerKey) => boolean
  /** It came about by hole punching: others could not open it. */
  readonly isPunched: (connection: Connection) => boolean
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
  /** The addresses at which this node can be reached are others now. */
  changed(): void
}

/** How often it is looked whether relays are needed and still there. */
const ROUND_MS = 15_000
/** A relay that refused is not asked again for this long. */
const REFUSED_MS = 10 * 60_000

/**
 * Finds out whether this host stands behind a NAT, and if so reserves places at members that can be reached, so that others find it there (NET-18). What tells is the
 * address at which members of other sites see it: one that it does not have itself. A connection that such a member opened proves the opposite.
 */
export class Relays {
  readonly #deps: RelaysDeps
  /** IP address and protocol at which other sites see this host, while that is none of its own. */
  #outside: { readonly protocol: string; readonly ip: string } | undefined
  readonly #reserved = new Map<PeerKey, string>()
  readonly #refused = new Map<PeerKey, number>()
  #wakened = Promise.withResolvers<void>()

  constructor(deps: RelaysDeps) {
    this.#deps = deps
  }

  /** Others cannot open connections to it, as far as is known. */
  get behindNat(): boolean {
    return this.#outside !== undefined && !this.#wasReached()
  }

  /** Where this host can be reached through others, without its own peer id. */
  addresses(): string[] {
    return [...this.#reserved.values()]
  }

  /** Members that hold a place for this host. */
  get relays(): PeerKey[] {
    return [...this.#reserved.keys()]
  }

  /** Where this host may be found from outside: most NATs keep the port where they can, so that the one that this node listens on is the likeliest. */
  outside(): string[] {
    const ports = this.#deps
      .internals()
      ?.transportManager.getAddrs()
      .map((address) => address.getComponents().find(({ name }) => name === 'tcp')?.value)
    const port = ports?.find((value) => value !== undefined)
    if (this.#outside === undefined || port === undefined) return []
    return [`/${this.#outside.protocol}/${this.#outside.ip}/tcp/${port}`]
  }

  /** A peer says from which address it sees this host. */
  observed({ connection, peer }: Tracked, address: Multiaddr | undefined): void {
    if (address === undefined || connection.direction !== 'outbound') return
    if (isRelayed(connection.remoteAddr) || isRelayed(address) || this.#deps.sameSite(peer)) return
    const [host] = address.getComponents()
    if (host?.value === undefined || !/^ip[46]$/.test(host.name)) return
    const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address: ip }) => ip) ?? [])
    const outside = own.includes(host.value) ? undefined : { protocol: host.name, ip: host.value }
    if (outside?.ip === this.#outside?.ip) return
    this.#outside = outside
    this.#deps.log.info('seen-from-outside', { at: host.value, nat: outside !== undefined })
    this.#wakened.resolve()
  }

  /** A connection came or went. */
  wake(): void {
    this.#wakened.resolve()
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { clock, signal } = this.#deps
    while (!signal.aborted) {
      this.#wakened = Promise.withResolvers()
      await this.#round()
      const over = new AbortController()
      const until = AbortSignal.any([signal, over.signal])
      await Promise.race([
        clock.sleep(ROUND_MS, { signal: until, unref: true }).catch(() => undefined),
        this.#wakened.promise,
      ])
      over.abort()
    }
  }

  async #round(): Promise<void> {
    const transport = this.#transport()
    if (transport === undefined) return
    let changed = false
    for (const relay of this.#reserved.keys()) {
      if (transport.reservationStore.hasReservation(peerIdFromString(relay))) continue
      changed = this.#reserved.delete(relay)
      this.#deps.log.info('relay-lost', { relay })
    }
    if (this.behindNat) {
      for (const tracked of this.#candidates()) {
        if (this.#reserved.size >= LIMITS.relaysSought || this.#deps.signal.aborted) break
        changed = (await this.#reserve(transport, tracked)) || changed
      }
    }
    if (changed) this.#deps.changed()
  }

  /** Members of other sites that this host could open a direct connection to: others can, too. The nearest first. */
  #candidates(): Tracked[] {
    const { members, clock } = this.#deps
    const nowMs = clock.now()
    return members
      .members()
      .filter(({ connection, peer }) => {
        const usable = connection.direction === 'outbound' && this.#isOpen(connection, peer)
        return usable && !this.#reserved.has(peer) && (this.#refused.get(peer) ?? 0) <= nowMs
      })
      .toSorted((a, b) => (a.rttMs ?? Number.POSITIVE_INFINITY) - (b.rttMs ?? Number.POSITIVE_INFINITY))
  }

  async #reserve(transport: RelayTransport, { peer, connection }: Tracked): Promise<boolean> {
    const { log, clock } = this.#deps
    try {
      await transport.reservationStore.addRelay(peerIdFromString(peer), 'configured')
      const relay = connection.remoteAddr.toString().replace(/\/p2p\/[^/]+$/, '')
      this.#reserved.set(peer, `${relay}/p2p/${peer}/p2p-circuit`)
      log.info('relay-reserved', { relay: peer })
      return true
    } catch (err) {
      this.#refused.set(peer, clock.now() + REFUSED_MS)
      log.debug('relay-refused', { relay: peer, reason: err instanceof Error ? err.message : '' })
      return false
    }
  }

  #wasReached(): boolean {
    const all = this.#deps.members.members()
    return all.some(({ connection, peer }) => connection.direction === 'inbound' && this.#isOpen(connection, peer))
  }

  /** With a member of another site, opened from one side only and without anybody's help. */
  #isOpen(connection: Connection, peer: PeerKey): boolean {
    const { sameSite, isPunched } = this.#deps
    return !isRelayed(connection.remoteAddr) && !sameSite(peer) && !isPunched(connection)
  }

  #transport(): RelayTransport | undefined {
    const transports = this.#deps.internals()?.transportManager.getTransports() ?? []
    return transports.find((transport): transport is RelayTransport => 'reservationStore' in transport)
  }
}
