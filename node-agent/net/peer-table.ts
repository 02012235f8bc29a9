import { LIMITS, type PeerKey, type SiteName } from '../../protocol/index.ts'

/** A peer that may be dialled. */
export interface KnownPeer {
  readonly peer: PeerKey
  addresses: readonly string[]
  /** Dials in a row that came to nothing. */
  failures: number
  /** Not dialled before this time. */
  notBeforeMs: number
  /** The last dial ended because one side did not take the other for a member. */
  refused: boolean
}

/** How many connections a host seeks, and how long it waits between attempts. */
export interface DialPolicy {
  readonly peersSought: number
  readonly peersSoughtSameSite: number
  readonly redialMinMs: number
  readonly redialMaxMs: number
}

/** What the policy asks about a peer. */
export interface DialView {
  readonly nowMs: number
  /** Connected or being dialled. */
  readonly busy: ReadonlySet<PeerKey>
  readonly ownSite: SiteName | undefined
  /** Site of a known member; undefined for a peer whose membership is not known here. */
  siteOf(peer: PeerKey): SiteName | undefined
}

/** A connection that lasted shorter than this was no success: its peer is dialled again later and later. */
const WORKED_MS = 30_000

/** Addresses of peers and when to try them again. */
export class PeerTable {
  readonly #peers = new Map<PeerKey, KnownPeer>()
  readonly #policy: DialPolicy
  readonly #rng: () => number

  constructor(policy: DialPolicy, rng: () => number) {
    this.#policy = policy
    this.#rng = rng
  }

  get(peer: PeerKey): KnownPeer | undefined {
    return this.#peers.get(peer)
  }

  /** Adds or replaces addresses; newest knowledge of an address list wins. True when something changed. */
  learn(peer: PeerKey, addresses: readonly string[]): boolean {
    if (addresses.length === 0) return false
    const known = this.#peers.get(peer)
    if (known !== undefined) {
      if (known.addresses.length === addresses.length && known.addresses.every((a, i) => a === addresses[i]))
        return false
      known.addresses = addresses
      // A peer that says where it is now is worth trying there at once.
      known.notBeforeMs = 0
      return true
    }
    if (this.#peers.size >= LIMITS.peersKnown) this.#forgetWorst()
    this.#peers.set(peer, { peer, addresses, failures: 0, notBeforeMs: 0, refused: false })
    return true
  }

  /** A dial failed, or the connection was refused or short-lived: waits longer before the next. */
  failed(peer: PeerKey, nowMs: number, refused = false): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    known.notBeforeMs = nowMs + redialMs(known.failures, this.#policy, this.#rng)
    known.failures++
    known.refused = refused
  }

  /** A connection that began at `sinceMs` is gone. */
  ended(peer: PeerKey, sinceMs: number, nowMs: number): void {
    if (nowMs - sinceMs < WORKED_MS) this.failed(peer, nowMs)
    else this.lost(peer, nowMs)
  }

  /** A connection that worked for a while is gone: tried again soon, but not by everyone at the same instant. */
  lost(peer: PeerKey, nowMs: number): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    known.failures = 0
    known.refused = false
    known.notBeforeMs = nowMs + redialMs(0, this.#policy, this.#rng)
  }

  /** This host is somewhere else on the network: whoever could not be reached from where it was is tried again soon. */
  retryAll(nowMs: number): void {
    for (const known of this.#peers.values()) {
      if (known.refused) continue
      known.failures = 0
      known.notBeforeMs = Math.min(known.notBeforeMs, nowMs + redialMs(0, this.#policy, this.#rng))
    }
  }

  /** Membership changed: peers that were refused, or refused this node, are tried again soon. */
  retryRefused(nowMs: number): void {
    for (const known of this.#peers.values()) {
      if (!known.refused) continue
      known.refused = false
      known.notBeforeMs = Math.min(known.notBeforeMs, nowMs + redialMs(0, this.#policy, this.#rng))
    }
  }

  /**
   * Whom to dial now: members of other sites until sites are joined, then the own site, at random; strangers only while there is room
   * left (NET-9).
   */
  choose(view: DialView): KnownPeer[] {
    const seats = seatsLeft(view, this.#policy, this.#countSameSite(view))
    const chosen: KnownPeer[] = []
    for (const known of shuffled([...this.#peers.values()], this.#rng)) {
      if (known.notBeforeMs > view.nowMs || view.busy.has(known.peer)) continue
      const site = view.siteOf(known.peer)
      const seat = site !== undefined && site === view.ownSite ? 'same' : 'other'
      if (seats[seat] <= 0 || seats.all <= 0) continue
      seats[seat]--
      seats.all--
      chosen.push(known)
    }
    return chosen
  }

  /** Peers that are not connected and did not answer when they were dialled last. */
  failing(busy: ReadonlySet<PeerKey>): KnownPeer[] {
    return [...this.#peers.values()].filter(({ peer, failures }) => failures > 0 && !busy.has(peer))
  }

  /** One member at random that is not connected, however many are. */
  chooseAny(view: DialView): KnownPeer | undefined {
    const idle = [...this.#peers.values()].filter((k) => !view.busy.has(k.peer) && view.siteOf(k.peer) !== undefined)
    return idle[Math.floor(this.#rng() * idle.length)]
  }

  /** When the next waiting peer may be dialled; Infinity when none waits. */
  nextDueMs(view: DialView): number {
    let due = Number.POSITIVE_INFINITY
    for (const known of this.#peers.values()) {
      if (!view.busy.has(known.peer) && known.notBeforeMs > view.nowMs) due = Math.min(due, known.notBeforeMs)
    }
    return due
  }

  /** Same-site members that are known at all: where there are few, their seats go to others. */
  #countSameSite(view: DialView): number {
    if (view.ownSite === undefined) return 0
    let count = 0
    for (const peer of this.#peers.keys()) if (view.siteOf(peer) === view.ownSite) count++
    return count
  }

  #forgetWorst(): void {
    let worst: KnownPeer | undefined
    for (const known of this.#peers.values()) {
      if (worst === undefined || known.failures > worst.failures) worst = known
    }
    if (worst !== undefined) this.#peers.delete(worst.peer)
  }
}

function seatsLeft(
  view: DialView,
  policy: DialPolicy,
  sameKnown: number,
): { same: number; other: number; all: number } {
  let same = 0
  for (const peer of view.busy) if (view.ownSite !== undefined && view.siteOf(peer) === view.ownSite) same++
  const other = view.busy.size - same
  const forSame = Math.min(policy.peersSoughtSameSite, Math.max(same, sameKnown))
  return {
    same: forSame - same,
    other: policy.peersSought - forSame - other,
    all: policy.peersSought - view.busy.size,
  }
}

/** Each wait is this many times the one before: whoever was away for a minute is found again within seconds, and one gone for good costs a dial every few minutes. */
const REDIAL_GROWTH = 1.25
/** Beyond it every wait is the longest. */
const REDIAL_FAILURES = 100

/** Wait before attempt n+1 after n failures: grows from the minimum to the maximum, half of it random (NET-10). */
export function redialMs(failures: number, policy: DialPolicy, rng: () => number): number {
  const full = Math.min(policy.redialMaxMs, policy.redialMinMs * REDIAL_GROWTH ** Math.min(failures, REDIAL_FAILURES))
  return full / 2 + rng() * (full / 2)
}

function shuffled<T>(items: T[], rng: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(rng() * (i + 1))
    const [a, b] = [items[i], items[j]]
    if (a !== undefined && b !== undefined) {
      items[i] = b
      items[j] = a
    }
  }
  return items
}
