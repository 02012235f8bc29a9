import type { RolloutView, WaveReach } from '../status/index.ts'

/** Words on how the newest release of a channel spreads, signed by this home's publisher key: NOT_A_PUBLISHER without one, NO_SUCH_RELEASE without a head. */
export interface RolloutMethods {
  readonly pause: { readonly req: PauseRequest; readonly res: RolloutChanged }
  /** ROLLOUT_NOT_HELD when nothing is paused. */
  readonly resume: { readonly req: ResumeRequest; readonly res: RolloutChanged }
  /** ROLLOUT_NOT_HELD when no wave waits. */
  readonly promote: { readonly req: PromoteRequest; readonly res: RolloutChanged }
  /** NO_SUCH_HOST when no such host has the channel as a target. */
  readonly retryHost: { readonly req: RetryHostRequest; readonly res: RetriedHost }
  /** NO_SUCH_HOST when none of them has the channel as a target. */
  readonly retryHosts: { readonly req: RetryHostsRequest; readonly res: RetriedHosts }
  readonly previewWaves: { readonly req: PreviewWavesRequest; readonly res: WavesPreview }
}

export const ROLLOUT_METHODS = {
  pause: true,
  resume: true,
  promote: true,
  retryHost: true,
  retryHosts: true,
  previewWaves: true,
} as const satisfies Record<keyof RolloutMethods, true>

/** Nothing of the channel's newest release begins to commit: waves from `fromWave` on, null for all. */
export interface PauseRequest {
  readonly channel: string
  readonly fromWave: number | null
  readonly message: string
}

/** What was paused goes on: waves up to `throughWave`, null for all. */
export interface ResumeRequest {
  readonly channel: string
  readonly throughWave: number | null
  readonly message: string
}

/** Waves up to this one go, whatever their gates say; `next` is the first that is not open. */
export interface PromoteRequest {
  readonly channel: string
  readonly wave: number | 'next' | 'all'
  readonly message: string
}

/** That host tries the channel's newest release again, once. */
export interface RetryHostRequest {
  readonly channel: string
  readonly host: string
}

export interface RetriedHost {
  readonly channel: string
  readonly host: string
  readonly sequence: number
}

/** Those hosts try the channel's newest release again, once each. */
export interface RetryHostsRequest {
  readonly channel: string
  /** Each once, at most `CONTROL_LIMITS.bulkHosts`. */
  readonly hosts: readonly string[]
}

export interface RetriedHosts {
  readonly channel: string
  readonly sequence: number
  /** That were told. */
  readonly hosts: readonly string[]
  /** Names of no host that has reported the channel. */
  readonly missing: readonly string[]
}

/** What one of the above led to, as this node knows it. */
export interface RolloutChanged {
  readonly channel: string
  readonly rollout: RolloutView
}

/** Which hosts a publish with these waves would reach. `waves` as for `shoal publish --wave`; WAVE_INVALID when one is none. */
export interface PreviewWavesRequest {
  readonly channel: string
  readonly waves: readonly string[]
}

export interface WavesPreview {
  readonly channel: string
  /** Hosts that said that they have the channel as a target. */
  readonly hosts: number
  /** In order, with the one of all others last. */
  readonly waves: readonly WaveReach[]
  /** Waves that reach nobody, in words. */
  readonly warnings: readonly string[]
}
