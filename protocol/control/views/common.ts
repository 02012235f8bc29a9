import type { HostCondition } from '../../status/index.ts'

/**
 * Views are what a window shows of the mesh: built by the agent, sent as streams of whole pictures, newest last. A picture comes at once, then
 * after changes, at most four a second, and otherwise every `CONTROL_LIMITS.viewIdleMs`, so that a feed that has stopped is noticed. To look at
 * something else (another query, other rows) a window cancels and asks again: what the agent keeps for views is shared, so that this is cheap.
 *
 * In views times are milliseconds since the epoch (`…Ms`), so that ages count on in the window without news; every picture has `nowMs`, the
 * agent's clock. Sizes are bytes. What is not known is null.
 */

/** What a window may ask about: one channel, or all of them (null). */
export interface ChannelChoice {
  readonly channel: string | null
}

/** Part of a long list: `count` rows from `first`, 0 being the first row. */
export interface RowWindow {
  readonly first: number
  /** 0 to `CONTROL_LIMITS.viewRows`. */
  readonly count: number
}

/** Hosts by state; every state is there, with 0 where there are none. */
export type ConditionCounts = Readonly<Record<HostCondition, number>>

export interface SiteCounts {
  readonly site: string
  readonly hosts: number
  readonly counts: ConditionCounts
}

/**
 * When a release will have arrived. Made from real progress only: null while that is too little (the first five seconds, nobody moving lately).
 * Hosts that are offline are never part of it.
 */
export interface ConvergenceEstimate {
  /** Half of the reachable hosts have proved it: a time to come, or the time when it was so. */
  readonly halfByMs: number | null
  /** 95 of 100 of them. */
  readonly almostAllByMs: number | null
  /**
   * Why there is none; null when there is one, or when it is all done. `gated`: hosts of waves that are not open are needed for it; `stuck`: hosts
   * that do not go on by themselves are.
   */
  readonly without: 'too-early' | 'no-progress' | 'paused' | 'gated' | 'stuck' | null
  /** Reachable hosts of the channel, and those that will catch up when they return. */
  readonly reachable: number
  readonly offline: number
}

/** Who made a record: a key, and whom it belongs to as far as this node knows. */
export interface Signer {
  /** Public key, hex. */
  readonly key: string
  /** `publisher of web`, `enroller`, `root`, or a host's name; null when the key has no role any more. */
  readonly role: string | null
}
