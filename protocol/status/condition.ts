import type { HostState } from '../records/index.ts'
import { SILENT_SECONDS } from './why.ts'

/**
 * How a host stands on a channel, in the order of the byte codes of views: 0 is `unknown`.
 *
 * - `unknown` never reported; `offline` not heard of for long (`SILENT_SECONDS`), whatever it said last;
 * - `current` proved the head; `updating` works on it; `catching-up` works on it and missed more than one release;
 * - `waiting` its wave has not come, or it has not learned of the release; `paused` the rollout is paused;
 * - `held` its own budget, quiet hours or lock holds it; `refused` it does not take the release (expired, no space);
 * - `failed`, `drifted`, `rolled-back` as it says itself; `idle` the channel has no release.
 */
export const HOST_CONDITIONS = [
  'unknown',
  'current',
  'updating',
  'catching-up',
  'waiting',
  'paused',
  'held',
  'refused',
  'failed',
  'drifted',
  'rolled-back',
  'offline',
  'idle',
] as const
export type HostCondition = (typeof HOST_CONDITIONS)[number]

/** What a condition is made of. */
export interface ConditionInput {
  /** Sequence of the channel's head; 0 when no release is known. */
  readonly head: number
  /** The head has not expired. */
  readonly fresh: boolean
  /** Release that is live there, and whether it is proved to be exactly that. */
  readonly release: number
  readonly proved: boolean
  readonly said: HostState
  readonly error: string | null
  readonly ageSeconds: number
}

/** Codes with which a host says that it does not take a release, rather than that it could not. */
const REFUSALS = new Set(['HEAD_EXPIRED', 'NO_SPACE', 'WINDOW_EXCEEDED', 'RELEASE_REJECTED', 'KERNEL_UNSUPPORTED'])

/** The first of these rules that holds. Pure (STATUS-5). */
export function conditionOf(input: ConditionInput): HostCondition {
  const { head, release, proved, said, ageSeconds } = input
  if (ageSeconds > SILENT_SECONDS) return 'offline'
  if (said === 'failed') return input.error !== null && REFUSALS.has(input.error) ? 'refused' : 'failed'
  if (said === 'drifted' || said === 'rolled-back') return said
  if (head === 0) return 'idle'
  if (release >= head && proved) return 'current'
  if (said === 'held' && input.error === 'WAVE_NOT_OPEN') return 'waiting'
  if (said === 'held' && input.error === 'ROLLOUT_PAUSED') return 'paused'
  if (said === 'held') return !input.fresh || (input.error !== null && REFUSALS.has(input.error)) ? 'refused' : 'held'
  if (said !== 'idle' && (said !== 'settled' || release >= head)) return release + 1 < head ? 'catching-up' : 'updating'
  return input.fresh ? 'waiting' : 'refused'
}
