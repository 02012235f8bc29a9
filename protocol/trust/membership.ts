import type { HostName, PeerKey, PublicKey, SiteName } from '../ids/index.ts'
import { peerKeyOf, type RecordOf } from '../records/index.ts'

/** An enrolled machine, as its grant and binding prove. */
export interface Member {
  readonly peer: PeerKey
  readonly hostKey: PublicKey
  readonly host: HostName
  readonly site: SiteName
  readonly labels: Readonly<Record<string, string>>
  readonly boundAtMs: number
}

interface Seat {
  readonly grant: RecordOf<'grant'>
  readonly bindings: RecordOf<'binding'>[]
}

/**
 * Who is a member, from the trusted grants and bindings it was told. Pure bookkeeping: no I/O, no clock.
 * A grant with two bindings is quarantined (TRUST-7); a host name belongs to its newest bound grant (TRUST-8).
 */
export class Membership {
  readonly #seats = new Map<string, Seat>()
  readonly #grantOfKey = new Map<PublicKey, string>()
  readonly #keyOfPeer = new Map<PeerKey, PublicKey>()
  readonly #seatsOfHost = new Map<HostName, Seat[]>()

  /** Adds a trusted grant; the same grant twice is ignored. */
  addGrant(grant: RecordOf<'grant'>): void {
    if (this.#seats.has(grant.key)) return
    const seat: Seat = { grant, bindings: [] }
    this.#seats.set(grant.key, seat)
    const seats = this.#seatsOfHost.get(grant.body.host)
    if (seats === undefined) this.#seatsOfHost.set(grant.body.host, [seat])
    else seats.push(seat)
  }

  /** Adds a trusted binding, whose grant must have been added. */
  addBinding(binding: RecordOf<'binding'>): void {
    const { grant, hostKey } = binding.body
    const seat = this.#seats.get(grant)
    if (seat === undefined || seat.bindings.some((b) => b.key === binding.key)) return
    seat.bindings.push(binding)
    this.#grantOfKey.set(hostKey, grant)
    this.#keyOfPeer.set(peerKeyOf(hostKey), hostKey)
  }

  grant(key: string): RecordOf<'grant'> | undefined {
    return this.#seats.get(key)?.grant
  }

  member(peer: PeerKey): Member | undefined {
    const hostKey = this.#keyOfPeer.get(peer)
    return hostKey === undefined ? undefined : this.#memberOf(hostKey)
  }

  isHostKey(key: PublicKey): boolean {
    return this.#memberOf(key) !== undefined
  }

  /** Every member, in no particular order. */
  *members(): Iterable<Member> {
    for (const hostKey of this.#grantOfKey.keys()) {
      const member = this.#memberOf(hostKey)
      if (member !== undefined) yield member
    }
  }

  /** Grants that two machines claim. */
  *quarantined(): Iterable<RecordOf<'grant'>> {
    for (const seat of this.#seats.values()) if (seat.bindings.length > 1) yield seat.grant
  }

  #memberOf(hostKey: PublicKey): Member | undefined {
    const seat = this.#seats.get(this.#grantOfKey.get(hostKey) ?? '')
    const binding = seat?.bindings[0]
    if (seat === undefined || binding === undefined || seat.bindings.length > 1) return undefined
    const { host, site, labels } = seat.grant.body
    if (this.#isReplaced(seat, host)) return undefined
    return { peer: peerKeyOf(hostKey), hostKey, host, site, labels, boundAtMs: binding.body.boundAtMs }
  }

  #isReplaced(seat: Seat, host: HostName): boolean {
    const seats = this.#seatsOfHost.get(host) ?? []
    return seats.some((other) => other !== seat && other.bindings.length === 1 && isLater(other.grant, seat.grant))
  }
}

const isLater = (a: RecordOf<'grant'>, b: RecordOf<'grant'>): boolean =>
  a.body.issuedAtMs === b.body.issuedAtMs ? a.key > b.key : a.body.issuedAtMs > b.body.issuedAtMs
