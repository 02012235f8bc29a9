import type { ProposalRow } from '../access.ts'
import type { ChannelChoice, RowWindow, Signer } from './common.ts'

export interface ReleaseListRequest extends ChannelChoice, RowWindow {}

/** Newest first. */
export interface ReleaseListUpdate {
  readonly nowMs: number
  readonly total: number
  readonly first: number
  readonly rows: readonly ReleaseLine[]
}

export interface ReleaseLine {
  readonly channel: string
  readonly release: number
  /** `sha256-…`. */
  readonly manifest: string
  readonly publishedMs: number
  readonly expiresMs: number
  readonly entries: number
  /** Sum of file sizes. */
  readonly bytes: number
  readonly message: string
  readonly signers: readonly Signer[]
  /** It is its channel's head. */
  readonly head: boolean
  /** An earlier release of the channel had the very same content. */
  readonly sameAs: number | null
  /** Hosts that have it live, and those of them that proved it. */
  readonly live: number
  readonly proved: number
  /** Its content is kept in this home: it can be rolled back to, or promoted, without an upload. */
  readonly kept: boolean
}

export interface ReleaseRef {
  readonly channel: string
  readonly release: number
}

export interface CompareRequest {
  readonly from: ReleaseRef
  readonly to: ReleaseRef
}

/** One path that differs. `path` and `from` are byte strings: show them through `displayPath`. */
export interface CompareRow {
  readonly what: 'added' | 'changed' | 'removed' | 'renamed'
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink'
  /** Where it was: of a renamed file only. */
  readonly from: string | null
  /** Of a file before and after; null where there is none. */
  readonly sizeBefore: number | null
  readonly sizeAfter: number | null
  /** What changed, in words: `content`, `mode 0644 → 0755`, `target`. Empty unless `changed`. */
  readonly detail: string
  readonly risk: 'escaping' | 'dangling' | 'setuid' | null
}

export interface CompareResult {
  readonly from: ReleaseRef
  readonly to: ReleaseRef
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  readonly unchanged: number
  /** Bytes of content of `to` that `from` does not have, before deltas. */
  readonly newBytes: number
}

export interface RepublishRequest {
  readonly from: ReleaseRef
  /** Another channel, or the same one with an older release. */
  readonly channel: string
  readonly message: string
  /** From now until the head expires, milliseconds. */
  readonly lifetimeMs: number
}

export interface Republished extends ReleaseRef {
  readonly manifest: string
  readonly from: ReleaseRef
  readonly entries: number
  readonly bytes: number
  /** Where it waits for further signatures; null when it is in force. */
  readonly proposal: ProposalRow | null
}
