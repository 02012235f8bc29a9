/** How a channel's release spreads, as one node knows it: part of `shoal status --json`. Times are UTC ISO 8601. */
export interface RolloutView {
  /** The release; that of the channel's head. */
  readonly sequence: number
  /** In order; a release without waves has one, of every host. */
  readonly waves: readonly WaveView[]
  /** Waves 1 to this one may go; what is paused waits all the same. */
  readonly open: number
  readonly paused: PauseView | null
  /** Waves up to `wave` were let go by a person; null when none was. */
  readonly promoted: PromotedView | null
  /** What the first wave that is not open waits for; null when all are. */
  readonly next: NextStepView | null
}

export interface WaveView {
  /** From 1. */
  readonly number: number
  /** Which hosts: `5%`, `label:role=canary`; `all` for those that no other wave selects. */
  readonly select: string
  /** Its hosts fetch nothing before it is open. */
  readonly late: boolean
  readonly open: boolean
  /** Hosts in it that have the channel as a target, or have not said yet whether they have. */
  readonly hosts: number
  /** Of those, by the fresh word of each: all counts together are `hosts`. */
  readonly counts: WaveCounts
  /** What must hold of it before the next wave goes; empty for the last. */
  readonly gates: readonly GateView[]
}

/** Hosts of a wave. Only what was said lately counts: `unknown` is everybody else. */
export interface WaveCounts {
  /** At the release, and settled. */
  readonly healthy: number
  /** Waiting for their wave, a pause, a budget, a lock. */
  readonly held: number
  /** At work on the release, or about to be. */
  readonly working: number
  /** Rolled back, failed, drifted. */
  readonly failed: number
  readonly unknown: number
}

export interface GateView {
  readonly kind: 'healthy' | 'after' | 'approve'
  /** It was seen to hold, or a person let the next wave go. */
  readonly passed: boolean
  /** What it asks for, and how far that is: `95 % healthy: 4 of 5 hosts, 5 needed`. */
  readonly text: string
  /** Hosts that count for it so far, and how many it needs; null for `approve`. */
  readonly have: number | null
  readonly need: number | null
  /** When it may hold at the earliest, by what is known; null when that cannot be told, or it holds. */
  readonly at: string | null
}

export interface PauseView {
  /** Waves from this one on begin no commit. */
  readonly fromWave: number
  /** Public key that signed it, hex. */
  readonly by: string
  readonly at: string
  readonly message: string
}

export interface PromotedView {
  readonly wave: number
  readonly by: string
  readonly at: string
  readonly message: string
}

export interface NextStepView {
  /** The first wave that is not open. */
  readonly wave: number
  /** `wave 2 waits for 95 % of wave 1 healthy: 4 of 5 hosts so far, newest evidence 12s old`. */
  readonly text: string
  /** When it may go by itself at the earliest; null when that cannot be told. */
  readonly at: string | null
  /** Age of the newest word of a host of the wave before; null when none of them ever spoke. */
  readonly evidenceAgeSeconds: number | null
}

/** How many hosts a wave reaches now. */
export interface WaveReach {
  readonly number: number
  readonly select: string
  readonly hosts: number
  /** Names of the first of them, sorted. */
  readonly names: readonly string[]
}
