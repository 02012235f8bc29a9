import { ShoalError } from '../errors/index.ts'
import { changingTerm, createMemberMatcher, type HostQuery, parseQuery, queryText, termText } from '../query/index.ts'
import { shareOf } from './share.ts'

/** What a selector looks at: what an enroller signed of a host, and nothing that changes by itself. */
export interface Selected {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
}

/** Which hosts a wave is of: those of a query, of all hosts when it has no term, or a share of them. */
export interface Selector {
  /** Percent by a stable hash, over 0 to below 100; undefined: all of them. */
  readonly percent: number | undefined
  readonly query: HostQuery
  /** In a form that is read as the same selector, and is the same for the same terms. */
  readonly text: string
}

const SHARE = /^(\S+%)(?:\s+|$)/

/**
 * Reads `all`, `5%`, a query of what enrolment fixes (`site:oslo label:role=canary`), or a share of such hosts (`5% site:oslo`).
 * @throws WAVE_INVALID with what is wrong and where
 */
export function parseSelector(text: string): Selector {
  const plain = text.trim()
  const share = SHARE.exec(plain)?.[1]
  const percent = share === undefined ? undefined : parsePercent(share, text)
  const rest = plain.slice(share === undefined ? 0 : share.length).trim()
  if (plain === '')
    throw invalidWave(text, 'it selects nothing; give all, a share such as 5%, or a query such as site:oslo')
  const query = plain === 'all' ? { terms: [] } : queryOf(rest, text)
  const partly = percent === 100 ? undefined : percent
  const words = [
    ...(partly === undefined ? [] : [`${partly}%`]),
    ...(query.terms.length === 0 ? [] : [queryText(query)]),
  ]
  return { percent: partly, query, text: words.length === 0 ? 'all' : words.join(' ') }
}

function queryOf(text: string, whole: string): HostQuery {
  const parsed = parseQuery(text)
  if (!parsed.ok) {
    throw invalidWave(whole, `character ${whole.indexOf(text) + parsed.error.from + 1}: ${parsed.error.message}`)
  }
  const changing = changingTerm(parsed.query)
  if (changing !== undefined) {
    throw invalidWave(
      whole,
      `${termText(changing)} changes by itself; a wave's hosts stay the same: host:, site:, label: or a share`,
    )
  }
  return parsed.query
}

/** Percent of `5%` or `0.5%`, over 0 to 100. @throws WAVE_INVALID */
export function parsePercent(text: string, whole: string): number {
  const percent = /^\d{1,3}(\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) : 0
  if (percent > 0 && percent <= 100) return percent
  throw invalidWave(whole, `${JSON.stringify(text)} is no share such as 5% or 99.5%, over 0% to 100%`)
}

export const invalidWave = (text: string, why: string): ShoalError =>
  new ShoalError('WAVE_INVALID', `wave ${JSON.stringify(text.slice(0, 200))}: ${why}`)

/** Every host. */
export const selectsAll = ({ percent, query }: Selector): boolean => percent === undefined && query.terms.length === 0

/** Tells whether a selector has a host. `seed` names the release, so that each one begins with other hosts. */
export type SelectorMatcher = (host: Selected, seed: string) => boolean

/** Compiles a selector once for many hosts. */
export function createSelectorMatcher({ percent, query }: Selector): SelectorMatcher {
  const fits = createMemberMatcher(query)
  return (host, seed) => (percent === undefined || shareOf(seed, host.host) < percent / 100) && fits(host)
}
