import type { Comparison, HostQuery, LabelTerm, NumberTerm, Pattern, QueryRow, QueryTerm, TextTerm } from './types.ts'

/** Whether a row fits, `nowMs` being the time against which ages count. */
export type QueryMatcher = (row: QueryRow, nowMs: number) => boolean

/** Compiles a query once for many rows. Pure and total (QUERY-3). */
export function createMatcher(query: HostQuery): QueryMatcher {
  const tests = query.terms.map((term) => {
    const test = testOf(term)
    return term.negated ? (row: QueryRow, nowMs: number): boolean => !test(row, nowMs) : test
  })
  return (row, nowMs) => tests.every((test) => test(row, nowMs))
}

function testOf(term: QueryTerm): QueryMatcher {
  switch (term.key) {
    case 'label':
      return labelTest(term)
    case 'name':
    case 'is':
    case 'site':
    case 'host':
    case 'channel':
    case 'error':
      return textTest(term)
    default:
      return numberTest(term)
  }
}

function textTest({ key, patterns }: TextTerm): QueryMatcher {
  const any = (fits: (pattern: Pattern) => boolean): boolean => patterns.some(fits)
  switch (key) {
    case 'name': {
      // Anywhere in the name, whatever the case of what was typed: names are of small letters.
      const inside = patterns.map((pattern) => ['', ...pattern.map((piece) => piece.toLowerCase()), ''])
      return (row) => inside.some((pattern) => fitsPattern(pattern, row.host))
    }
    case 'host':
      return (row) => any((pattern) => fitsPattern(pattern, row.host))
    case 'site':
      return (row) => any((pattern) => fitsPattern(pattern, row.site))
    case 'channel':
      return (row) => row.channels.some((channel) => any((pattern) => fitsPattern(pattern, channel)))
    case 'error': {
      const codes = patterns.map((pattern) => pattern.map((piece) => piece.toUpperCase()))
      return ({ error }) => error !== null && codes.some((pattern) => fitsPattern(pattern, codeOf(error)))
    }
    case 'is':
      return (row) => any(([word = '']) => is(row, word))
  }
}

/** The code in front of an error's text. */
export const codeOf = (error: string): string => error.split(':', 1)[0] ?? ''

const AT_WORK = new Set(['updating', 'catching-up'])
const NOT_HEARD = new Set(['offline', 'unknown'])

function is(row: QueryRow, word: string): boolean {
  switch (word) {
    case 'proved':
      return row.proved
    case 'behind':
      return row.release < row.want
    case 'stale':
      return row.stale > 0
    case 'heard':
      return !NOT_HEARD.has(row.state)
    case 'at-work':
      return AT_WORK.has(row.state)
    default:
      return row.state === word
  }
}

const labelTest =
  ({ labels }: LabelTerm): QueryMatcher =>
  (row) =>
    labels.some(({ label, value }) => {
      if (!Object.hasOwn(row.labels, label)) return false
      return value === undefined || fitsPattern(value, row.labels[label] ?? '')
    })

function numberTest({ key, comparison, numbers }: NumberTerm): QueryMatcher {
  const compare = COMPARE[comparison]
  const valueOf = (row: QueryRow, nowMs: number): number | null => {
    if (key === 'heard') return row.heardMs === null ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - row.heardMs)
    return row[key]
  }
  return (row, nowMs) => {
    const value = valueOf(row, nowMs)
    return value !== null && numbers.some((number) => compare(value, number))
  }
}

const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** Whether the pieces occur in `text` in order, the first at its begin and the last at its end. Linear: takes the first place of each. */
export function fitsPattern(pattern: Pattern, text: string): boolean {
  const first = pattern[0] ?? ''
  if (pattern.length === 1) return text === first
  const last = pattern.at(-1) ?? ''
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const piece of pattern.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
