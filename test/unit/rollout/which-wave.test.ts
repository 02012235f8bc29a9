import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRollout, parseWaves, planWaves } from '../../../protocol/rollout/index.ts'
import { fleet } from '../../support/rollouts.ts'

describe('which wave a host is in', () => {
  const spec = fc.constantFrom('5%', '50%', 'site:oslo', 'label:role=canary', '20% site:bergen', '-site:oslo')
  const host = fc.record({
    host: fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
    site: fc.constantFrom('oslo', 'bergen'),
    labels: fc.constantFrom({}, { role: 'canary' }, { role: 'web' }),
  })

  test('ROLLOUT-1 every host is in exactly one wave, the first that selects it, else the last', () => {
    fc.assert(
      fc.property(fc.uniqueArray(spec, { minLength: 1 }), fc.array(host), (specs, hosts) => {
        let waves
        try {
          waves = parseWaves(specs)
        } catch {
          return
        }
        const { rollout, reach } = planWaves('web', 2, waves, hosts)
        const compiled = compileRollout({ key: 'web', version: 2 }, rollout)
        expect(reach.reduce((sum, { hosts: reached }) => sum + reached, 0)).toBe(hosts.length)
        for (const one of hosts) {
          const number = compiled.waveOf(one)
          expect(number).toBeGreaterThanOrEqual(1)
          expect(number).toBeLessThanOrEqual(waves.length + 1)
          if (one.site === 'oslo' && specs[0] === 'site:oslo') expect(number).toBe(1)
        }
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  test('ROLLOUT-2 shares are stable, whoever else is known, and differ from release to release', () => {
    const hosts = fleet(400)
    const specs = parseWaves(['10%', '50%'])
    const { rollout } = planWaves('web', 2, specs, hosts)
    const waveOf = (sequence: number) => {
      const compiled = compileRollout({ key: 'web', version: sequence }, rollout)
      return hosts.map((one) => compiled.waveOf(one))
    }
    expect(waveOf(2)).toEqual(waveOf(2))
    const first = waveOf(2).flatMap((wave, i) => (wave === 1 ? [i] : []))
    expect(first).not.toEqual(waveOf(3).flatMap((wave, i) => (wave === 1 ? [i] : [])))
    // Frozen: every version of the program must agree with every other.
    const frozen = compileRollout({ key: 'web', version: 2 }, { salt: 0, waves: rollout.waves })
    expect(
      hosts
        .slice(0, 30)
        .map((one) => frozen.waveOf(one))
        .join(''),
    ).toBe('232122321333113322322332123332')
  })

  test('ROLLOUT-3 a share is as large as it says: exactly in a small fleet, within a fiftieth in a large one', () => {
    for (const [count, percent, wanted] of [
      [5, 20, 1],
      [5, 5, 1],
      [10, 30, 3],
      [40, 25, 10],
      [100, 5, 5],
    ] as const) {
      const { reach } = planWaves('web', 2, parseWaves([`${percent}%`]), fleet(count))
      expect([count, percent, reach[0]?.hosts]).toEqual([count, percent, wanted])
    }
    const { reach, rollout } = planWaves('web', 2, parseWaves(['5%', '50%']), fleet(10_000))
    expect(Math.abs((reach[0]?.hosts ?? 0) - 500)).toBeLessThan(200)
    expect(Math.abs((reach[1]?.hosts ?? 0) - 4500)).toBeLessThan(200)
    expect(rollout.waves.map(({ hosts }) => hosts)).toEqual(reach.slice(0, -1).map(({ hosts }) => hosts))
  })

  test('ROLLOUT-3 a wave that reaches nobody is a warning', () => {
    const { warnings, reach } = planWaves('web', 2, parseWaves(['label:role=canray', '50%']), fleet(4, 2))
    expect(reach.map(({ hosts }) => hosts)).toEqual([0, 2, 2])
    expect(warnings).toEqual([expect.stringContaining('wave 1 (label:role=canray) reaches no host')])
  })
})
