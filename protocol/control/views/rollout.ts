import type { Why } from '../../status/index.ts'
import type { ConditionCounts, ConvergenceEstimate, Signer } from './common.ts'
import type { HostLine } from './hosts.ts'

/** `release` null means the channel's head. */
export interface RolloutRequest {
  readonly channel: string
  readonly release: number | null
}

/** Where a staged release stands, in a line. */
export interface RolloutSummary {
  /** `running`, or `paused` by a person, `gated` waits for a gate, `done` the last wave is open and it has converged. */
  readonly state: 'running' | 'paused' | 'gated' | 'done'
  /** The newest wave that is open, from 1; 0 before the first. */
  readonly wave: number
  readonly waves: number
}

/** How a release is going, and what is stuck. */
export interface RolloutUpdate {
  readonly nowMs: number
  readonly channel: string
  readonly release: number
  /** A newer release has taken its place. */
  readonly superseded: boolean
  readonly publishedMs: number
  readonly signers: readonly Signer[]
  readonly message: string
  /** An earlier release whose very content it has; null when its content is new. */
  readonly again: number | null
  readonly hosts: number
  readonly converged: number
  readonly counts: ConditionCounts
  readonly summary: RolloutSummary | null
  /** Empty when it goes to everybody at once. */
  readonly waves: readonly WaveView[]
  readonly estimate: ConvergenceEstimate
  /** Oldest first; at most `CONTROL_LIMITS.curvePoints`, kept over restarts. */
  readonly curve: readonly CurvePoint[]
  readonly bytes: BytesBySource
  /** The slowest and the stuck, worst first; at most `CONTROL_LIMITS.stragglers`. */
  readonly stragglers: readonly Straggler[]
  /** Signed pauses, resumes, promotions and approvals of it, newest first. */
  readonly steps: readonly RolloutStep[]
}

export interface WaveView {
  /** From 1. */
  readonly number: number
  readonly name: string
  /** Who is in it, in words: `5 %`, `label role=web`. */
  readonly who: string
  /** Finds its hosts. */
  readonly query: string
  readonly state: 'done' | 'open' | 'next' | 'later' | 'paused'
  readonly hosts: number
  readonly converged: number
  readonly failed: number
  /** Where signed records tell it: the first wave's, and that of the wave that was promoted furthest. null otherwise. */
  readonly openedMs: number | null
  /** What has to be met before the next wave opens. */
  readonly gates: readonly GateView[]
}

export interface GateView {
  readonly kind: 'healthy' | 'time' | 'approval'
  /** In words: `95 % healthy`, `30 min`, `approval by a person`. */
  readonly text: string
  readonly met: boolean
  /** Share 0 to 1 that there is and that is needed (`healthy`), null otherwise. */
  readonly share: number | null
  readonly needed: number | null
  /** When it is met by itself (`time`), null otherwise. */
  readonly metByMs: number | null
}

export interface CurvePoint {
  readonly atMs: number
  readonly hosts: number
  readonly converged: number
  readonly failed: number
  readonly offline: number
}

/** Sums of what hosts report for this release. */
export interface BytesBySource {
  readonly sameSite: number
  readonly otherSites: number
  /** Part of `otherSites` that came from hosts of the publisher's site; null while it cannot be told apart. */
  readonly publisherSite: number | null
  readonly reused: number
  readonly wasted: number
}

export interface Straggler extends HostLine {
  readonly why: Why
}

export interface RolloutStep {
  readonly atMs: number
  readonly what: 'pause' | 'resume' | 'promote' | 'approve' | 'rollback'
  readonly wave: number | null
  readonly by: readonly Signer[]
  readonly text: string
}
