import type { ChunkRef, Digest, Manifest, TreePath } from '../../protocol/index.ts'
import type { MetadataRefusal } from '../fs/types.ts'
import type { Area } from './area.ts'

/** One inode to complete in staging before the commit: an entry of the manifest that a commit plan puts in place from a slot. */
export interface SlotNeed {
  /** Number of the slot; the staged inode stands at `.shoal/staging/<key>/<slot>`. */
  readonly slot: number
  /** Index into manifest.entries. For a directory slot the whole new subtree is staged under it. */
  readonly entry: number
  /** Further entries staged beneath a directory slot, at their path relative to it: indices into manifest.entries, parents first. */
  readonly beneath: readonly number[]
}

/** Where a chunk's bytes already are on this host. Read and verified before use. */
export interface LocalChunks {
  read(digest: Digest): Promise<Uint8Array | undefined>
}

/** Completing new content beside the live tree. One release at a time a target; survives restarts. */
export interface StagingArea {
  /** Distinct chunks (first-use order of the manifest) that staging still lacks after local reuse and after what earlier runs left. */
  missing(): readonly ChunkRef[]
  /** Writes one verified chunk to every staged file that wants it. Throws NO_SPACE, FILE_SYSTEM. */
  write(digest: Digest, bytes: Uint8Array): void
  /** A chunk that is already staged, verified on read; for serving neighbours while the rest is still on its way. */
  read(digest: Digest): Uint8Array | undefined
  /** After `missing()` is empty: sets all metadata, makes everything durable (one syncfs). Returns what could not be set. */
  complete(): Promise<readonly MetadataRefusal[]>
  /** Bytes staged from local content, not fetched. */
  readonly reusedBytes: number
}

export interface StagingRequest {
  readonly manifest: Manifest
  /** Name of the staging folder: the manifest's digest. */
  readonly key: Digest
  readonly slots: readonly SlotNeed[]
  /** Where it is staged; inside the live tree when not given. */
  readonly area?: Area
  /**
   * Entries whose whole inode, content and metadata, stands somewhere beneath the root already: path of the entry → that path. They get a further
   * name instead of a copy.
   */
  readonly whole?: ReadonlyMap<TreePath, TreePath>
}
