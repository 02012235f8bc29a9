import type { Alert } from './alerts.ts'
import type { ConditionCounts, ConvergenceEstimate, SiteCounts } from './common.ts'
import type { ReleaseLine } from './releases.ts'
import type { RolloutSummary } from './rollout.ts'

/** Is everything where it should be, and if not, when? */
export interface OverviewUpdate {
  readonly nowMs: number
  readonly mesh: {
    readonly id: string
    readonly name: string
    readonly rootVersion: number
    readonly expiresMs: number
  }
  readonly self: SelfConnection
  /** Members, and of them those that have at least one target and run on every channel what it says. */
  readonly hosts: number
  readonly withTargets: number
  readonly current: number
  /** Of every member, at its worst channel. */
  readonly counts: ConditionCounts
  readonly sites: readonly SiteCounts[]
  readonly channels: readonly ChannelCard[]
  /** Open ones, worst first; at most `CONTROL_LIMITS.overviewRows`. */
  readonly alerts: readonly Alert[]
  readonly openAlerts: number
  /** Newest first; at most `CONTROL_LIMITS.overviewRows`. */
  readonly recent: readonly ReleaseLine[]
}

/** How this node stands with the mesh: what it shows is only as fresh as this. */
export interface SelfConnection {
  readonly peerId: string
  readonly host: string | null
  readonly site: string | null
  /** Connected members, and how many of them through a relay. */
  readonly peers: number
  readonly relayedPeers: number
  /** When word of any other member last arrived; null when none has since the agent started. */
  readonly heardMs: number | null
  readonly behindNat: boolean
  readonly addresses: readonly string[]
}

export interface ChannelCard {
  readonly channel: string
  /** Sequence of the head; 0 when no release is known. */
  readonly release: number
  readonly publishedMs: number | null
  readonly expiresMs: number | null
  readonly fresh: boolean
  readonly message: string
  readonly converged: number
  readonly hosts: number
  readonly counts: ConditionCounts
  readonly estimate: ConvergenceEstimate
  /** null when the head's release goes to everybody at once. */
  readonly rollout: RolloutSummary | null
}
