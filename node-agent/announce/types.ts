import type { Digest, Member, PeerKey, RecordKind, ShoalError, ShoalRecord } from '../../protocol/index.ts'

/** What became of one record that was offered to the book. */
export type OfferResult =
  /** Verified, newer than what was known, kept: pass it on. */
  | { readonly outcome: 'new'; readonly record: ShoalRecord }
  /** Already known, or an older version than the one kept (`error` says so of a head: HEAD_ROLLBACK). */
  | { readonly outcome: 'known'; readonly error?: ShoalError }
  /** Cannot be judged yet: what would vouch for it (a root, a grant) has not arrived. Not kept; offered again later. */
  | { readonly outcome: 'unjudged'; readonly error: ShoalError }
  /** Does not verify, and never will: blame the peer. */
  | { readonly outcome: 'rejected'; readonly error: ShoalError }

export interface OfferOptions {
  /** The bytes came in a hello from the very host they speak of, so its grant must still be open (TRUST-6). */
  readonly introducing?: boolean
}

/** Names one kept record. `slot` is `kind/key`; two nodes agree on a slot when version and id agree. */
export interface RecordSummary {
  readonly slot: string
  readonly version: number
  readonly id: Digest
}

/** The records this node trusts; what announce/ and net/ need of it. */
export interface RecordBook {
  /** Decodes, verifies, merges and stores (durably, before it resolves) one record's envelope bytes. Never throws for bad bytes. */
  offer(bytes: Uint8Array, options?: OfferOptions): Promise<OfferResult>
  summaries(): Iterable<RecordSummary>
  get(slot: string): ShoalRecord | undefined
  all(kind: RecordKind): Iterable<ShoalRecord>
  /** The member that a peer id is bound to, undefined when it is none, or is quarantined. */
  member(peer: PeerKey): Member | undefined
  /** Envelopes that prove this node's own membership to a stranger: every root version, own grant, own binding. Empty before join. */
  ownProof(): readonly Uint8Array[]
  /** Called after a record was kept as new, from whatever source. Returns the unsubscribe function. */
  onNew(listener: (record: ShoalRecord) => void): () => void
  /** Called with the slot of a record that is trusted, or needed, no more. Returns the unsubscribe function. */
  onDropped(listener: (slot: string) => void): () => void
}
