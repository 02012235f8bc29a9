import type { HostState, RecordOf } from '../records/index.ts'
import { SILENT_SECONDS, type WaveCounts } from '../status/index.ts'
import { LIMITS } from '../wire/limits.ts'
import type { Selected } from './selector.ts'

/** One host of a channel, as far as its rollout goes. */
export interface RolloutHost extends Selected {
  /** Its own last word on the channel; undefined when it never reported. */
  readonly word: HostWord | undefined
}

/** What a host said last of one channel, by its own clock. */
export interface HostWord {
  readonly atMs: number
  readonly state: HostState
  readonly sequence: number
  readonly targetSequence: number
  /** When its live release was committed; undefined when it does not say. */
  readonly committedAtMs: number | undefined
}

/** The word in a status; undefined when the host does not have the channel as a target. */
export function wordOf({ body }: RecordOf<'status'>, channel: string): HostWord | undefined {
  const own = body.channels.find((row) => row.channel === channel)
  if (own === undefined) return undefined
  const { state, sequence, targetSequence, commit } = own
  return { atMs: body.atMs, state, sequence, targetSequence, committedAtMs: commit?.atMs }
}

/** Bucket of `WaveCounts`. */
export type Standing = keyof WaveCounts

const FAILED: ReadonlySet<HostState> = new Set(['failed', 'rolled-back'])

/**
 * How a host stands to a release (ROLLOUT-4). A word that is older than `SILENT_SECONDS`, or dated further in the future of this node's clock than
 * clocks may differ, tells nothing.
 */
export function standingOf(word: HostWord | undefined, sequence: number, nowMs: number): Standing {
  if (word === undefined || nowMs - word.atMs > 1000 * SILENT_SECONDS || word.atMs - nowMs > LIMITS.clockSkewMs) {
    return 'unknown'
  }
  const { state } = word
  if (word.sequence === sequence && state === 'settled') return 'healthy'
  if (word.sequence === sequence && state === 'drifted') return 'failed'
  if (word.targetSequence === sequence && FAILED.has(state)) return 'failed'
  return word.targetSequence === sequence && state === 'held' ? 'held' : 'working'
}

/**
 * For how long a healthy host has been so, milliseconds: from its commit to its last word, both by its own clock, so that a clock that is wrong all
 * along changes nothing; and by this node's clock no more than that may be wrong. A clock that was set right in between counts from the
 * release's publishing (ROLLOUT-6).
 */
export function healthyForMs(word: HostWord, publishedAtMs: number, nowMs: number): number {
  if (word.committedAtMs === undefined) return 0
  const fromMs = Math.max(word.committedAtMs, publishedAtMs - LIMITS.clockSkewMs)
  return Math.max(0, Math.min(word.atMs - fromMs, nowMs - fromMs + LIMITS.clockSkewMs))
}
