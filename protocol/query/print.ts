import { amountText } from './numbers.ts'
import type { HostQuery, Pattern, QueryKey, QueryTerm } from './types.ts'

/** The text of a query: parseQuery reads it as the same terms (QUERY-2). */
export const queryText = (query: HostQuery): string => query.terms.map(termText).join(' ')

/** The text of one term. */
export function termText(term: QueryTerm): string {
  const sign = term.negated ? '-' : ''
  switch (term.key) {
    case 'name':
      return `${sign}${term.patterns.map(nameText).join(',')}`
    case 'label':
      return `${sign}label:${term.labels.map(({ label, value }) => (value === undefined ? patternText([label]) : labelText(label, value))).join(',')}`
    case 'is':
    case 'site':
    case 'host':
    case 'channel':
    case 'error':
      return `${sign}${term.key}:${term.patterns.map(patternText).join(',')}`
    default: {
      const comparison = term.comparison === '=' ? '' : term.comparison
      return `${sign}${term.key}:${comparison}${term.numbers.map((number) => amountText(number, term.key)).join(',')}`
    }
  }
}

/** A term that finds exactly one value: `site:oslo`, `label:role="web server"`. */
export const exactTerm = (key: Exclude<QueryKey, 'label'>, value: string | number): string =>
  `${key}:${typeof value === 'number' ? value : patternText([value])}`

export const labelTerm = (label: string, value: string): string => `label:${labelText(label, [value])}`

const labelText = (label: string, [first = '', ...rest]: Pattern): string => patternText([`${label}=${first}`, ...rest])

/** A word is taken for a key when a colon follows it, and for a negation when it begins with "-". */
const nameText = (pattern: Pattern): string => {
  const text = patternText(pattern)
  return /^-|^[A-Za-z][A-Za-z-]*:/.test(text) ? pattern.map(quoted).join('*') : text
}

const patternText = (pattern: Pattern): string =>
  pattern.length === 1 && pattern[0] === '' ? '""' : pattern.map(pieceText).join('*')

const pieceText = (piece: string): string => (/[\s,"\\*<>]/.test(piece) ? quoted(piece) : piece)

const quoted = (piece: string): string => `"${piece.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
