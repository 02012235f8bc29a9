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

/**
 * Rows come as soon as a path is seen to differ, before its content was read. What is known better later comes as `updates`: each row of `rows` takes
 * the place of the one of its path, or is new; paths in `gone` are no changes after all. Each kind of warning comes once.
 */
export type PreviewItem =
  | { readonly kind: 'progress'; readonly files: number; readonly bytes: number; readonly totalFiles: number | null }
  | { readonly kind: 'rows'; readonly rows: readonly PreviewRow[] }
  | { readonly kind: 'updates'; readonly changed: readonly PreviewRow[]; readonly gone: readonly string[] }
  | { readonly kind: 'warnings'; readonly warnings: readonly PreviewWarning[] }

/** One path that publishing would change. */
export interface PreviewRow extends CompareRow {
  /** Bytes of its content that the head does not have, before deltas; what two files share counts in both. null until it was read, and where there is no new content. */
  readonly newBytes: number | null
  /** It is a file whose sides are short enough for `previewText`, and nothing yet says that they are no text. */
  readonly text: boolean
}

/**
 * `stops`: it cannot be published as it is; what is named must be left out or mended. `danger`: publishing it may do harm that cannot be taken back.
 * `notice`: probably not meant.
 */
export type PreviewSeverity = 'stops' | 'danger' | 'notice'

export const PREVIEW_WARNINGS = {
  secret: 'danger',
  setuid: 'danger',
  capability: 'danger',
  deletes: 'danger',
  escaping: 'notice',
  dangling: 'notice',
  'case-clash': 'notice',
  /** Names that other systems do not take. */
  name: 'notice',
  large: 'notice',
  /** About shoal.toml. */
  'release-file': 'notice',
  unreadable: 'stops',
  /** Devices, sockets, pipes, mounts, Shoal's own name. */
  unsupported: 'stops',
  /** Changed while it was read. */
  changing: 'stops',
} as const satisfies Record<string, PreviewSeverity>

export type PreviewWarningKind = keyof typeof PREVIEW_WARNINGS

/** What the publisher probably did not mean, or cannot do. */
export interface PreviewWarning {
  readonly what: PreviewWarningKind
  readonly severity: PreviewSeverity
  /** For people, without the paths. */
  readonly text: string
  /** How many paths it is about; 0 when it is about the whole. */
  readonly count: number
  /** The first of them in path order, at most `CONTROL_LIMITS.warningPaths`. `path` is a byte string, `why` is for people. */
  readonly paths: readonly { readonly path: string; readonly why: string }[]
}

/** What was previewed, and the ticket that publishes exactly it. */
export interface PreviewResult {
  /**
   * Good until `expiresMs`, on this link; STALE_PREVIEW when the folder or the channel's head has changed since. null when a warning `stops` it: leave
   * out what it names and ask again.
   */
  readonly ticket: string | null
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

/** What sending it would mean: predictions, each with what it is made of. */
export interface PreviewReach {
  readonly sites: readonly PreviewSite[]
  /** Visible steps of an in-place commit from the head. */
  readonly operations: number
  /** Longest window predicted for any host of the channel; null when no commit of theirs is known. */
  readonly windowMs: number | null
  /** What `windowMs` is made of, in words; null without it. */
  readonly windowBasis: string | null
  /** Processes of this host that would run on what is replaced; null when it has no target of the channel. */
  readonly atRisk: readonly StaleProcessView[] | null
  /** Hosts that report processes on older releases of paths that this one changes again. */
  readonly staleBefore: number
}

export interface PreviewSite {
  readonly site: string
  readonly hosts: number
  readonly offline: number
  /** Bytes that cross its uplink once, estimated. */
  readonly bytes: number
  /**
   * What `bytes` is made of. `deltas`: new chunks of the releases its hosts report, by what deltas of this channel saved before; `chunks`: those chunks,
   * whatever deltas will save; `whole`: all content, since a host has none of it or one that is not known here.
   */
  readonly basis: 'deltas' | 'chunks' | 'whole'
  /** A budget of one of its hosts that this would exceed, in words; null when none is known. */
  readonly exceeds: string | null
}

export interface PreviewTextRequest {
  readonly ticket: string
  /** Byte string, of a row of the preview. */
  readonly path: string
}

/** Both sides of a path; null where there is none. */
export interface PreviewText {
  readonly before: PreviewSide | null
  readonly after: PreviewSide | null
}

export interface PreviewSide {
  /** `long`: more than `CONTROL_LIMITS.previewTextBytes`. `link`: a symlink, `text` is where it leads. `elsewhere`: no chunk of it is in this home. */
  readonly kind: 'text' | 'binary' | 'long' | 'link' | 'elsewhere'
  /** Bytes. */
  readonly size: number
  /** Of `text` and `link`; null of the others. */
  readonly text: string | null
  /** The first bytes as a hexdump, lines of 16; null of `text`, `link` and `elsewhere`. */
  readonly dump: string | null
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
