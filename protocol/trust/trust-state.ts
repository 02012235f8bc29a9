import type { Digest, MeshId, PeerKey, PublicKey } from '../ids/index.ts'
import { peerKeyOf, RECORD_KINDS, type RecordKind, type RecordOf, type ShoalRecord, slotOf } from '../records/index.ts'
import { judgeRecord, signersOf, type TrustView } from './judge.ts'
import { type Member, Membership } from './membership.ts'
import { type Proposed, proposedSlot } from './proposed.ts'
import { type Enrollers, enrollersOf } from './roles.ts'

/** Order in which records can vouch for one another. */
export const VOUCHING_ORDER: readonly RecordKind[] = RECORD_KINDS

/** What keeping a record does to the others. */
export interface Change {
  /** Records that are not trusted, or not needed, any more. */
  readonly dropped: readonly ShoalRecord[]
  /** Makes it so; nothing is changed before. */
  apply(): void
}

/**
 * What one node trusts: the records that were judged good, and what they prove together. Pure bookkeeping; whoever keeps it on disk writes a
 * change before it is applied (TRUST-14).
 */
export class TrustState implements TrustView {
  readonly mesh: MeshId
  readonly rootFingerprint: Digest
  #kept = new Map<string, ShoalRecord>()
  /** The same by kind: most of them are of hosts, and most questions are not. */
  #kinds = new Map<RecordKind, Map<string, ShoalRecord>>()
  #proposed = new Map<string, Proposed>()
  #membership = new Membership()
  #root: RecordOf<'root'> | undefined
  #enrollers: Enrollers | undefined

  constructor(mesh: MeshId, rootFingerprint: Digest) {
    this.mesh = mesh
    this.rootFingerprint = rootFingerprint
  }

  get root(): RecordOf<'root'> | undefined {
    return this.#root
  }

  get enrollers(): Enrollers | undefined {
    return this.#enrollers
  }

  get membership(): Membership {
    return this.#membership
  }

  grant(key: string): RecordOf<'grant'> | undefined {
    return this.#membership.grant(key)
  }

  isHostKey(key: PublicKey): boolean {
    return this.#membership.isHostKey(key)
  }

  member(peer: PeerKey): Member | undefined {
    return this.#membership.member(peer)
  }

  kept(slot: string): ShoalRecord | undefined {
    return this.#kept.get(slot)
  }

  records(): Iterable<[string, ShoalRecord]> {
    return this.#kept.entries()
  }

  *all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>> {
    for (const record of this.#kinds.get(kind)?.values() ?? []) if (isKind(record, kind)) yield record
  }

  /** Opened proposals, all or those of one record. */
  proposals(id?: Digest): readonly Proposed[] {
    return [...this.#proposed.values()].filter(({ record }) => id === undefined || record.id === id)
  }

  proposers(id: Digest): ReadonlySet<PublicKey> {
    return new Set(this.proposals(id).flatMap(({ record }) => record.signatures.map(({ key }) => key)))
  }

  /** A proposal whose step was taken, or overtaken, says nothing any more. */
  isStale(proposed: Proposed): boolean {
    const { record } = proposed
    const current = record.kind === 'root' ? this.#root : this.#kept.get(proposedSlot(proposed))
    return current !== undefined && record.version <= current.version
  }

  /** What keeping a trusted record changes. `proposed` belongs to a proposal. */
  change(record: ShoalRecord, proposed?: Proposed): Change {
    if (record.kind === 'root' && this.#root !== undefined) return this.#rootChange(record)
    const dropped = this.#dropsOf(record)
    return {
      dropped,
      apply: () => {
        for (const gone of dropped) this.#forget(gone)
        this.#keep(record, proposed)
      },
    }
  }

  /** Takes in a record of a channel's past that is its head again. */
  restore(head: RecordOf<'head'>): void {
    this.#keep(head, undefined)
  }

  /** What would be trusted if these records were, in their order. Nothing is changed here. */
  with(records: readonly ShoalRecord[]): TrustState {
    const next = new TrustState(this.mesh, this.rootFingerprint)
    for (const [slot, record] of this.#kept) next.#keep(record, this.#proposed.get(slot))
    for (const record of records) next.change(record).apply()
    return next
  }

  /** A new root may take trust from anything: all is judged again, in the order in which it vouches. */
  #rootChange(root: RecordOf<'root'>): Change {
    const next = new TrustState(this.mesh, this.rootFingerprint)
    for (const before of this.all('root')) next.#keep(before, undefined)
    next.#keep(root, undefined)
    const dropped: ShoalRecord[] = []
    const rest = [...this.#kept.values()].filter(({ kind }) => kind !== 'root')
    rest.sort((a, b) => VOUCHING_ORDER.indexOf(a.kind) - VOUCHING_ORDER.indexOf(b.kind))
    for (const record of rest) {
      const proposed = this.#proposed.get(slotOf(record))
      if (next.#stillHolds(record, proposed)) next.#keep(record, proposed)
      else dropped.push(record)
    }
    return {
      dropped,
      apply: () => {
        this.#kept = next.#kept
        this.#kinds = next.#kinds
        this.#proposed = next.#proposed
        this.#membership = next.#membership
        this.#root = next.#root
        this.#enrollers = next.#enrollers
      },
    }
  }

  #stillHolds(record: ShoalRecord, proposed: Proposed | undefined): boolean {
    if (proposed !== undefined && this.isStale(proposed)) return false
    // What a quarantine holds back may count again, so a status goes only with its grant.
    if (record.kind === 'status') return this.#hasSeat(record)
    const options = { nowMs: Number.MAX_SAFE_INTEGER, introducing: false, ...(proposed && { proposed }) }
    return judgeRecord(record, signersOf(record), this, options).verdict === 'trusted'
  }

  #hasSeat(status: RecordOf<'status'>): boolean {
    return status.signatures.some(({ key }) => this.#membership.grantsOf(key).length > 0)
  }

  #dropsOf(record: ShoalRecord): readonly ShoalRecord[] {
    if (record.kind === 'head') {
      const stale = [...this.#proposed].filter(
        ([, { record: inner }]) => inner.kind === 'head' && inner.key === record.key,
      )
      return stale.flatMap(([, { proposal, record: inner }]) => (inner.version <= record.version ? [proposal] : []))
    }
    if (record.kind === 'revocation') {
      const keys = [...this.all('binding')]
        .filter(({ body }) => body.grant === record.key)
        .map(({ body }) => body.hostKey)
      return keys.flatMap((key) => {
        const elsewhere = this.#membership.grantsOf(key).some((grant) => grant !== record.key)
        const status = this.#kept.get(`status/${peerKeyOf(key)}`)
        return status === undefined || elsewhere ? [] : [status]
      })
    }
    return []
  }

  #forget(record: ShoalRecord): void {
    this.#kept.delete(slotOf(record))
    this.#kinds.get(record.kind)?.delete(slotOf(record))
    this.#proposed.delete(slotOf(record))
  }

  #keep(record: ShoalRecord, proposed: Proposed | undefined): void {
    const slot = slotOf(record)
    this.#kept.set(slot, record)
    const ofKind = this.#kinds.get(record.kind) ?? new Map<string, ShoalRecord>()
    this.#kinds.set(record.kind, ofKind.set(slot, record))
    if (record.kind === 'root') {
      this.#root = record
      this.#enrollers = enrollersOf([...this.all('root')])
    }
    if (record.kind === 'grant') this.#membership.addGrant(record)
    if (record.kind === 'binding') this.#membership.addBinding(record)
    if (record.kind === 'revocation') this.#membership.addRevocation(record)
    if (proposed !== undefined) this.#proposed.set(slotOf(record), proposed)
  }
}

const isKind = <K extends RecordKind>(record: ShoalRecord, kind: K): record is RecordOf<K> => record.kind === kind
