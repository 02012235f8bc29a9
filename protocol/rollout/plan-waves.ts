import type { Rollout } from '../records/index.ts'
import type { WaveReach } from '../status/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { compileRollout, type CompiledRollout, seedOf } from './compile.ts'
import { createSelectorMatcher, type Selected } from './selector.ts'
import type { WaveSpec } from './spec.ts'

/** Salts that are tried, so that shares come out even: fewer for many hosts, where they do so by themselves. */
const SALTS = 256
const HASHES = 200_000

export interface PlannedRollout {
  readonly rollout: Rollout
  readonly reach: readonly WaveReach[]
  /** Waves that reach nobody, in words. */
  readonly warnings: readonly string[]
}

/** Lays the waves of a release that is about to be published over the hosts that its publisher knows. Pure. */
export function planWaves(
  channel: string,
  sequence: number,
  specs: readonly WaveSpec[],
  hosts: readonly Selected[],
): PlannedRollout {
  const head = { key: channel, version: sequence }
  const waves = specs.map(({ selector, gates, late }) => ({ select: selector.text, gates, late, hosts: 0 }))
  const salts = specs.some(({ selector }) => selector.percent !== undefined)
    ? Math.max(1, Math.min(SALTS, Math.floor(HASHES / Math.max(1, hosts.length * specs.length))))
    : 1
  let best: { readonly salt: number; readonly counts: readonly number[]; readonly off: number } | undefined
  for (let salt = 0; salt < salts && best?.off !== 0; salt++) {
    const counts = countWaves(compileRollout(head, { salt, waves }), hosts)
    const off = offBy(specs, counts, hosts, seedOf(channel, sequence, salt))
    if (best === undefined || off < best.off) best = { salt, counts, off }
  }
  const { salt, counts } = best ?? { salt: 0, counts: [] }
  const rollout = { salt, waves: waves.map((wave, i) => ({ ...wave, hosts: counts[i] ?? 0 })) }
  const compiled = compileRollout(head, rollout)
  const reach = reachOf(compiled, hosts)
  const warnings = reach
    .slice(0, -1)
    .flatMap(({ number, select, hosts: reached }) =>
      reached > 0
        ? []
        : [
            `wave ${number} (${select}) reaches no host that is known here: wave ${number + 1} waits until a person promotes it`,
          ],
    )
  return { rollout, reach, warnings }
}

function countWaves(compiled: CompiledRollout, hosts: readonly Selected[]): readonly number[] {
  const counts = compiled.waves.map(() => 0)
  for (const host of hosts) {
    const at = compiled.waveOf(host) - 1
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

/** How far the shares are from what was asked for, in hosts. A share of anybody is of one host at least, and of one that no earlier wave has. */
function offBy(
  specs: readonly WaveSpec[],
  counts: readonly number[],
  hosts: readonly Selected[],
  seed: string,
): number {
  let off = 0
  for (const [i, { selector }] of specs.entries()) {
    const { percent } = selector
    if (percent === undefined) continue
    const whole = createSelectorMatcher({ ...selector, percent: undefined })
    const part = createSelectorMatcher(selector)
    const among = hosts.filter((host) => whole(host, seed))
    const wanted = Math.min(among.length, Math.max(1, Math.round((among.length * percent) / 100)))
    off += Math.abs(among.filter((host) => part(host, seed)).length - wanted)
    if (counts[i] === 0 && among.length > 0) off++
  }
  return off
}

/** How many hosts each wave reaches, and the names of the first. */
export function reachOf(compiled: CompiledRollout, hosts: readonly Selected[]): readonly WaveReach[] {
  const names: string[][] = compiled.waves.map(() => [])
  for (const host of hosts) names[compiled.waveOf(host) - 1]?.push(host.host)
  return compiled.waves.map(({ number, select }, i) => {
    const own = names[i] ?? []
    return { number, select, hosts: own.length, names: own.toSorted().slice(0, LIMITS.hostsNamedPerWave) }
  })
}
