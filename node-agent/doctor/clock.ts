import { findingsOf } from './finding.ts'
import type { Finding, Known } from './types.ts'

const { ok, warn, fail } = findingsOf('clock')

/** No release of this program is older; a clock that starts at its epoch or at a factory's date is before it. */
const FIRST_YEAR = 2025
const LAST_YEAR = 2100
/** Clocks that nobody looks after differ by less. */
const TOLERANCE_MS = 5 * 60_000

/** Whether this host's clock can be right: expiry is judged by it (DOCTOR-2). */
export function checkClock(nowMs: number, known: Known | undefined): readonly Finding[] {
  const now = new Date(nowMs)
  const year = now.getUTCFullYear()
  if (year < FIRST_YEAR || year >= LAST_YEAR) {
    return [fail(`the clock says ${now.toISOString()}`, 'set the clock; until then whatever expires is judged wrongly')]
  }
  const newest = newestOf(known)
  if (newest === undefined) return [ok(`${now.toISOString()}; there is no record to compare it with`)]
  const behindMs = newest.atMs - nowMs
  if (behindMs > TOLERANCE_MS) {
    const found = `the clock says ${now.toISOString()}, ${Math.ceil(behindMs / 60_000)} minutes before ${newest.what} was made`
    return [warn(found, 'set this clock, or that of whoever made it')]
  }
  return [ok(`${now.toISOString()}, not before the newest record known here`)]
}

function newestOf(known: Known | undefined): { readonly what: string; readonly atMs: number } | undefined {
  const times = [
    ...(known?.heads ?? []).map(({ channel, publishedAt }) => ({
      what: `a release of ${channel}`,
      atMs: Date.parse(publishedAt),
    })),
    ...(known?.hosts ?? []).flatMap(({ host, reportedAt }) =>
      reportedAt === null ? [] : [{ what: `the status of ${host}`, atMs: Date.parse(reportedAt) }],
    ),
  ]
  return times.toSorted((a, b) => b.atMs - a.atMs)[0]
}
