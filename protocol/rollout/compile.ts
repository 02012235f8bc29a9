import type { Gates, RecordOf, Rollout, Wave } from '../records/index.ts'
import { NO_GATES } from './spec.ts'
import { createSelectorMatcher, parseSelector, selectsAll, type Selected } from './selector.ts'

/** One wave of a release, the one of all others included. */
export interface CompiledWave {
  /** From 1. */
  readonly number: number
  readonly select: string
  readonly gates: Gates
  readonly hosts: number
  readonly late: boolean
}

/** The waves of a release. */
export interface CompiledRollout {
  /** At least one; the last is of every host that no other selects. */
  readonly waves: readonly CompiledWave[]
  /** Number of a host's wave: the first that selects it. */
  waveOf(host: Selected): number
}

/** Names a release and its salt for the stable hash of a share. */
export const seedOf = (channel: string, sequence: number, salt: number): string => `${channel}@${sequence}#${salt}`

/**
 * The waves of a head.
 * @throws WAVE_INVALID when one of them is in words that this version does not know
 */
export function compileRollout(
  head: Pick<RecordOf<'head'>, 'key' | 'version'>,
  rollout: Rollout | undefined,
): CompiledRollout {
  const given: readonly Wave[] = rollout?.waves ?? []
  const selectors = given.map(({ select }) => parseSelector(select))
  const seed = seedOf(head.key, head.version, rollout?.salt ?? 0)
  const last = selectors.at(-1)
  const rest = last !== undefined && selectsAll(last) ? [] : [{ select: 'all', gates: NO_GATES, hosts: 0, late: false }]
  const matchers = selectors.map(createSelectorMatcher)
  const waves = [...given, ...rest].map((wave, i) => ({ ...wave, number: i + 1 }))
  return {
    waves,
    waveOf: (host) => {
      const found = matchers.findIndex((matches) => matches(host, seed))
      return found < 0 ? waves.length : found + 1
    },
  }
}
