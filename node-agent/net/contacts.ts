import type { PeerInfo } from '@libp2p/interface'
import { parsePeerKey, type PeerKey, type ShoalRecord, toWire } from '../../protocol/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import { usableAddresses } from './addresses.ts'
import type { PeerTable } from './peer-table.ts'
import type { AddressBook, MembershipBook } from './types.ts'

export interface ContactsDeps {
  readonly table: PeerTable
  readonly book: Pick<MembershipBook, 'all' | 'member'>
  readonly addressBook: AddressBook
  readonly log: Logger
  readonly self: PeerKey
  /** There is somebody new to dial. */
  learned(): void
}

/** Gathers where members can be found: what was kept, what they say in hellos and statuses, what the LAN says. */
export class Contacts {
  readonly #deps: ContactsDeps
  /** Peers whose present addresses are in the address book. */
  readonly #kept = new Set<PeerKey>()

  constructor(deps: ContactsDeps) {
    this.#deps = deps
  }

  async load(): Promise<void> {
    const { addressBook, book, table, self } = this.#deps
    for (const { peer, addresses } of await addressBook.load()) {
      if (peer !== self && table.learn(peer, usableAddresses(peer, addresses))) this.#kept.add(peer)
    }
    for (const record of book.all('status')) this.#readStatus(record, (peer, usable) => table.learn(peer, usable))
  }

  learn(peer: PeerKey, addresses: readonly string[]): void {
    const { table, book, addressBook, log, self, learned } = this.#deps
    const usable = usableAddresses(peer, addresses)
    if (peer === self || usable.length === 0) return
    const changed = table.learn(peer, usable)
    if (changed) this.#kept.delete(peer)
    // A peer found on the LAN proves its membership only after its addresses are known.
    if (!this.#kept.has(peer) && book.member(peer) !== undefined) {
      this.#kept.add(peer)
      addressBook.save(peer, usable).catch((err: unknown) => {
        log.warn('address-not-kept', { peer, reason: toWire(err).message })
      })
    }
    if (changed) learned()
  }

  /** A status says where its host listens now. */
  statusKept(record: ShoalRecord): void {
    this.#readStatus(record, (peer, addresses) => this.learn(peer, addresses))
  }

  /** A libp2p peer answered on the LAN; it may be no member, or no host at all. */
  discovered({ id, multiaddrs }: Pick<PeerInfo, 'id' | 'multiaddrs'>): void {
    try {
      this.learn(parsePeerKey(id.toString()), multiaddrs.map(String))
    } catch {
      // Some other kind of libp2p peer.
    }
  }

  #readStatus(record: ShoalRecord, use: (peer: PeerKey, addresses: readonly string[]) => void): void {
    if (record.kind !== 'status' || record.key === this.#deps.self) return
    const peer = parsePeerKey(record.key)
    use(peer, usableAddresses(peer, record.body.addresses))
  }
}
