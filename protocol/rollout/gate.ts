import type { CompiledWave } from './compile.ts'
import { healthyForMs, type RolloutHost, type Standing } from './standing.ts'

/** How far the gates of one wave are. */
export interface GateProgress {
  /** Hosts known in the wave, or that the publisher knew in it: the larger. */
  readonly hosts: number
  /** Healthy hosts, and those of them that have been for long enough. */
  readonly healthy: number
  readonly ripe: number
  /** Hosts that must be both; 0 when no gate asks for any. */
  readonly need: number
  /** All gates hold by what is known here; never with `approve`. */
  readonly passed: boolean
  /** When those that are healthy now will have been for long enough; undefined when more must become healthy first, or nothing waits for time. */
  readonly atMs: number | undefined
  /** Age of the newest word of the wave, milliseconds; undefined when nobody ever spoke. */
  readonly evidenceAgeMs: number | undefined
}

export interface GateInput {
  readonly publishedAtMs: number
  readonly nowMs: number
}

/** One host of a wave, judged. */
export interface JudgedHost extends RolloutHost {
  readonly standing: Standing
}

/** Judges what must hold of a wave before the next one goes. Pure. Who is not known to be healthy is not (ROLLOUT-4). */
export function judgeGates(
  wave: CompiledWave,
  hosts: readonly JudgedHost[],
  { publishedAtMs, nowMs }: GateInput,
): GateProgress {
  const { healthyPercent, afterMs = 0, approve } = wave.gates
  // A node that knows fewer hosts than the publisher did must not take them for all there are.
  const count = Math.max(hosts.length, wave.hosts)
  const need =
    healthyPercent === undefined ? (afterMs > 0 ? 1 : 0) : Math.max(1, Math.ceil((count * healthyPercent) / 100 - 1e-9))
  const ages = hosts
    .flatMap(({ standing, word }) =>
      standing === 'healthy' && word !== undefined ? [healthyForMs(word, publishedAtMs, nowMs)] : [],
    )
    .toSorted((a, b) => b - a)
  const ripe = ages.filter((age) => age >= afterMs).length
  const newest = hosts.reduce((ms, { word }) => Math.max(ms, word?.atMs ?? ms), Number.NEGATIVE_INFINITY)
  const last = ages[need - 1]
  return {
    hosts: count,
    healthy: ages.length,
    ripe,
    need,
    passed: ripe >= need && !approve,
    atMs: last === undefined || last >= afterMs || approve ? undefined : nowMs + afterMs - last,
    evidenceAgeMs: Number.isFinite(newest) ? Math.max(0, nowMs - newest) : undefined,
  }
}
