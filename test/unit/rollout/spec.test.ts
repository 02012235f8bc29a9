import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseWaves } from '../../../protocol/rollout/index.ts'

const gates = { healthyPercent: undefined, afterMs: undefined, approve: false }
const one = (spec: string) => {
  const [wave] = parseWaves([spec])
  return { select: wave?.selector.text, gates: wave?.gates, late: wave?.late }
}
const refusal = (...specs: string[]): string => {
  try {
    parseWaves(specs)
    return ''
  } catch (err) {
    expect(err).toMatchObject({ code: 'WAVE_INVALID' })
    return err instanceof Error ? err.message : ''
  }
}

describe('waves as text', () => {
  test('WAVE-1 a wave is a selector and its gates', () => {
    expect(one('5%:healthy=95%:after=30m:approve:late')).toEqual({
      select: '5%',
      gates: { healthyPercent: 95, afterMs: 1_800_000, approve: true },
      late: true,
    })
    expect(one('site:oslo:approve')).toEqual({ select: 'site:oslo', gates: { ...gates, approve: true }, late: false })
    expect(one('label:role=canary:after=1h30m').gates).toEqual({ ...gates, afterMs: 5_400_000 })
    expect(one('0.5%  -site:oslo,bergen label:role:healthy=99.5%')).toMatchObject({
      select: '0.5% -site:oslo,bergen label:role',
      gates: { ...gates, healthyPercent: 99.5 },
    })
  })

  test('WAVE-2 without a gate all of its hosts must be healthy; the wave of all hosts has none', () => {
    expect(one('10%').gates).toEqual({ ...gates, healthyPercent: 100 })
    expect(one('all')).toEqual({ select: 'all', gates, late: false })
    expect(one('100%').select).toBe('all')
    expect(parseWaves([])).toEqual([])
  })

  test('WAVE-3 a value that looks like a gate stays a value', () => {
    expect(one('site:approve:approve')).toMatchObject({ select: 'site:approve', gates: { approve: true } })
    expect(one('label:late')).toMatchObject({ select: 'label:late', late: false })
    expect(one('label:after=30m')).toMatchObject({ select: 'label:after=30m', gates: { healthyPercent: 100 } })
    expect(one('label:note="a :approve"')).toMatchObject({ gates: { approve: false } })
  })

  test.each([
    [['5%:healthy'], ':healthy needs a share'],
    [['5%:healthy=0%'], '"0%" is no share'],
    [['5%:healthy=95'], '"95" is no share'],
    [['5%:after=30'], ':after needs a time'],
    [['5%:after=900d'], ':after needs a time of up to 90d'],
    [['5%:approve=yes'], ':approve takes no value'],
    [['5%:late:late'], ':late is given twice'],
    [['101%'], '"101%" is no share'],
    [[''], 'it selects nothing'],
    [[':approve'], 'it selects nothing'],
    [['5%:aprove'], '":aprove" is none of its gates'],
    [['label:role=canary:helthy=95%'], '":helthy=95%" is none of its gates'],
    [['site:oslo:approve:now'], '":approve:now" is none of its gates'],
    [['colour:red'], 'there is no "colour:"'],
    [['is:failed'], 'is:failed changes by itself'],
    [['release:<3'], 'changes by itself'],
    [['all', '5%'], 'nothing is left for wave 2'],
    [['all:healthy=95%'], 'no wave follows'],
    [['5%', '5%:approve'], 'an earlier wave selects the same hosts'],
    [['20%', '5%'], 'rise from wave to wave: 20% are in an earlier one'],
    [['site:oslo', '5% site:oslo'], 'rise from wave to wave: 100% are in an earlier one'],
    [Array.from({ length: 17 }, (_, i) => `${i + 1}%`), 'at most 16 waves'],
  ])('WAVE-4 %j is refused with what is wrong', (specs, why) => {
    expect(refusal(...specs)).toContain(why)
  })

  test('WAVE-4 no text makes it fail in another way', () => {
    const piece = fc.constantFrom(
      '5%',
      ':',
      'healthy=',
      '95%',
      ' ',
      'label',
      'site',
      'oslo',
      '"',
      '-',
      ',',
      'all',
      'after=1h',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), (specs) => void refusal(...specs)),
      { seed: 7, numRuns: 2000 },
    )
  })

  test('WAVE-5 the text of a selector is read as the same selector', () => {
    for (const spec of ['all', '5%', 'site:oslo', '2.5% -label:role=db host:a*', 'label:note="a b"', 'oslo']) {
      const text = one(spec).select ?? ''
      expect(one(text).select).toBe(text)
    }
  })
})
