import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import {
  changingTerm,
  createMatcher,
  exactTerm,
  IS_WORDS,
  labelTerm,
  parseQuery,
  QUERY_LIMITS,
  type QueryRow,
  queryText,
  type QueryTerm,
  requireQuery,
} from '../../../protocol/query/index.ts'

const NOW = 1_000_000_000

const row = (host: string, more: Partial<QueryRow> = {}): QueryRow => ({
  host,
  site: 'oslo',
  labels: { role: 'web' },
  channels: ['web'],
  release: 12,
  want: 12,
  wave: null,
  state: 'current',
  proved: true,
  error: null,
  stale: 0,
  left: null,
  heardMs: NOW - 60_000,
  ...more,
})

const HOSTS = [
  row('oslo-1'),
  row('oslo-2', {
    state: 'failed',
    proved: false,
    release: 11,
    error: 'NO_SPACE: disk full',
    heardMs: NOW - 7_200_000,
  }),
  row('lima-1', { site: 'lima', labels: { role: 'db', tier: 'front desk' }, channels: ['web', 'base'], stale: 2 }),
  row('lima-2', {
    site: 'lima',
    labels: {},
    channels: [],
    state: 'unknown',
    release: 0,
    want: 0,
    proved: false,
    heardMs: null,
  }),
  row('kyiv-1', { site: 'kyiv', state: 'catching-up', release: 3, proved: false, left: 5 * 2 ** 20 }),
]

const found = (text: string): readonly string[] => {
  const fits = createMatcher(requireQuery(text))
  return HOSTS.filter((one) => fits(one, NOW)).map(({ host }) => host)
}

const problem = (text: string) => {
  const parsed = parseQuery(text)
  if (parsed.ok) throw new Error(`${text} is a query`)
  return parsed.error
}

describe('query of hosts', () => {
  test.each([
    ['', ['oslo-1', 'oslo-2', 'lima-1', 'lima-2', 'kyiv-1']],
    ['is:failed', ['oslo-2']],
    ['-is:failed site:oslo', ['oslo-1']],
    ['is:failed,catching-up', ['oslo-2', 'kyiv-1']],
    ['is:failed -site:oslo', []],
    ['version:<12 -is:unknown', ['oslo-2', 'kyiv-1']],
    ['release:>=12', ['oslo-1', 'lima-1']],
    ['label:role=web', ['oslo-1', 'oslo-2', 'kyiv-1']],
    ['label:role=web,role=db', ['oslo-1', 'oslo-2', 'lima-1', 'kyiv-1']],
    ['label:tier="front desk"', ['lima-1']],
    ['label:tier=front*', ['lima-1']],
    ['-label:role', ['lima-2']],
    ['LIMA', ['lima-1', 'lima-2']],
    ['lima,kyiv -2', ['lima-1', 'kyiv-1']],
    ['o*-2', ['oslo-2']],
    ['host:oslo', []],
    ['host:oslo-*', ['oslo-1', 'oslo-2']],
    ['channel:base', ['lima-1']],
    ['error:no_space', ['oslo-2']],
    ['error:*', ['oslo-2']],
    ['stale:>0', ['lima-1']],
    ['is:stale', ['lima-1']],
    ['is:behind', ['oslo-2', 'kyiv-1']],
    ['is:proved', ['oslo-1', 'lima-1']],
    ['-is:heard', ['lima-2']],
    ['heard:>1h', ['oslo-2', 'lima-2']],
    ['heard:<=60s', ['oslo-1', 'lima-1', 'kyiv-1']],
    ['left:>1MiB', ['kyiv-1']],
    ['"*"', []],
  ])('QUERY-3 %s', (text, hosts) => {
    expect(found(text)).toEqual(hosts)
  })

  test.each([
    ['colour:red', 0, 7, 'there is no "colour:"', false],
    ['is:failed  -colour:red', 12, 19, 'there is no "colour:"', false],
    ['site:', 5, 5, 'a value is missing', true],
    ['site:a,', 7, 7, 'a value is missing', true],
    ['site:a, is:failed', 7, 7, 'a value is missing', false],
    ['is:faild', 3, 8, 'no host is "faild"', false],
    ['release:<twelve', 9, 15, 'is not a whole number', false],
    ['heard:>10', 7, 9, 'is not a time', false],
    ['left:10MB', 5, 9, 'is not a size', false],
    ['label:ro*', 6, 9, 'a label has a whole name', false],
    ['site:"oslo', 5, 10, 'not closed', true],
    ['site:"a\\n"', 7, 9, 'backslash', false],
    ['-', 1, 1, 'a value is missing', true],
  ])('QUERY-1 %s is refused with its place', (text, from, to, message, incomplete) => {
    expect(problem(text)).toEqual({ from, to, message: expect.stringContaining(message), incomplete })
    expect(() => requireQuery(text)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }))
  })

  test('QUERY-1 too long a text, too many terms and values are refused', () => {
    expect(problem('x'.repeat(QUERY_LIMITS.text + 1)).message).toContain('characters')
    expect(problem('a '.repeat(QUERY_LIMITS.terms + 1)).message).toContain('terms')
    expect(problem('site:' + 'a,'.repeat(QUERY_LIMITS.values) + 'a').message).toContain('values')
  })

  test('QUERY-1 any text is a query or is refused at a place in it', () => {
    const piece = fc.constantFrom(
      'is:',
      'site:',
      '-',
      ',',
      '"',
      '\\',
      '*',
      ' ',
      'a',
      'label:',
      '=',
      '<',
      '>',
      '9',
      'm',
      ':',
      'failed',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (text) => {
          const parsed = parseQuery(text)
          if (parsed.ok) {
            for (const { from, to } of parsed.query.terms) expect(from < to && to <= text.length).toBe(true)
            return
          }
          const { from, to } = parsed.error
          expect(from >= 0 && from <= to && to <= text.length).toBe(true)
        },
      ),
      { seed: 3, numRuns: 2000 },
    )
  })

  const piece = fc.string({ unit: 'grapheme', maxLength: 6 })
  const pattern = fc.array(piece, { minLength: 1, maxLength: 3 })
  const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => !text.includes('='))
  const amount = fc.nat(10 ** 9)
  const place = { negated: fc.boolean(), from: fc.constant(0), to: fc.constant(0) }
  const some = { minLength: 1, maxLength: 3 }
  const term: fc.Arbitrary<QueryTerm> = fc.oneof(
    fc.record({
      ...place,
      key: fc.constant('is' as const),
      patterns: fc.array(
        fc.constantFrom(...IS_WORDS).map((w) => [w]),
        some,
      ),
    }),
    fc.record({
      ...place,
      key: fc.constantFrom('name', 'site', 'host', 'channel', 'error' as const),
      patterns: fc.array(pattern, some),
    }),
    fc.record({
      ...place,
      key: fc.constant('label' as const),
      labels: fc.array(fc.record({ label, value: fc.option(pattern, { nil: undefined }) }), some),
    }),
    fc.record({
      ...place,
      key: fc.constantFrom('release', 'want', 'stale', 'heard', 'left' as const),
      comparison: fc.constantFrom('=', '<', '<=', '>', '>=' as const),
      numbers: fc.array(amount, some),
    }),
  )

  test('QUERY-2 the text of any query is read as the same terms', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 5 }), (terms) => {
        const parsed = requireQuery(queryText({ terms }))
        expect(parsed.terms.map((one) => ({ ...one, from: 0, to: 0 }))).toEqual(terms)
      }),
      { seed: 5, numRuns: 2000 },
    )
  })

  test('QUERY-2 a term made for one value finds exactly it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ maxLength: 12 }), (site, other) => {
        const text = `${exactTerm('site', site)} ${labelTerm('role', site)}`
        const fits = createMatcher(requireQuery(text))
        expect(fits(row('a', { site, labels: { role: site } }), NOW)).toBe(true)
        expect(fits(row('a', { site: other, labels: { role: site } }), NOW)).toBe(other === site)
      }),
      { seed: 7, numRuns: 1000 },
    )
  })

  test('QUERY-3 a pattern fits what its pieces can be found in', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(pieces, letters, (pattern, site) => {
        const fits = createMatcher({ terms: [{ key: 'site', negated: false, patterns: [pattern], from: 0, to: 0 }] })
        expect(fits(row('x', { site }), NOW)).toBe(new RegExp(`^${pattern.join('.*')}$`).test(site))
      }),
      { seed: 9, numRuns: 3000 },
    )
  })

  test('QUERY-3 a negated term finds exactly the others', () => {
    fc.assert(
      fc.property(term, fc.constantFrom(...HOSTS), (one, host) => {
        const plain = createMatcher({ terms: [{ ...one, negated: false }] })
        const negated = createMatcher({ terms: [{ ...one, negated: true }] })
        expect(negated(host, NOW)).toBe(!plain(host, NOW))
      }),
      { seed: 11, numRuns: 1000 },
    )
  })

  test('QUERY-5 terms about what changes by itself are told from the others', () => {
    expect(changingTerm(requireQuery('oslo site:lima -label:role=web host:a'))).toBeUndefined()
    expect(changingTerm(requireQuery('site:lima is:failed'))).toMatchObject({ key: 'is', from: 10 })
    expect(changingTerm(requireQuery('version:3'))).toMatchObject({ key: 'release' })
  })
})
