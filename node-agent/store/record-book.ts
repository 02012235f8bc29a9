import {
  decodeRecord,
  type Digest,
  isShoalError,
  joinProposals,
  judgeRecord,
  type Member,
  mergeOutcome,
  type MeshId,
  missingSignatures,
  openProposal,
  type PeerKey,
  type Proposed,
  type RecordKind,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  slotOf,
  TrustState,
  verifySignatures,
  VOUCHING_ORDER,
} from '../../protocol/index.ts'
import { fallBack, keepChanges, readHeads } from './head-history.ts'
import type { Store } from './store.ts'

/** What the book needs to begin with. */
export interface RecordBookInit {
  readonly mesh: MeshId
  readonly rootFingerprint: Digest
  /** This node's own peer id, whose membership `ownProof` proves; undefined before it joined. */
  readonly self: PeerKey | undefined
  /** This node lets hosts in itself, so that it is no newcomer even while it is alone. */
  readonly enrols?: boolean
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

/** A record, and what is in it when it is a proposal. */
interface Opened {
  readonly record: ShoalRecord
  readonly proposed: Proposed | undefined
}

type Judged = Exclude<OfferResult, { readonly outcome: 'new' }> | ({ readonly outcome: 'new' } & Opened)

/**
 * The trusted records of one mesh: in memory for reading, in Level for keeping. Offers are judged one after another, so a merge never
 * races. See docs/spec/trust.md.
 */
export class RecordBook {
  readonly #deps: RecordBookDeps
  readonly #init: RecordBookInit
  readonly #state: TrustState
  readonly #listeners = new Set<(record: ShoalRecord) => void>()
  readonly #dropListeners = new Set<(slot: string) => void>()
  #queue: Promise<unknown> = Promise.resolve()

  constructor(deps: RecordBookDeps, init: RecordBookInit) {
    this.#deps = deps
    this.#init = init
    this.#state = new TrustState(init.mesh, init.rootFingerprint)
  }

  /** Reads what was kept. Records were verified before they were stored, so only their form is checked. @throws STORE_CORRUPT */
  async load(): Promise<void> {
    const loaded: Opened[] = []
    for await (const [slot, bytes] of this.#deps.store.records.iterator()) {
      try {
        loaded.push(await openRecord(bytes))
      } catch (err) {
        throw new ShoalError('STORE_CORRUPT', `the kept record ${slot} cannot be read; nothing was changed`, {
          cause: err,
        })
      }
    }
    const rank = ({ record }: Opened): number => VOUCHING_ORDER.indexOf(record.kind)
    loaded.sort((a, b) => rank(a) - rank(b) || a.record.version - b.record.version)
    for (const { record, proposed } of loaded) this.#state.change(record, proposed).apply()
  }

  /** What is trusted, for looking at. */
  get trust(): TrustState {
    return this.#state
  }

  get root(): RecordOf<'root'> | undefined {
    return this.#state.root
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
    await this.#take(judged.record, judged.proposed)
    if (judged.record.kind === 'root' || judged.record.kind === 'proposal') await this.#complete()
    return { outcome: 'new', record: judged.record }
  }

  async #judge(bytes: Uint8Array, introducing: boolean): Promise<Judged> {
    try {
      const record = await decodeRecord(bytes)
      const early = this.#againstKept(record)
      if (early !== undefined && early !== 'equivocation') return early
      const signers = await verifySignatures(record)
      const proposed = record.kind === 'proposal' ? await openProposal(record) : undefined
      if (proposed !== undefined && this.#state.isStale(proposed)) return { outcome: 'known' }
      const options = { nowMs: this.#deps.clock.now(), introducing, ...(proposed && { proposed }) }
      const verdict = judgeRecord(record, signers, this.#state, options)
      if (verdict.verdict === 'unjudged') return { outcome: 'unjudged', error: verdict.error }
      if (verdict.verdict === 'refused') return { outcome: 'rejected', error: verdict.error }
      if (early === 'equivocation') return await this.#keepEvidence(record)
      return { outcome: 'new', record, proposed }
    } catch (err) {
      if (isShoalError(err)) return { outcome: 'rejected', error: err }
      throw err
    }
  }

  /** What the merge rule says before any signature is looked at: known and older records cost nothing more. */
  #againstKept(record: ShoalRecord): Exclude<Judged, { outcome: 'new' }> | 'equivocation' | undefined {
    const kept = this.#state.kept(slotOf(record))
    const outcome = mergeOutcome(record, kept)
    if (outcome === 'newer') return undefined
    if (outcome === 'equivocation') return 'equivocation'
    if (outcome === 'same' || record.kind !== 'head') return { outcome: 'known' }
    const error = new ShoalError(
      'HEAD_ROLLBACK',
      `sequence ${record.version} of ${record.key} is older than the known ${kept?.version}; it was not applied`,
    )
    return { outcome: 'known', error }
  }

  /** Two validly signed records of one version: kept as evidence, reported, never applied. */
  async #keepEvidence(record: ShoalRecord): Promise<Judged> {
    const { store } = this.#deps
    await store.write([{ in: store.history, key: `equivocation!${slotOf(record)}!${record.id}`, value: record.bytes }])
    const message = `a second, different version ${record.version} of ${slotOf(record)} was signed; the first stays in force`
    return { outcome: 'rejected', error: new ShoalError('RECORD_EQUIVOCATION', message) }
  }

  /** Stores a trusted record with all that it changes, then takes it for true and tells. */
  async #take(record: ShoalRecord, proposed: Proposed | undefined): Promise<void> {
    const { store } = this.#deps
    const change = this.#state.change(record, proposed)
    const withdrawn = change.dropped.filter((gone) => gone.kind === 'head')
    const falls = record.kind === 'root' ? await Promise.all(withdrawn.map((h) => fallBack(store, h.key, record))) : []
    const back = falls.flatMap(({ head }) => (head === undefined ? [] : [head]))
    await store.write(
      [
        ...change.dropped.map((gone) => ({ in: store.records, key: slotOf(gone), value: undefined })),
        ...falls.flatMap(({ changes }) => changes),
        ...[...back, record].flatMap((kept) => keepChanges(store, kept)),
      ],
      { sync: record.kind !== 'status' },
    )
    change.apply()
    for (const head of back) this.#state.restore(head)
    for (const gone of change.dropped) for (const listener of this.#dropListeners) listener(slotOf(gone))
    for (const kept of [record, ...back]) for (const listener of this.#listeners) listener(kept)
  }

  /** Proposals that have all their signatures are what they propose (TRUST-16). */
  async #complete(): Promise<void> {
    for (const { record } of this.#state.proposals()) {
      const { root } = this.#state
      const [first, ...more] = this.#state.proposals(record.id)
      if (root === undefined || first === undefined) continue
      if (missingSignatures(record, this.#state.proposers(record.id), root).length > 0) continue
      await this.#offer((await joinProposals([first, ...more])).bytes, false)
    }
  }

  *summaries(): Iterable<{ readonly slot: string; readonly version: number; readonly id: Digest }> {
    for (const [slot, { version, id }] of this.#state.records()) yield { slot, version, id }
  }

  get(slot: string): ShoalRecord | undefined {
    return this.#state.kept(slot)
  }

  all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>> {
    return this.#state.all(kind)
  }

  /** The current head of a channel. */
  head(channel: string): RecordOf<'head'> | undefined {
    const record = this.#state.kept(`head/${channel}`)
    return record?.kind === 'head' ? record : undefined
  }

  /** Heads of a channel that this node has seen, oldest first, without those that were withdrawn. */
  heads(channel: string): Promise<RecordOf<'head'>[]> {
    return readHeads(this.#deps.store, channel)
  }

  member(peer: PeerKey): Member | undefined {
    return this.#state.membership.member(peer)
  }

  members(): Iterable<Member> {
    return this.#state.membership.members()
  }

  /** Envelopes that prove this node's own membership: every root, own grant, own binding. Empty before it joined. */
  ownProof(): readonly Uint8Array[] {
    const { self } = this.#init
    const own = self === undefined ? undefined : this.#state.membership.member(self)
    if (own === undefined) return []
    const binding = [...this.all('binding')].find((b) => b.body.hostKey === own.hostKey)
    const grant = binding === undefined ? undefined : this.#state.membership.grant(binding.body.grant)
    if (binding === undefined || grant === undefined) return []
    const roots = [...this.all('root')].toSorted((a, b) => a.version - b.version)
    return [...roots, grant, binding].map((record) => record.bytes)
  }

  /** This node joined, and has heard of no other member yet (TRUST-6). */
  isNewcomer(): boolean {
    const { self, enrols } = this.#init
    if (self === undefined || enrols === true) return false
    for (const { peer } of this.members()) if (peer !== self) return false
    return true
  }

  onNew(listener: (record: ShoalRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Called with the slot of a record that is kept no more. Returns the unsubscribe function. */
  onDropped(listener: (slot: string) => void): () => void {
    this.#dropListeners.add(listener)
    return () => void this.#dropListeners.delete(listener)
  }
}

async function openRecord(bytes: Uint8Array): Promise<Opened> {
  const record = await decodeRecord(bytes)
  return { record, proposed: record.kind === 'proposal' ? await openProposal(record) : undefined }
}
