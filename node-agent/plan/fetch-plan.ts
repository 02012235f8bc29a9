import type { PeerKey } from '../../protocol/index.ts'
import type { FetchPlanInit, PlanPeer, Retraction } from './fetch-plan-types.ts'
import { Lacks } from './lacks.ts'
import { RarestFirst } from './rarest-first.ts'
import { takeFirst, takeRarest, type TryTake } from './search.ts'

export type { FetchPlanInit, Retraction } from './fetch-plan-types.ts'

/**
 * Decides which chunk is asked of which peer (PLAN-FETCH). Deterministic: no I/O, no clock; time and chance are passed in.
 *
 * Rarest first, at random among equals; a chunk is asked of one peer at a time; a peer of another site only gets what no working peer of
 * the own site has.
 */
export class FetchPlan {
  readonly #init: FetchPlanInit
  readonly #order: RarestFirst
  readonly #needed: Uint8Array
  /** Working same-site peers that have each chunk. */
  readonly #nearby: Uint16Array
  readonly #peers = new Map<PeerKey, PlanPeer>()
  /** Peers that were asked for a chunk. */
  readonly #holders = new Map<number, PlanPeer[]>()
  readonly #lacks: Lacks
  #left: number
  #doubled = 0
  readonly #doubleLimit: number

  constructor(init: FetchPlanInit) {
    this.#init = init
    this.#lacks = new Lacks(init.lackRetryMs)
    this.#order = new RarestFirst(init.chunks.length, init.rng)
    this.#needed = new Uint8Array(init.chunks.length)
    this.#nearby = new Uint16Array(init.chunks.length)
    let bytes = 0
    for (const chunk of init.missing) {
      this.#needed[chunk] = 1
      this.#order.add(chunk)
      bytes += this.sizeOf(chunk)
    }
    this.#left = this.#order.size
    this.#doubleLimit = bytes * init.endGameShare
  }

  /** Chunks not yet received. */
  get left(): number {
    return this.#left
  }

  /** Chunks not asked of anybody. */
  get unasked(): number {
    return this.#order.size
  }

  sizeOf(chunk: number): number {
    return this.#init.chunks[chunk]?.size ?? 0
  }

  needs(chunk: number): boolean {
    return this.#needed[chunk] === 1
  }

  /** A peer has all chunks, wanted here or not. */
  isWhole(peer: PeerKey): boolean {
    return this.#peers.get(peer)?.count === this.#needed.length
  }

  /** Chunks that a peer was asked for and has not answered. */
  askedOf(peer: PeerKey): readonly number[] {
    return [...(this.#peers.get(peer)?.asked ?? [])]
  }

  addPeer(peer: PeerKey, sameSite: boolean): void {
    if (this.#peers.has(peer)) return
    const bytes = (this.#init.chunks.length + 7) >> 3
    const have = new Uint8Array(bytes)
    this.#peers.set(peer, {
      peer,
      sameSite,
      have,
      asked: new Set(),
      count: 0,
      suspect: false,
      fresh: [],
      searched: false,
      searchedFirst: false,
    })
    if (!this.#init.covered) this.setHave(peer, new Uint8Array(bytes).fill(0xff))
  }

  /** The peer is gone: what it was asked for is free again. */
  removePeer(peer: PeerKey): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    this.setHave(peer, new Uint8Array(known.have.length))
    this.#peers.delete(peer)
    for (const chunk of known.asked) this.#unask(known, chunk)
    this.#lacks.removePeer(peer)
  }

  /** Replaces what a peer has. Bits beyond the chunks are ignored; a short bitmap lacks the rest. */
  setHave(peer: PeerKey, bits: Uint8Array): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    for (let chunk = 0; chunk < this.#needed.length; chunk++) {
      const now = bit(bits, chunk)
      if (now !== bit(known.have, chunk)) this.#setBit(known, chunk, now)
    }
    known.searched = false
    known.searchedFirst = false
    known.fresh = []
  }

  /** Chunks that a peer has now, too. Indices out of range are ignored. */
  addHave(peer: PeerKey, chunks: readonly number[]): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    for (const chunk of chunks) {
      if (chunk >= this.#needed.length || bit(known.have, chunk)) continue
      this.#setBit(known, chunk, true)
      if (this.needs(chunk)) known.fresh.push(chunk)
    }
  }

  /** A peer does not have a chunk that it was asked for. */
  lacked(peer: PeerKey, chunk: number, nowMs: number): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    if (bit(known.have, chunk)) this.#setBit(known, chunk, false)
    known.asked.delete(chunk)
    this.#unask(known, chunk)
    if (!this.#init.covered) this.#lacks.add(peer, chunk, nowMs)
  }

  /** Some chunk is asked of nobody and had by nobody, although peers are there. */
  get hopeless(): boolean {
    return this.#peers.size > 0 && this.#order.size > 0 && this.#order.holders(this.#order.at(0)) === 0
  }

  /** Forgets lacks that are old enough. */
  retry(nowMs: number): void {
    for (const { peer, chunk } of this.#lacks.due(nowMs)) if (this.needs(chunk)) this.addHave(peer, [chunk])
  }

  /**
   * A peer answers nothing (`true`), or answers again. What a suspect was asked for may be taken by others, and it does not keep other sites'
   * peers from chunks it claims to have.
   */
  suspect(peer: PeerKey, suspect: boolean): void {
    const known = this.#peers.get(peer)
    if (known === undefined || known.suspect === suspect) return
    known.suspect = suspect
    if (known.sameSite) {
      for (let chunk = 0; chunk < this.#needed.length; chunk++) {
        if (bit(known.have, chunk)) this.#nearby[chunk] = (this.#nearby[chunk] ?? 0) + (suspect ? -1 : 1)
      }
    }
    for (const chunk of known.asked) {
      if (suspect) this.#release(chunk)
      else this.#order.remove(chunk)
    }
    for (const other of this.#peers.values()) other.searched = false
  }

  /**
   * Chooses what to ask of a peer now and counts it as asked.
   *
   * @param maxBytes room left in the peer's window; at least one chunk is chosen if there is any and `maxBytes` is above 0
   */
  take(peer: PeerKey, maxBytes: number, maxCount: number): number[] {
    const known = this.#peers.get(peer)
    if (known === undefined || known.suspect) return []
    const taken: number[] = []
    let room = maxBytes
    const full = (): boolean => room <= 0 || taken.length >= maxCount
    const tryTake = (chunk: number): boolean => {
      if (!this.#mayAsk(known, chunk)) return false
      this.#ask(known, chunk)
      taken.push(chunk)
      room -= this.sizeOf(chunk)
      return true
    }
    while (!full() && known.fresh.length > 0) tryTake(known.fresh.pop() ?? 0)
    if (known.count === this.#needed.length && !known.sameSite) this.#takeFirst(known, tryTake, full)
    if (full() || known.searched) return taken
    known.searched = takeRarest(this.#order, (chunk) => this.sizeOf(chunk), tryTake, full)
    return taken
  }

  /** Of a far peer that has everything: what nobody has who does not have everything, this host's share of it first. */
  #takeFirst(known: PlanPeer, tryTake: TryTake, full: () => boolean): void {
    const { first } = this.#init
    if (first === undefined || known.searchedFirst) return
    const wholes = [...this.#peers.values()].filter(({ count }) => count === this.#needed.length).length
    known.searchedFirst = takeFirst(this.#order, wholes, (chunk) => first(chunk) && tryTake(chunk), full)
  }

  /**
   * Nothing is left to take: chunks that slow peers still owe, to be asked of this one a second time. Never more than `endGameShare` of all
   * bytes in total (PLAN-FETCH-6).
   *
   * @param worth whether asking again makes sense: the holder will need much longer than this peer
   */
  double(peer: PeerKey, maxBytes: number, worth: (holder: PeerKey, chunk: number) => boolean): number[] {
    const known = this.#peers.get(peer)
    if (known === undefined || known.suspect || this.#order.size > 0) return []
    const taken: number[] = []
    let room = maxBytes
    for (const [chunk, holders] of this.#holders) {
      const [holder] = holders
      const size = this.sizeOf(chunk)
      if (room <= 0 || this.#doubled + size > this.#doubleLimit) break
      if (holder === undefined || holders.length > 1 || holder === known || !bit(known.have, chunk)) continue
      if (!this.#mayReach(known, chunk) || !worth(holder.peer, chunk)) continue
      this.#doubled += size
      room -= size
      known.asked.add(chunk)
      holders.push(known)
      taken.push(chunk)
    }
    return taken
  }

  /** A verified chunk arrived. Returns the other peers that still owe it, to be told to forget it; undefined when it was not needed. */
  received(chunk: number): Retraction[] | undefined {
    if (!this.needs(chunk)) return undefined
    this.#needed[chunk] = 0
    this.#left--
    this.#order.remove(chunk)
    const holders = this.#holders.get(chunk) ?? []
    this.#holders.delete(chunk)
    for (const holder of holders) holder.asked.delete(chunk)
    return holders.map(({ peer }) => ({ peer, chunk }))
  }

  /** `mayCross` answers otherwise now. */
  reconsider(): void {
    for (const known of this.#peers.values()) {
      if (known.sameSite) continue
      known.searched = false
      known.searchedFirst = false
    }
  }

  #mayAsk(known: PlanPeer, chunk: number): boolean {
    if (!this.#order.has(chunk) || known.asked.has(chunk) || !bit(known.have, chunk)) return false
    return this.#mayReach(known, chunk)
  }

  /** Other sites are asked only for what the own one does not have. */
  #mayReach(known: PlanPeer, chunk: number): boolean {
    if (known.sameSite) return true
    return (this.#nearby[chunk] ?? 0) === 0 && (this.#init.mayCross?.(chunk) ?? true)
  }

  #ask(known: PlanPeer, chunk: number): void {
    this.#order.remove(chunk)
    known.asked.add(chunk)
    const holders = this.#holders.get(chunk)
    if (holders === undefined) this.#holders.set(chunk, [known])
    else holders.push(known)
  }

  /** One peer no longer owes a chunk. */
  #unask(known: PlanPeer, chunk: number): void {
    const left = (this.#holders.get(chunk) ?? []).filter((holder) => holder !== known)
    if (left.length > 0) this.#holders.set(chunk, left)
    else this.#holders.delete(chunk)
    this.#release(chunk)
  }

  /** Makes a chunk takeable unless a working peer owes it. */
  #release(chunk: number): void {
    if (!this.needs(chunk) || (this.#holders.get(chunk) ?? []).some((holder) => !holder.suspect)) return
    this.#order.add(chunk)
    this.#offer(chunk)
  }

  #offer(chunk: number): void {
    for (const known of this.#peers.values()) if (known.searched && bit(known.have, chunk)) known.fresh.push(chunk)
  }

  #setBit(known: PlanPeer, chunk: number, on: boolean): void {
    const at = chunk >> 3
    known.have[at] = (known.have[at] ?? 0) ^ (1 << (chunk & 7))
    known.count += on ? 1 : -1
    if (on) this.#order.raise(chunk)
    else this.#order.lower(chunk)
    if (!known.sameSite || known.suspect) return
    this.#nearby[chunk] = (this.#nearby[chunk] ?? 0) + (on ? 1 : -1)
    // The last nearby copy went: peers of other sites may be asked now.
    if (!on && this.#nearby[chunk] === 0) this.#offer(chunk)
  }
}

const bit = (bits: Uint8Array, index: number): boolean => (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
