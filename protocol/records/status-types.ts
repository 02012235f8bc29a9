import type { ChannelName, Digest, HostName, SiteName } from '../ids/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { LinkReport } from './link-types.ts'

/** States of a channel on one host, in the words of the command line contract. */
export const HOST_STATES = [
  'idle',
  'held',
  'fetching',
  'staging',
  'committing',
  'settling',
  'settled',
  'rolled-back',
  'failed',
  'drifted',
] as const
export type HostState = (typeof HOST_STATES)[number]

/** Bytes received for a channel's current release on this host. */
export interface ReceivedBytes {
  readonly wireBytes: number
  readonly sameSiteBytes: number
  readonly otherSiteBytes: number
  readonly wastedBytes: number
  readonly reusedBytes: number
}

/** What a link to a peer costs: the LAN, the uplink straight or through a relay, or an uplink that is paid for by volume. */
export const LINK_CLASSES = ['sameSite', 'otherSite', 'relayed', 'metered'] as const
export type LinkClass = (typeof LINK_CLASSES)[number]

/** Who sent content: the member that published the release, wherever it is, or another member of the host's own site, or of another one. */
export const SOURCE_KINDS = ['sameSite', 'otherSites', 'publisher'] as const
export type SourceKind = (typeof SOURCE_KINDS)[number]

/** Why received bytes were of no use: they had come from elsewhere meanwhile, were not what was asked for, or were not wanted any more. */
export const WASTE_KINDS = ['duplicate', 'bad', 'cancelled'] as const
export type WasteKind = (typeof WASTE_KINDS)[number]

/** The wire bytes of `ReceivedBytes`, three times split up. */
export interface ReceivedBy {
  readonly links: Readonly<Record<LinkClass, number>>
  readonly sources: Readonly<Record<SourceKind, number>>
  /** Splits `wastedBytes`. */
  readonly wasted: Readonly<Record<WasteKind, number>>
}

/** A transfer under way. */
export interface TransferReport {
  /** Still to be fetched, before compression on the wire. */
  readonly leftBytes: number
  /** Of such bytes, how many came a second lately; 0 when none did. */
  readonly bytesPerSecond: number
}

/** The last commit of a channel on one host. */
export interface CommitReport {
  readonly strategy: 'in-place' | 'swap' | 'generations'
  readonly operations: number
  /** First to last visible operation, milliseconds. */
  readonly windowMs: number
  readonly atMs: number
  /** Of every consistency group that changed. */
  readonly groups: readonly GroupWindow[]
  /** What the file system or kernel could not guarantee for this commit, in words; empty when everything held. */
  readonly weaker: readonly string[]
}

/** One consistency group of a commit. */
export interface GroupWindow {
  readonly name: string
  readonly operations: number
  /** First to last visible operation of the group, milliseconds. */
  readonly windowMs: number
}

/** Disk use of what commits displaced and nobody may delete yet. */
export interface RetainedReport {
  /** Releases that a rollback finds on this host. */
  readonly releases: number
  readonly bytes: number
  /** Part of `bytes` that running processes still hold open or mapped. */
  readonly heldBytes: number
}

/**
 * Why a process runs on what its paths no longer name. `executable`, `mapped` (a library or a mapped file), `open`, `directory` (its working
 * directory), or `watched`: it started before a commit that changed what the release says is read once.
 */
export const STALE_REASONS = ['executable', 'mapped', 'open', 'directory', 'watched'] as const
export type StaleReason = (typeof STALE_REASONS)[number]

export interface StaleProcess {
  readonly pid: number
  readonly why: StaleReason
  readonly startedAtMs: number
  readonly unit: string
  readonly command: string
  readonly paths: readonly string[]
}

/** One channel in a host's status. */
export interface ChannelStatus {
  readonly channel: ChannelName
  /** Release that the live tree is, or was last, at; 0 when none was ever committed. */
  readonly sequence: number
  readonly manifest: Digest | undefined
  readonly state: HostState
  /** The manifest id was computed again from the observed tree and equals `manifest`. */
  readonly proved: boolean
  readonly provedAtMs: number
  /** Share of the release being worked on, 0 to 1. */
  readonly progress: number
  /** Release being worked on; equals `sequence` when none. */
  readonly targetSequence: number
  readonly received: ReceivedBytes
  /** Absent where nothing was received, and in the words of older agents. */
  readonly receivedBy?: ReceivedBy
  /** Absent unless content is being fetched. */
  readonly transfer?: TransferReport
  readonly commit: CommitReport | undefined
  readonly retained: RetainedReport
  /** Processes that run on an older release. */
  readonly staleProcesses: readonly StaleProcess[]
  /** Processes that will be stale once the release being worked on is committed. */
  readonly atRisk: readonly StaleProcess[]
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined
}

/** Kind `status`, key = peer id, version counts up: what one host says of itself. Signed by the host key. */
export interface StatusBody {
  readonly host: HostName
  readonly site: SiteName
  readonly atMs: number
  readonly agentVersion: string
  readonly addresses: readonly string[]
  readonly channels: readonly ChannelStatus[]
  /** Channels whose newest release was published from there; absent for none. */
  readonly publishes?: readonly ChannelName[]
  /** Absent in the words of older agents. */
  readonly links?: LinkReport
}
