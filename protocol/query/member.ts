import { ShoalError } from '../errors/index.ts'
import { createMatcher } from './match.ts'
import { changingTerm, requireQuery } from './parse.ts'
import { termText } from './print.ts'
import type { HostQuery, QueryRow } from './types.ts'

/** What an enroller signed of a host: nothing of it changes by itself. */
export type MemberRow = Pick<QueryRow, 'host' | 'site' | 'labels'>

/** No term about members looks at these. */
const NOTHING_ELSE: Omit<QueryRow, keyof MemberRow> = {
  channels: [],
  release: 0,
  want: 0,
  wave: null,
  state: 'unknown',
  proved: false,
  error: null,
  stale: 0,
  left: null,
  heardMs: null,
}

/** Compiles a query without changing terms once for many hosts. */
export function createMemberMatcher(query: HostQuery): (member: MemberRow) => boolean {
  const fits = createMatcher(query)
  return ({ host, site, labels }) => fits({ ...NOTHING_ELSE, host, site, labels }, 0)
}

/** A query that always finds the same members. @throws QUERY_INVALID */
export function requireMemberQuery(text: string): HostQuery {
  const query = requireQuery(text)
  const changing = changingTerm(query)
  if (changing === undefined) return query
  throw new ShoalError(
    'QUERY_INVALID',
    `query, character ${changing.from + 1}: ${termText(changing)} changes by itself; give host:, site: or label:`,
  )
}
