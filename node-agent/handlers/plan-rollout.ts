import type { ChannelName, Rollout } from '../../protocol/index.ts'
import { planWaves, type WaveSpec } from '../../protocol/rollout/index.ts'
import type { WaveReach } from '../../protocol/status/index.ts'
import type { Core } from '../core.ts'

/** How a release that is about to be published is to spread, over the hosts known here. */
export interface RolloutPlan {
  readonly rollout: Rollout | undefined
  /** null without waves. */
  readonly waves: readonly WaveReach[] | null
  readonly warnings: readonly string[]
}

/** Pure but for the records that are known. */
export function planRollout(
  core: Core,
  channel: ChannelName,
  sequence: number,
  specs: readonly WaveSpec[],
): RolloutPlan {
  if (specs.length === 0) return { rollout: undefined, waves: null, warnings: [] }
  const { rollout, reach, warnings } = planWaves(channel, sequence, specs, core.mesh.rollouts.targets(channel))
  return { rollout, waves: reach, warnings }
}
