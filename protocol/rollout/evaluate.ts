import type { Digest } from '../ids/index.ts'
import type { RecordOf } from '../records/index.ts'
import type { WaveCounts } from '../status/index.ts'
import { compileRollout, type CompiledRollout, type CompiledWave } from './compile.ts'
import { type GateProgress, judgeGates, type JudgedHost } from './gate.ts'
import { type Said, takeTogether } from './said.ts'
import type { Selected } from './selector.ts'
import { type RolloutHost, standingOf } from './standing.ts'

export interface RolloutInput {
  readonly head: RecordOf<'head'>
  /** Words of publishers who may speak of the channel; those on other releases are passed over. */
  readonly controls: readonly RecordOf<'control'>[]
  /** Every host that has the channel as a target, and every member that has never reported. */
  readonly hosts: readonly RolloutHost[]
  /** Waves up to this one were seen open before: they stay so (ROLLOUT-7). */
  readonly opened: number
  readonly nowMs: number
  /** The head's waves, when they are at hand: which wave a host is in never changes. */
  readonly compiled?: CompiledRollout
}

/** How a release spreads, by what one node knows. */
export interface RolloutState extends Said {
  readonly channel: string
  readonly sequence: number
  /** Id of the head. */
  readonly head: Digest
  readonly waves: readonly WaveState[]
  /** Waves 1 to this one are open. */
  readonly open: number
  waveOf(host: Selected): number
}

export interface WaveState extends CompiledWave {
  readonly known: number
  readonly counts: WaveCounts
  readonly progress: GateProgress
}

/**
 * Works out which waves of a release are open, from signed words alone: every host does it for itself, and nobody has to be asked. Pure; time in proportion
 * to hosts and waves.
 * @throws WAVE_INVALID when this version cannot read a wave: then nobody may go
 */
export function evaluateRollout(input: RolloutInput): RolloutState {
  const { head, hosts, nowMs } = input
  const { waves, waveOf } = input.compiled ?? compileRollout(head, head.body.rollout)
  const members: JudgedHost[][] = waves.map(() => [])
  for (const host of hosts) {
    members[waveOf(host) - 1]?.push({ ...host, standing: standingOf(host.word, head.version, nowMs) })
  }
  const states = waves.map((wave, i) => {
    const own = members[i] ?? []
    const progress = judgeGates(wave, own, { publishedAtMs: head.body.publishedAtMs, nowMs })
    return { ...wave, known: own.length, counts: countsOf(own), progress }
  })
  const said = takeTogether(input.controls, head.id)
  let open = Math.min(waves.length, Math.max(1, input.opened, said.promoted?.wave ?? 0))
  while (open < waves.length && states[open - 1]?.progress.passed === true) open++
  return { ...said, channel: head.key, sequence: head.version, head: head.id, waves: states, open, waveOf }
}

function countsOf(hosts: readonly JudgedHost[]): WaveCounts {
  const counts = { healthy: 0, held: 0, working: 0, failed: 0, unknown: 0 }
  for (const { standing } of hosts) counts[standing]++
  return counts
}
