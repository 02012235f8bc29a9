import type { StaleProcessView } from '../../status/index.ts'
import type { PublishProgress, PublishResult } from '../publishing.ts'
import type { CompareRow } from './releases.ts'

/**
 * A folder that this caller was given: chosen in the desktop's own dialog, or below a configured root. A window never names a path. An id is
 * good on the link that it was given on.
 */
export interface FolderRow {
  readonly id: string
  /** For people. */
  readonly name: string
  readonly path: string
}

/** `folder` null lists the roots. */
export interface FoldersRequest {
  readonly folder: string | null
}

export interface Folders {
  /** From a root down to the folder asked for; empty for the roots. */
  readonly above: readonly FolderRow[]
  /** Folders in it, by name; at most `CONTROL_LIMITS.folderRows`. */
  readonly rows: readonly FolderRow[]
  readonly truncated: boolean
}

export interface PreviewRequest {
  /** Id of a FolderRow. */
  readonly folder: string
  readonly channel: string
  /** Globs of paths to be left out, as in shoal.toml. */
  readonly exclude: readonly string[]
}

export type PreviewItem =
  | { readonly kind: 'progress'; readonly files: number; readonly bytes: number; readonly totalFiles: number | null }
  | { readonly kind: 'rows'; readonly rows: readonly PreviewRow[] }
  | { readonly kind: 'warnings'; readonly warnings: readonly PreviewWarning[] }

/** One path that publishing would change. */
export interface PreviewRow extends CompareRow {
  /** The old and the new content are text short enough for `previewText`. */
  readonly text: boolean
}

export interface PreviewWarning {
  readonly what:
    | 'secret'
    | 'case-clash'
    | 'escaping'
    | 'dangling'
    | 'setuid'
    | 'deletes'
    | 'large'
    | 'unreadable'
    | 'release-file'
  /** Byte string; null when it is about the whole. */
  readonly path: string | null
  readonly text: string
}

/** What was previewed, and the ticket that publishes exactly it. */
export interface PreviewResult {
  /** Good until `expiresMs`, on this link; STALE_PREVIEW when the folder or the channel's head has changed since. */
  readonly ticket: string
  readonly expiresMs: number
  readonly channel: string
  /** Head compared with; 0 when the channel has none. */
  readonly against: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly renamed: number
  readonly unchanged: number
  readonly entries: number
  readonly bytes: number
  /** Content that the head does not have, before deltas. */
  readonly newBytes: number
  readonly reach: PreviewReach
}

/** What sending it would mean. */
export interface PreviewReach {
  readonly sites: readonly PreviewSite[]
  /** Longest commit that hosts of the channel needed for as many operations; null when none is known. */
  readonly windowMs: number | null
  /** Processes of this host that would run on what is replaced; null when it has no target of the channel. */
  readonly atRisk: readonly StaleProcessView[] | null
  /** Hosts whose processes have been stale after releases that changed the same paths. */
  readonly staleBefore: number
}

export interface PreviewSite {
  readonly site: string
  readonly hosts: number
  readonly offline: number
  /** Bytes that cross its uplink once, estimated. */
  readonly bytes: number
  /** A budget of one of its hosts that this would exceed, in words; null when none is known. */
  readonly exceeds: string | null
}

export interface PreviewTextRequest {
  readonly ticket: string
  /** Byte string, of a row with `text`. */
  readonly path: string
}

/** Both sides, each at most `CONTROL_LIMITS.previewTextBytes`; null where there is none. */
export interface PreviewText {
  readonly before: string | null
  readonly after: string | null
}

export interface PublishPreviewedRequest {
  readonly ticket: string
  readonly message: string
  /** From now until the head expires, milliseconds. */
  readonly lifetimeMs: number
  /** As of a publish. */
  readonly waves: readonly string[]
}

/** `publishPreviewed` answers as `publish` does. */
export type { PublishProgress, PublishResult }
