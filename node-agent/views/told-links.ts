import type { LinkRate, LinkReport, RateAge } from '../../protocol/index.ts'
import { SILENT_SECONDS } from '../../protocol/status/index.ts'
import { RECENT_MS } from './line.ts'
import type { FleetHost } from './types.ts'

/** What a host says of its links, and how old its word is. */
export interface ToldLinks {
  readonly host: string
  readonly site: string
  /** undefined when it never said a word, or its agent does not tell. */
  readonly report: LinkReport | undefined
  readonly heardMs: number | undefined
  /** It was heard of lately. */
  readonly fresh: boolean
}

/** @param own what this very node would tell now; undefined while no agent runs */
export function toldLinks(
  { member, status }: FleetHost,
  self: string,
  own: LinkReport | undefined,
  nowMs: number,
): ToldLinks {
  const { host, site } = member
  if (member.peer === self && own !== undefined) return { host, site, report: own, heardMs: nowMs, fresh: true }
  const heardMs = status?.body.atMs
  const fresh = heardMs !== undefined && nowMs - heardMs <= SILENT_SECONDS * 1000
  return { host, site, report: status?.body.links, heardMs, fresh }
}

/** Sites to which hosts of others tell a link, and how many hosts told theirs; both lately. Pure. */
export function reachedSites(words: readonly ToldLinks[]): {
  readonly sites: ReadonlySet<string>
  readonly telling: number
} {
  const sites = new Set<string>()
  let telling = 0
  for (const { fresh, report } of words) {
    if (!fresh || report === undefined) continue
    telling++
    for (const { site } of report.sites) sites.add(site)
  }
  return { sites, telling }
}

/** Where each age begins, and where it ends. */
const AGES: Readonly<Record<RateAge, readonly [fromMs: number, toMs: number]>> = {
  now: [0, RECENT_MS],
  minutes: [0, 15 * 60_000],
  hours: [15 * 60_000, 4 * 3_600_000],
  older: [4 * 3_600_000, Number.POSITIVE_INFINITY],
}
const LATER: readonly RateAge[] = ['minutes', 'hours', 'older']

/** A measure grows as old as the word that tells of it. Pure. */
export function rateNow(rate: LinkRate, wordAgeMs: number): LinkRate {
  const ageMs = AGES[rate.age][0] + Math.max(0, wordAgeMs)
  if (rate.age === 'now' && ageMs <= AGES.now[1]) return rate
  const later = LATER.slice(Math.max(0, LATER.indexOf(rate.age)))
  return { ...rate, age: later.find((age) => ageMs <= AGES[age][1]) ?? 'older' }
}
