import type { Gates, HostState, Rollout } from '../../protocol/index.ts'
import { type HostWord, parseWaves, planWaves, type RolloutHost } from '../../protocol/rollout/index.ts'
import { signHead, NOW_MS } from './mesh-fixture.ts'
import { seeded } from './mesh-fixture.ts'

export const NO_GATES: Gates = { healthyPercent: undefined, afterMs: undefined, approve: false }

/** A host's last word, settled at release 2 a minute ago unless told. */
export const word = (over: Partial<HostWord> = {}): HostWord => ({
  atMs: NOW_MS + 60_000,
  state: 'settled',
  sequence: 2,
  targetSequence: 2,
  committedAtMs: NOW_MS + 30_000,
  ...over,
})

/** At the release before, not yet begun. */
export const behind = (state: HostState = 'settled'): HostWord =>
  word({ state, sequence: 1, targetSequence: state === 'settled' ? 1 : 2 })

export const aRolloutHost = (host: string, over: Partial<RolloutHost> = {}): RolloutHost => ({
  host,
  site: 'oslo',
  labels: {},
  word: behind(),
  ...over,
})

/** Hosts `h0`, `h1`, …; the first `canaries` of them labelled. */
export const fleet = (count: number, canaries = 0): readonly RolloutHost[] =>
  Array.from({ length: count }, (_, i) => aRolloutHost(`h${i}`, { labels: i < canaries ? { role: 'canary' } : {} }))

/** Release 2 of `web` with these waves over these hosts. */
export async function headWith(specs: readonly string[], hosts: readonly RolloutHost[]) {
  const planned = specs.length === 0 ? undefined : planWaves('web', 2, parseWaves(specs), hosts)
  const rollout: Rollout | undefined = planned?.rollout
  return signHead(2, await seeded(2), { rollout })
}
