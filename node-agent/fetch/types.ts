import type { ChannelName, ChunkRef, Digest, PeerKey, ReceivedBy, ShoalError } from '../../protocol/index.ts'

/** What this node can serve to others. */
export interface ChunkSource {
  /** The verified plain bytes of a chunk, or undefined when it is not here (any more). */
  read(digest: Digest): Promise<Uint8Array | undefined>
  /**
   * Which of a manifest's distinct chunks (first-use order) are here: bit i of byte i>>3 is 1 << (i & 7). undefined when the manifest is
   * not known here. A node that holds all of it answers a full bitmap.
   */
  have(manifest: Digest): Promise<Uint8Array | undefined>
  /** Tells when chunks of a manifest became available here while it is being fetched: indices into the same distinct list. */
  onHave(listener: (manifest: Digest, indices: readonly number[]) => void): () => void
}

/** What the bytes of a fetch are spent on, and who is told when the host's limits stop it. */
export interface Spending {
  /** A release's name, `web@2`: what it costs in all its fetches counts together. */
  readonly release: string
  /** Why only members of the own site may be asked; undefined when all may. */
  readonly nearOnly?: ShoalError
  /** The host's limits leave nobody to ask, and why; undefined when they do again. */
  onHeld(why: ShoalError | undefined): void
}

/** One thing to fetch: some of a manifest's distinct chunks. */
export interface FetchJob {
  /** Names in have-announcements what the chunks are of: a manifest, or the list of its own chunks or of a delta's pieces. undefined where no bitmap covers them: peers are just asked. */
  readonly manifest: Digest | undefined
  /** All distinct chunks of the manifest in first-use order, so that bitmaps can be read; with `manifest` undefined, just what is wanted. */
  readonly chunks: readonly ChunkRef[]
  /** Indices into `chunks` that are missing here. */
  readonly missing: readonly number[]
  /** Connected members of this host's site that miss the same chunks of it now: they share them out. With `manifest` undefined, nothing is shared. */
  readonly partners?: () => ReadonlySet<PeerKey>
  /** There is another way: reject with NO_SOURCE when, for LIMITS.optionalPatienceMs, every connected peer lacks something of it. */
  readonly optional?: boolean
  readonly spending?: Spending
  /** For which it is fetched: the counts are by channel. */
  readonly channel?: ChannelName
  /** Called once a chunk, already verified against its digest. Must keep it (write it to staging) before it resolves. */
  onChunk(digest: Digest, bytes: Uint8Array, from: ChunkOrigin): Promise<void>
}

export interface ChunkOrigin {
  readonly peer: PeerKey
  readonly sameSite: boolean
  /** Bytes that crossed the wire for this chunk, frame included. */
  readonly wireBytes: number
}

/** Counts of one job; `wastedBytes` were received and of no use (FETCH-7). */
export interface FetchCounts {
  readonly wireBytes: number
  readonly sameSiteBytes: number
  readonly otherSiteBytes: number
  readonly wastedBytes: number
  /** All of them again, by class of link, by source, and by why they were wasted. */
  readonly by: ReceivedBy
  /** Bytes of the chunks that came, before compression on the wire. */
  readonly plainBytes: number
}

export interface Fetcher {
  /**
   * Fetches until every missing chunk was handed to `onChunk`. Waits for ever (peers come and go) until `signal` aborts (CANCELLED);
   * rejects with the error of `onChunk` if that fails (NO_SPACE).
   */
  fetch(
    job: FetchJob,
    options: { readonly signal: AbortSignal; readonly onCounts?: (counts: FetchCounts) => void },
  ): Promise<FetchCounts>
}
