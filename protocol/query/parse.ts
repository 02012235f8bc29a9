import { ShoalError } from '../errors/index.ts'
import { IS_WORDS, isQueryKey, KEY_ALIASES, QUERY_KEYS } from './keys.ts'
import { QUERY_LIMITS } from './limits.ts'
import { parseAmount } from './numbers.ts'
import { QueryProblem, Scanner } from './scanner.ts'
import type {
  Comparison,
  HostQuery,
  LabelTerm,
  NumberKey,
  ParsedQuery,
  Pattern,
  QueryKey,
  QueryTerm,
  TextKey,
} from './types.ts'

const COMPARISONS: readonly Comparison[] = ['<=', '>=', '<', '>', '=']

/** Reads a query. Never throws: what is wrong is a value, with its place (QUERY-1). */
export function parseQuery(text: string): ParsedQuery {
  try {
    return { ok: true, query: { terms: parseTerms(text) } }
  } catch (err) {
    if (!(err instanceof QueryProblem)) throw err
    const { from, to, message, incomplete } = err
    return { ok: false, error: { from, to, message, incomplete } }
  }
}

/** @throws QUERY_INVALID with what is wrong and where */
export function requireQuery(text: string): HostQuery {
  const parsed = parseQuery(text)
  if (parsed.ok) return parsed.query
  const { from, message } = parsed.error
  throw new ShoalError('QUERY_INVALID', `query, character ${from + 1}: ${message}`)
}

function parseTerms(text: string): readonly QueryTerm[] {
  if (text.length > QUERY_LIMITS.text) {
    throw new QueryProblem(QUERY_LIMITS.text, text.length, `a query may have ${QUERY_LIMITS.text} characters`)
  }
  const scanner = new Scanner(text)
  const terms: QueryTerm[] = []
  for (scanner.skipBlanks(); !scanner.done; scanner.skipBlanks()) {
    if (terms.length >= QUERY_LIMITS.terms) {
      throw new QueryProblem(scanner.at, text.length, `a query may have ${QUERY_LIMITS.terms} terms`)
    }
    terms.push(parseTerm(scanner))
  }
  return terms
}

function parseTerm(scanner: Scanner): QueryTerm {
  const from = scanner.at
  const negated = scanner.take('-')
  const wordAt = scanner.at
  const word = scanner.takeKey()
  if (word === undefined) {
    const patterns = parsePatterns(scanner)
    return { key: 'name', negated, patterns, from, to: scanner.at }
  }
  const lower = word.toLowerCase()
  const key = KEY_ALIASES.get(lower) ?? lower
  if (!isQueryKey(key)) {
    const known = Object.keys(QUERY_KEYS).map((name) => `${name}:`)
    throw new QueryProblem(wordAt, scanner.at, `there is no "${word}:"; a query has ${known.join(', ')}`)
  }
  const term =
    key === 'label' ? parseLabels(scanner) : isNumberKey(key) ? parseNumbers(scanner, key) : parseTexts(scanner, key)
  return { ...term, negated, from, to: scanner.at }
}

const isNumberKey = (key: Exclude<QueryKey, 'label'>): key is NumberKey =>
  ['count', 'age', 'bytes'].includes(QUERY_KEYS[key].kind)

/** Values between commas. */
function parseValues<T>(scanner: Scanner, one: (pattern: Pattern, from: number) => T): readonly T[] {
  const values: T[] = []
  do {
    const from = scanner.at
    if (values.length >= QUERY_LIMITS.values) {
      throw new QueryProblem(from, scanner.text.length, `a term may have ${QUERY_LIMITS.values} values`)
    }
    values.push(one(scanner.takePattern(), from))
  } while (scanner.take(','))
  return values
}

const parsePatterns = (scanner: Scanner): readonly Pattern[] => parseValues(scanner, (pattern) => pattern)

function parseTexts(scanner: Scanner, key: TextKey): { readonly key: TextKey; readonly patterns: readonly Pattern[] } {
  if (key !== 'is') return { key, patterns: parsePatterns(scanner) }
  const patterns = parseValues(scanner, (pattern, from): Pattern => {
    const word = pattern.join('*').toLowerCase()
    if (IS_WORDS.includes(word)) return [word]
    throw new QueryProblem(from, scanner.at, `no host is ${JSON.stringify(word)}; it is one of ${IS_WORDS.join(', ')}`)
  })
  return { key, patterns }
}

function parseLabels(scanner: Scanner): Pick<LabelTerm, 'key' | 'labels'> {
  const labels = parseValues(scanner, ([first = '', ...rest], from) => {
    const equals = first.indexOf('=')
    if (equals >= 0) return { label: first.slice(0, equals), value: [first.slice(equals + 1), ...rest] }
    if (rest.length === 0) return { label: first, value: undefined }
    throw new QueryProblem(from, scanner.at, 'a label has a whole name; "*" may stand in its value: label:role=web*')
  })
  return { key: 'label', labels }
}

function parseNumbers(
  scanner: Scanner,
  key: NumberKey,
): { key: NumberKey; comparison: Comparison; numbers: readonly number[] } {
  const comparison = COMPARISONS.find((token) => scanner.take(token)) ?? '='
  const numbers = parseValues(scanner, (pattern, from) => {
    const number = parseAmount(pattern.join('*'), key)
    if (typeof number === 'string') throw new QueryProblem(from, scanner.at, number)
    return number
  })
  return { key, comparison, numbers }
}

/** The first term about what changes by itself, such as a host's state; undefined when the query always finds the same members. */
export const changingTerm = (query: HostQuery): QueryTerm | undefined =>
  query.terms.find(({ key }) => key !== 'name' && QUERY_KEYS[key].changes)
