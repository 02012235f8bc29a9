import type { ChunkRef, PeerKey } from '../../protocol/index.ts'

export interface FetchPlanInit {
  /** Distinct chunks; sizes in bytes, upper bounds where a job does not know them. */
  readonly chunks: readonly ChunkRef[]
  /** Indices of the chunks to fetch. */
  readonly missing: readonly number[]
  /** False when no bitmaps exist for these chunks: every peer may have all of them until it says otherwise. */
  readonly covered: boolean
  /** Uniform in [0, 1). */
  readonly rng: () => number
  /** After this a peer that lacked an uncovered chunk may have it. */
  readonly lackRetryMs: number
  /** Share of the missing bytes that the end game may ask for twice. */
  readonly endGameShare: number
  /** Whether a chunk may be asked of another site: the hosts of a site divide chunks among themselves. When its answers change, `reconsider` is called. */
  readonly mayCross?: (chunk: number) => boolean
  /** What is asked first of a far source that has everything: other sites begin with other chunks. When its answers change, `reconsider` is called. */
  readonly first?: (chunk: number) => boolean
}

/** One peer as the plan sees it. */
export interface PlanPeer {
  readonly peer: PeerKey
  readonly sameSite: boolean
  /** Bit i of byte i>>3 is 1 << (i & 7). */
  have: Uint8Array
  /** Number of bits set in `have`. */
  count: number
  /** Asked of it and not yet answered. */
  readonly asked: Set<number>
  /** Answers nothing at the moment: gets nothing new, and others may take over what it was asked for. */
  suspect: boolean
  /** Chunks that may have become takeable since the last whole search. */
  fresh: number[]
  /** The whole order was searched and nothing is left to take but what `fresh` names. */
  searched: boolean
  /** The same of what is asked first. */
  searchedFirst: boolean
}

/** A chunk that a peer must be asked for, or must be told to forget. */
export interface Retraction {
  readonly peer: PeerKey
  readonly chunk: number
}
