import {
  decodeRecord,
  type Digest,
  isShoalError,
  judgeRecord,
  type Member,
  Membership,
  mergeOutcome,
  type MeshId,
  type PeerKey,
  type RecordKind,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  slotOf,
  type TrustView,
  verifySignatures,
} from '../../protocol/index.ts'
import type { Store, StoreChange } from './store.ts'

/** What the book needs to begin with. */
export interface RecordBookInit {
  readonly mesh: MeshId
  readonly rootFingerprint: Digest
  /** This node's own peer id, whose membership `ownProof` proves; undefined before it joined. */
  readonly self: PeerKey | undefined
}

export interface RecordBookDeps {
  readonly store: Store
  readonly clock: { now(): number }
}

export type OfferResult =
  | { readonly outcome: 'new'; readonly record: ShoalRecord }
  | { readonly outcome: 'known'; readonly error?: ShoalError }
  | { readonly outcome: 'unjudged'; readonly error: ShoalError }
  | { readonly outcome: 'rejected'; readonly error: ShoalError }

/** Order in which records can vouch for one another. */
const LOAD_ORDER = [
  'root',
  'grant',
  'binding',
  'head',
  'control',
  'retry',
  'status',
] as const satisfies readonly RecordKind[]

/**
 * The trusted records of one mesh: in memory for reading, in Level for keeping. Offers are judged one after another, so a merge never
 * races. See docs/spec/trust.md.
 */
export class RecordBook {
  readonly #deps: RecordBookDeps
  readonly #init: RecordBookInit
  readonly #kept = new Map<string, ShoalRecord>()
  readonly #membership = new Membership()
  readonly #listeners = new Set<(record: ShoalRecord) => void>()
  #root: RecordOf<'root'> | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(deps: RecordBookDeps, init: RecordBookInit) {
    this.#deps = deps
    this.#init = init
  }

  /** Reads what was kept. Records were verified before they were stored, so only their form is checked. @throws STORE_CORRUPT */
  async load(): Promise<void> {
    const loaded: ShoalRecord[] = []
    for await (const [slot, bytes] of this.#deps.store.records.iterator()) {
      try {
        loaded.push(await decodeRecord(bytes))
      } catch (err) {
        throw new ShoalError('STORE_CORRUPT', `the kept record ${slot} cannot be read; nothing was changed`, {
          cause: err,
        })
      }
    }
    loaded.sort((a, b) => LOAD_ORDER.indexOf(a.kind) - LOAD_ORDER.indexOf(b.kind) || a.version - b.version)
    for (const record of loaded) this.#keep(record)
  }

  get root(): RecordOf<'root'> | undefined {
    return this.#root
  }

  get mesh(): MeshId {
    return this.#init.mesh
  }

  /** Decodes, verifies, merges and stores one record's envelope. Never throws for bad bytes. */
  offer(bytes: Uint8Array, options: { readonly introducing?: boolean } = {}): Promise<OfferResult> {
    const result = this.#queue.then(() => this.#offer(bytes, options.introducing ?? false))
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** What `offer` would answer. Nothing is kept, but evidence of two records of one version, and nobody is told. */
  examine(bytes: Uint8Array): Promise<OfferResult> {
    const result = this.#queue.then(() => this.#judge(bytes, false))
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #offer(bytes: Uint8Array, introducing: boolean): Promise<OfferResult> {
    const judged = await this.#judge(bytes, introducing)
    if (judged.outcome !== 'new') return judged
    await this.#store(judged.record)
    this.#keep(judged.record)
    for (const listener of this.#listeners) listener(judged.record)
    return judged
  }

  async #judge(bytes: Uint8Array, introducing: boolean): Promise<OfferResult> {
    try {
      const record = await decodeRecord(bytes)
      const early = this.#againstKept(record)
      if (early !== undefined && early !== 'equivocation') return early
      const verdict = judgeRecord(record, await verifySignatures(record), this.#view(), {
        nowMs: this.#deps.clock.now(),
        introducing,
      })
      if (verdict.verdict === 'unjudged') return { outcome: 'unjudged', error: verdict.error }
      if (verdict.verdict === 'refused') return { outcome: 'rejected', error: verdict.error }
      if (early === 'equivocation') return await this.#keepEvidence(record)
      return { outcome: 'new', record }
    } catch (err) {
      if (isShoalError(err)) return { outcome: 'rejected', error: err }
      throw err
    }
  }

  /** What the merge rule says before any signature is looked at: known and older records cost nothing more. */
  #againstKept(record: ShoalRecord): OfferResult | 'equivocation' | undefined {
    const outcome = mergeOutcome(record, this.#kept.get(slotOf(record)))
    if (outcome === 'newer') return undefined
    if (outcome === 'equivocation') return 'equivocation'
    if (outcome === 'same' || record.kind !== 'head') return { outcome: 'known' }
    const error = new ShoalError(
      'HEAD_ROLLBACK',
      `sequence ${record.version} of ${record.key} is older than the known ${this.#kept.get(slotOf(record))?.version}; it was not applied`,
    )
    return { outcome: 'known', error }
  }

  /** Two validly signed records of one version: kept as evidence, reported, never applied. */
  async #keepEvidence(record: ShoalRecord): Promise<OfferResult> {
    const { store } = this.#deps
    await store.write([{ in: store.history, key: `equivocation!${slotOf(record)}!${record.id}`, value: record.bytes }])
    const message = `a second, different version ${record.version} of ${slotOf(record)} was signed; the first stays in force`
    return { outcome: 'rejected', error: new ShoalError('RECORD_EQUIVOCATION', message) }
  }

  async #store(record: ShoalRecord): Promise<void> {
    const { store } = this.#deps
    const changes: StoreChange[] = [{ in: store.records, key: slotOf(record), value: record.bytes }]
    if (record.kind === 'head') {
      const key = `head!${record.key}!${String(record.version).padStart(16, '0')}`
      changes.push({ in: store.history, key, value: record.bytes })
    }
    await store.write(changes, { sync: record.kind !== 'status' })
  }

  #keep(record: ShoalRecord): void {
    this.#kept.set(slotOf(record), record)
    if (record.kind === 'root') this.#root = record
    if (record.kind === 'grant') this.#membership.addGrant(record)
    if (record.kind === 'binding') this.#membership.addBinding(record)
  }

  #view(): TrustView {
    return {
      mesh: this.#init.mesh,
      rootFingerprint: this.#init.rootFingerprint,
      root: this.#root,
      grant: (key) => this.#membership.grant(key),
      isHostKey: (key) => this.#membership.isHostKey(key),
      kept: (slot) => this.#kept.get(slot),
    }
  }

  *summaries(): Iterable<{ readonly slot: string; readonly version: number; readonly id: Digest }> {
    for (const [slot, { version, id }] of this.#kept) yield { slot, version, id }
  }

  get(slot: string): ShoalRecord | undefined {
    return this.#kept.get(slot)
  }

  *all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>> {
    for (const record of this.#kept.values()) if (isKind(record, kind)) yield record
  }

  /** The current head of a channel. */
  head(channel: string): RecordOf<'head'> | undefined {
    const record = this.#kept.get(`head/${channel}`)
    return record?.kind === 'head' ? record : undefined
  }

  /** Heads of a channel that this node has seen, oldest first. */
  async heads(channel: string): Promise<RecordOf<'head'>[]> {
    const heads: RecordOf<'head'>[] = []
    for await (const bytes of this.#deps.store.history.values({ gte: `head!${channel}!`, lt: `head!${channel}"` })) {
      const record = await decodeRecord(bytes)
      if (record.kind === 'head') heads.push(record)
    }
    return heads
  }

  member(peer: PeerKey): Member | undefined {
    return this.#membership.member(peer)
  }

  members(): Iterable<Member> {
    return this.#membership.members()
  }

  /** Envelopes that prove this node's own membership: every root, own grant, own binding. Empty before it joined. */
  ownProof(): readonly Uint8Array[] {
    const { self } = this.#init
    const own = self === undefined ? undefined : this.#membership.member(self)
    if (own === undefined) return []
    const binding = [...this.all('binding')].find((b) => b.body.hostKey === own.hostKey)
    const grant = binding === undefined ? undefined : this.#membership.grant(binding.body.grant)
    if (binding === undefined || grant === undefined) return []
    const roots = [...this.all('root')].toSorted((a, b) => a.version - b.version)
    return [...roots, grant, binding].map((record) => record.bytes)
  }

  onNew(listener: (record: ShoalRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

const isKind = <K extends RecordKind>(record: ShoalRecord, kind: K): record is RecordOf<K> => record.kind === kind
