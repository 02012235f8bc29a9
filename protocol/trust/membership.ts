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

/** One grant, and what became of it. */
export interface Seat {
  readonly grant: RecordOf<'grant'>
  /** Of those hosts that may use it, in the order in which they became known. */
  readonly bindings: readonly RecordOf<'binding'>[]
  readonly revocation: RecordOf<'revocation'> | undefined
  /** A later grant of the same host name is in use. */
  readonly replaced: boolean
}

interface Place {
  grant: RecordOf<'grant'>
  readonly bindings: RecordOf<'binding'>[]
}

/** Bindings that count: a grant that names its host is used by nobody else. */
const claims = ({ grant, bindings }: Place): readonly RecordOf<'binding'>[] =>
  grant.body.hostKey === undefined ? bindings : bindings.filter((b) => b.body.hostKey === grant.body.hostKey)

/**
 * Who is a member, from the trusted grants, bindings and revocations it was told. Pure bookkeeping: no I/O, no clock.
 * A grant with two bindings is quarantined (TRUST-7); a host name belongs to its newest bound grant (TRUST-8); whoever used a revoked grant
 * is no member (TRUST-13).
 */
export class Membership {
  readonly #places = new Map<string, Place>()
  readonly #grantsOfKey = new Map<PublicKey, string[]>()
  readonly #keyOfPeer = new Map<PeerKey, PublicKey>()
  readonly #peerOfKey = new Map<PublicKey, PeerKey>()
  readonly #placesOfHost = new Map<HostName, Place[]>()
  readonly #revoked = new Map<string, RecordOf<'revocation'>>()

  /** Adds a trusted grant, or takes a newer version of it in the place of the one before. */
  addGrant(grant: RecordOf<'grant'>): void {
    const known = this.#places.get(grant.key)
    if (known !== undefined) {
      if (grant.version > known.grant.version && grant.body.host === known.grant.body.host) known.grant = grant
      return
    }
    const place: Place = { grant, bindings: [] }
    this.#places.set(grant.key, place)
    const places = this.#placesOfHost.get(grant.body.host)
    if (places === undefined) this.#placesOfHost.set(grant.body.host, [place])
    else places.push(place)
  }

  /** Adds a trusted binding, whose grant must have been added. */
  addBinding(binding: RecordOf<'binding'>): void {
    const { grant, hostKey } = binding.body
    const place = this.#places.get(grant)
    if (place === undefined || place.bindings.some((b) => b.key === binding.key)) return
    place.bindings.push(binding)
    const grants = this.#grantsOfKey.get(hostKey)
    if (grants === undefined) this.#grantsOfKey.set(hostKey, [grant])
    else grants.push(grant)
    if (this.#peerOfKey.has(hostKey)) return
    const peer = peerKeyOf(hostKey)
    this.#peerOfKey.set(hostKey, peer)
    this.#keyOfPeer.set(peer, hostKey)
  }

  /** Adds a trusted revocation; its grant may be known or not. */
  addRevocation(revocation: RecordOf<'revocation'>): void {
    this.#revoked.set(revocation.key, revocation)
  }

  grant(key: string): RecordOf<'grant'> | undefined {
    return this.#places.get(key)?.grant
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
    for (const hostKey of this.#grantsOfKey.keys()) {
      const member = this.#memberOf(hostKey)
      if (member !== undefined) yield member
    }
  }

  /** Every grant, used or not, in no particular order. */
  *seats(): Iterable<Seat> {
    for (const place of this.#places.values()) yield this.#seat(place)
  }

  /** Grants that a host key is bound to. */
  grantsOf(hostKey: PublicKey): readonly string[] {
    return this.#grantsOfKey.get(hostKey) ?? []
  }

  #seat(place: Place): Seat {
    const { grant } = place
    const revocation = this.#revoked.get(grant.key)
    return { grant, bindings: claims(place), revocation, replaced: this.#isReplaced(place) }
  }

  #memberOf(hostKey: PublicKey): Member | undefined {
    const peer = this.#peerOfKey.get(hostKey)
    if (peer === undefined) return undefined
    for (const key of this.grantsOf(hostKey)) {
      const place = this.#places.get(key)
      if (place === undefined || this.#revoked.has(key) || this.#isReplaced(place)) continue
      const [binding, ...others] = claims(place)
      if (binding === undefined || others.length > 0 || binding.body.hostKey !== hostKey) continue
      const { host, site, labels } = place.grant.body
      return { peer, hostKey, host, site, labels, boundAtMs: binding.body.boundAtMs }
    }
    return undefined
  }

  /** A revoked host is replaced as well: taking the later one out must not bring the earlier one back. */
  #isReplaced(place: Place): boolean {
    const places = this.#placesOfHost.get(place.grant.body.host) ?? []
    return places.some((other) => other !== place && claims(other).length === 1 && isLater(other.grant, place.grant))
  }
}

const isLater = (a: RecordOf<'grant'>, b: RecordOf<'grant'>): boolean =>
  a.body.issuedAtMs === b.body.issuedAtMs ? a.key > b.key : a.body.issuedAtMs > b.body.issuedAtMs
