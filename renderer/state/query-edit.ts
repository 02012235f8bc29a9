import { exactTerm, labelTerm, parseQuery, queryText, type QueryTerm } from '../../protocol/query/index.ts'

/** A value that a facet offers: what clicking on it does to the query is the same for all of them. */
export type FacetValue =
  | { readonly key: 'is' | 'site' | 'channel' | 'error'; readonly value: string }
  | { readonly key: 'release'; readonly value: number }
  | { readonly key: 'label'; readonly label: string; readonly value: string }

/** The facet's value is one of those that the query asks for. False while the query cannot be read. */
export function hasValue(text: string, facet: FacetValue): boolean {
  const parsed = parseQuery(text)
  return parsed.ok && parsed.query.terms.some((term) => holds(term, facet))
}

/**
 * Adds a value to the query, or takes it out: values of one key are alternatives, keys must all hold. A query that cannot be read is left
 * alone. Pure.
 */
export function toggleValue(text: string, facet: FacetValue): string {
  const parsed = parseQuery(text)
  if (!parsed.ok) return text
  const { terms } = parsed.query
  if (terms.some((term) => holds(term, facet)))
    return queryText({ terms: terms.flatMap((term) => (holds(term, facet) ? without(term, facet) : [term])) })
  const open = terms.find((term) => isAlternatives(term, facet))
  if (open === undefined) return [queryText(parsed.query), textOf(facet)].filter(Boolean).join(' ')
  return queryText({ terms: terms.map((term) => (term === open ? withValue(term, facet) : term)) })
}

const textOf = (facet: FacetValue): string =>
  facet.key === 'label' ? labelTerm(facet.label, facet.value) : exactTerm(facet.key, facet.value)

const isExact = (pattern: readonly string[], value: string): boolean => pattern.length === 1 && pattern[0] === value

/** A term that asks for values of the facet's key, one of which may hold. */
function isAlternatives(term: QueryTerm, facet: FacetValue): boolean {
  if (term.negated || term.key !== facet.key) return false
  if (facet.key === 'label') return term.key === 'label' && term.labels.every(({ label }) => label === facet.label)
  return !('comparison' in term) || term.comparison === '='
}

function holds(term: QueryTerm, facet: FacetValue): boolean {
  if (!isAlternatives(term, facet)) return false
  if ('labels' in term)
    return facet.key === 'label' && term.labels.some(({ value }) => value !== undefined && isExact(value, facet.value))
  if ('numbers' in term) return facet.key === 'release' && term.numbers.includes(facet.value)
  return typeof facet.value === 'string' && term.patterns.some((pattern) => isExact(pattern, String(facet.value)))
}

function without(term: QueryTerm, facet: FacetValue): readonly QueryTerm[] {
  if ('labels' in term) {
    const labels = term.labels.filter(({ value }) => value === undefined || !isExact(value, String(facet.value)))
    return labels.length === 0 ? [] : [{ ...term, labels }]
  }
  if ('numbers' in term) {
    const numbers = term.numbers.filter((number) => number !== facet.value)
    return numbers.length === 0 ? [] : [{ ...term, numbers }]
  }
  const patterns = term.patterns.filter((pattern) => !isExact(pattern, String(facet.value)))
  return patterns.length === 0 ? [] : [{ ...term, patterns }]
}

function withValue(term: QueryTerm, facet: FacetValue): QueryTerm {
  if ('labels' in term)
    return facet.key === 'label'
      ? { ...term, labels: [...term.labels, { label: facet.label, value: [facet.value] }] }
      : term
  if ('numbers' in term)
    return typeof facet.value === 'number' ? { ...term, numbers: [...term.numbers, facet.value] } : term
  return { ...term, patterns: [...term.patterns, [String(facet.value)]] }
}
