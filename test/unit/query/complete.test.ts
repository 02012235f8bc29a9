import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { completeQuery, type CompletionWords, parseQuery } from '../../../protocol/query/index.ts'

const WORDS: CompletionWords = {
  sites: ['oslo', 'new york', 'lima'],
  channels: ['web'],
  releases: [12, 11],
  labels: [{ key: 'role', values: ['web', 'front desk'] }],
  errors: ['NO_SPACE'],
}

const offered = (text: string, cursor = text.length): readonly string[] =>
  completeQuery(text, cursor, WORDS).candidates.map((one) => one.text)

/** The text after the first candidate was taken. */
const taken = (text: string): string => {
  const { from, to, candidates } = completeQuery(text, text.length, WORDS)
  return text.slice(0, from) + (candidates[0]?.text ?? '') + text.slice(to)
}

describe('completion of queries', () => {
  test('QUERY-4 keys are offered for a word, values for a key', () => {
    expect(offered('')).toContain('is:')
    expect(offered('si')).toEqual(['site:'])
    expect(offered('is:failed -la')).toEqual(['label:'])
    expect(offered('is:cat')).toEqual(['catching-up'])
    expect(offered('site:')).toEqual(['oslo', '"new york"', 'lima'])
    expect(offered('site:oslo,l')).toEqual(['lima', 'oslo'])
    expect(offered('version:<1')).toEqual(['12', '11'])
    expect(offered('label:role=')).toEqual(['role=web', '"role=front desk"'])
    expect(offered('colour:')).toEqual([])
  })

  test('QUERY-4 a candidate takes the place of what was typed', () => {
    expect(taken('is:failed si')).toBe('is:failed site:')
    expect(taken('-si')).toBe('-site:')
    expect(taken('site:oslo,"new')).toBe('site:oslo,"new york"')
    expect(taken('release:>=1')).toBe('release:>=12')
    expect(completeQuery('site:os -is:failed', 7, WORDS)).toMatchObject({ from: 5, to: 7 })
  })

  test('QUERY-4 every value that is offered makes a query', () => {
    for (const key of ['is:', 'site:', 'label:', 'channel:', 'error:', 'release:', 'heard:', 'left:', 'stale:']) {
      for (const value of offered(key)) expect(parseQuery(key + value)).toMatchObject({ ok: true })
    }
  })

  test('QUERY-4 any text can be completed anywhere', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -3, max: 40 }), (text, cursor) => {
        const { from, to } = completeQuery(text, cursor, WORDS)
        expect(from >= 0 && from <= to && to <= text.length).toBe(true)
      }),
      { seed: 13, numRuns: 2000 },
    )
  })
})
