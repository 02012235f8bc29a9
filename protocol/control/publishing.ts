import type { StaleProcessView, WaveReach } from '../status/index.ts'
import type { ProposalRow } from './access.ts'

export interface PublishRequest {
  /** Absolute path. */
  readonly dir: string
  readonly channel: string
  readonly message: string
  /** From now until the head expires, milliseconds. */
  readonly lifetimeMs: number
  /** Everything except storing and signing: nothing changes, nothing is announced. */
  readonly dryRun: boolean
  /** Read every file, whatever is known of it from the last time. */
  readonly checksum: boolean
  /** Waves in order, each as `shoal publish --wave` takes it; none: every host at once. */
  readonly waves: readonly string[]
}

/** Work so far. Totals, rate and time left are null while they cannot be told honestly. */
export interface PublishProgress {
  readonly phase: 'scan' | 'store' | 'delta' | 'manifest' | 'sign' | 'seed'
  readonly files: number
  readonly bytes: number
  readonly totalFiles: number | null
  readonly totalBytes: number | null
  readonly bytesPerSecond: number | null
  readonly etaSeconds: number | null
}

/** The document of `shoal publish --json`. */
export interface PublishResult {
  readonly channel: string
  readonly sequence: number
  readonly manifest: string
  readonly entries: number
  readonly bytes: number
  /** Bytes of chunks that the store did not have. */
  readonly newBytes: number
  /** Bytes of the deltas made from earlier releases. */
  readonly deltaBytes: number
  /** What the publisher probably did not mean, in words. */
  readonly warnings: readonly string[]
  /** Only of a dry run. */
  readonly changes: ReleaseChanges | null
  /** The release waits for further publishers' signatures, and no host takes it before; null: it is the head. */
  readonly proposal: ProposalRow | null
  /** How many hosts each wave reaches now; null without waves. */
  readonly waves: readonly WaveReach[] | null
}

/** What a release would change against the channel's head, in paths. */
export interface ReleaseChanges {
  readonly added: number
  readonly changed: number
  readonly removed: number
  /** Consistency groups, and how many paths of the release are in each. */
  readonly groups: readonly { readonly name: string; readonly paths: number }[]
  /** Longest window that the publisher accepts; null when it does not matter. */
  readonly maxWindowMs: number | null
  /** Changed paths that running programs read once. */
  readonly watched: number
  /** Processes of this host that would run on what is replaced; null when it has no target of the channel. */
  readonly atRisk: readonly StaleProcessView[] | null
}

export interface RollbackRequest {
  readonly channel: string
  /** Sequence of the older release. */
  readonly to: number
  readonly message: string
  readonly lifetimeMs: number
  /** As of a publish. */
  readonly waves: readonly string[]
}

export interface RollbackResult {
  readonly channel: string
  /** Sequence of the new head. */
  readonly sequence: number
  readonly manifest: string
  readonly rollbackOf: number
  /** What the publisher probably did not mean, in words. */
  readonly warnings: readonly string[]
  readonly waves: readonly WaveReach[] | null
  readonly entries: number
  readonly bytes: number
  /** As of a publish. */
  readonly proposal: ProposalRow | null
}
