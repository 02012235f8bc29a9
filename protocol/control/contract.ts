import type { StatusDocument } from '../status/index.ts'
import type { AccessMethods } from './access-methods.ts'
import type { BundleExportRequest, BundleImportRequest, BundleProgress, BundleResult } from './bundling.ts'
import type { DiffEvent, DiffRequest, DiffResult } from './diffing.ts'
import type { PublishProgress, PublishRequest, PublishResult, RollbackRequest, RollbackResult } from './publishing.ts'
import type { RolloutMethods } from './rollouts.ts'
import type { VerifiedTarget, VerifyEvent, VerifyRequest } from './verifying.ts'
import type { ViewMethods, ViewStreams } from './views/contract.ts'

/**
 * The one API of an agent: command line, desktop console and `shoal web` speak nothing else. Absent values are null, never undefined, so
 * that CBOR, structured clones and JSON carry the same shapes. Times in answers are UTC ISO 8601 text; sizes are bytes.
 * Directories on this machine (`dir`, `root`) are absolute paths as text; paths inside a tree are byte strings (TreePath).
 */
export interface ControlMethods extends ViewMethods, AccessMethods, RolloutMethods {
  readonly meshCreate: { readonly req: { readonly name: string }; readonly res: MeshCreated }
  readonly meshInvite: { readonly req: InviteRequest; readonly res: Invitation }
  readonly join: { readonly req: { readonly ticket: string }; readonly res: Joined }
  readonly targetAdd: { readonly req: TargetSettings; readonly res: TargetRow }
  readonly targetList: { readonly req: Record<string, never>; readonly res: readonly TargetRow[] }
  /** A release that this host rolled back is tried again. */
  readonly targetRetry: { readonly req: { readonly channel: string }; readonly res: TargetRow }
  /** The release that a budget holds on this host now is fetched, whatever it costs: its name. */
  readonly targetConsent: {
    readonly req: { readonly channel: string }
    readonly res: { readonly release: string }
  }
  /** Publishes an older release's content as a new head. */
  readonly rollback: { readonly req: RollbackRequest; readonly res: RollbackResult }
  readonly targetRemove: { readonly req: { readonly channel: string }; readonly res: TargetRow }
  readonly releases: { readonly req: { readonly channel: string }; readonly res: readonly ReleaseRow[] }
  readonly hosts: { readonly req: Record<string, never>; readonly res: readonly HostRow[] }
  readonly status: { readonly req: Record<string, never>; readonly res: StatusDocument }
}

/** Calls that answer with many items and then one result. */
export interface ControlStreams extends ViewStreams {
  readonly publish: { readonly req: PublishRequest; readonly item: PublishProgress; readonly res: PublishResult }
  /** Pages of at most `CONTROL_LIMITS.rowsPerPage` rows in manifest order; `sequence` null means the head. */
  readonly show: {
    readonly req: { readonly channel: string; readonly sequence: number | null }
    readonly item: readonly EntryRow[]
    readonly res: ReleaseRow
  }
  /** A document at once, then one after each change, at most a few a second. Ends only when cancelled. */
  readonly watchStatus: { readonly req: Record<string, never>; readonly item: StatusDocument; readonly res: null }
  readonly diff: { readonly req: DiffRequest; readonly item: DiffEvent; readonly res: DiffResult }
  readonly bundleExport: {
    readonly req: BundleExportRequest
    readonly item: BundleProgress
    readonly res: BundleResult
  }
  readonly bundleImport: {
    readonly req: BundleImportRequest
    readonly item: BundleProgress
    readonly res: BundleResult
  }
  readonly verify: { readonly req: VerifyRequest; readonly item: VerifyEvent; readonly res: readonly VerifiedTarget[] }
}

export type MethodName = keyof ControlMethods
export type StreamName = keyof ControlStreams

export interface MeshCreated {
  /** Mesh id, 32 hex digits. */
  readonly mesh: string
  readonly name: string
  /** `sha256-…` of the root record that hosts pin. */
  readonly rootFingerprint: string
  readonly peerId: string
}

export interface InviteRequest {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  /** From now until the ticket can no longer be used, milliseconds. */
  readonly lifetimeMs: number
}

export interface Invitation {
  /** One line, `shoal1…`. A secret until it was used. */
  readonly ticket: string
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly expires: string
}

export interface Joined {
  readonly mesh: string
  readonly name: string
  readonly host: string
  readonly site: string
  readonly peerId: string
}

/** What a host applies where. */
export interface TargetSettings {
  readonly channel: string
  /** Absolute path of the target's root directory. */
  readonly root: string
  readonly strategy: 'in-place' | 'swap' | 'generations'
  /** Replaced files stay linked out of sight for at least this long after the commit. */
  readonly graceMs: number
  /** Older releases kept for rollback. */
  readonly keep: number
}

export interface TargetRow extends TargetSettings {
  /** Where it is set: `config` is HOME/config.toml (edit it there), `command` is `shoal target add`. */
  readonly source: 'config' | 'command'
}

export interface ReleaseRow {
  readonly channel: string
  readonly sequence: number
  /** `sha256-…`. */
  readonly manifest: string
  readonly publishedAt: string
  readonly expires: string
  readonly entries: number
  /** Sum of file sizes. */
  readonly bytes: number
  readonly message: string
  /** Public keys whose signatures on the head verify, hex. */
  readonly signers: readonly string[]
}

/** A member of the mesh that is, or may become, a host of some channel. */
export interface HostRow {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly peerId: string
  /** When it made the newest status that is known here; null when it never reported. */
  readonly reportedAt: string | null
  /** Channels that it reports as targets. */
  readonly channels: readonly string[]
}

/** One entry of a release. `path` and `target` are byte strings: show them through `displayPath`. Null where the kind has no such field. */
export interface EntryRow {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink'
  readonly mode: number | null
  readonly uid: number | null
  readonly gid: number | null
  readonly size: number | null
  readonly mtime: string | null
  readonly target: string | null
}

/** Who calls: one link, or one client in process. Equal only to itself, so that what was given to one is good for no other. */
export interface Caller {
  /** Aborts when it is gone for good. */
  readonly gone: AbortSignal
}

/**
 * What serves the contract. Each function gets a request that was already checked against its schema and a signal that aborts when the
 * caller cancels or goes away; it then rejects with CANCELLED. Expected failures are ShoalErrors; anything else reaches the caller as INTERNAL.
 * A stream is an async generator: it yields items and returns the result. `caller` is there whenever a client calls.
 */
export type ControlHandlers = {
  readonly [K in MethodName]: (
    req: ControlMethods[K]['req'],
    signal: AbortSignal,
    caller?: Caller,
  ) => Promise<ControlMethods[K]['res']>
} & {
  readonly [K in StreamName]: (
    req: ControlStreams[K]['req'],
    signal: AbortSignal,
    caller?: Caller,
  ) => AsyncGenerator<ControlStreams[K]['item'], ControlStreams[K]['res'], undefined>
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

/** The caller's side, the same over every link and in process. Rejects with ShoalErrors only. */
export interface ControlClient {
  call<K extends MethodName>(
    name: K,
    req: ControlMethods[K]['req'],
    options?: CallOptions,
  ): Promise<ControlMethods[K]['res']>
  /** Leaving the loop early (`return()`) cancels the work at the other side. */
  stream<K extends StreamName>(
    name: K,
    req: ControlStreams[K]['req'],
    options?: CallOptions,
  ): AsyncGenerator<ControlStreams[K]['item'], ControlStreams[K]['res'], undefined>
  /** Cancels what still runs and lets go of the link (or of the home that was opened offline). Idempotent. */
  close(): Promise<void>
}
