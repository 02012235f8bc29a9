import {
  CONTROL_LIMITS,
  type HostLine,
  type HostSort,
  type HostsQuery,
  type HostsRequest,
  type HostsUpdate,
  type QueryVocabulary,
} from '../../protocol/control/index.ts'
import { codeOf, createMatcher, requireQuery } from '../../protocol/query/index.ts'
import { CODES, countConditions, mostFrequent } from './counts.ts'
import type { Fleet } from './fleet.ts'
import { severityOf } from './line.ts'

/** Lines that match, ordered by site, then name, and how many were asked. */
export interface Found {
  readonly total: number
  readonly lines: readonly HostLine[]
}

/** @throws QUERY_INVALID */
export function createFinder(fleet: Fleet, { query, channel }: HostsQuery): (nowMs: number) => Found {
  const terms = requireQuery(query)
  const fits = createMatcher(terms)
  return (nowMs) => {
    const all = fleet.lines(channel, nowMs)
    const found = terms.terms.length === 0 ? all : all.filter(({ row }) => fits(row, nowMs))
    return { total: all.length, lines: found.map(({ line }) => line) }
  }
}

/** Makes the pictures of one `watchHosts`, each knowing what the one before had. @throws QUERY_INVALID */
export function hostsPictures(fleet: Fleet, request: HostsRequest): (nowMs: number) => HostsUpdate {
  const find = createFinder(fleet, request)
  let before: Uint8Array | undefined
  let sitesBefore = ''
  return (nowMs) => {
    const { total, lines } = find(nowMs)
    const states = request.squares ? Uint8Array.from(lines, ({ state }) => CODES.get(state) ?? 0) : undefined
    const same = states === undefined || (before !== undefined && isSame(before, states))
    before = states
    const sites = sitesOf(lines)
    const names = JSON.stringify(sites)
    const sameSites = names === sitesBefore
    sitesBefore = names
    const first = Math.min(request.first, lines.length)
    const releases = lines.flatMap(({ channel, release }) => (channel === null ? [] : `${channel}@${release}`))
    return {
      nowMs,
      total,
      matching: lines.length,
      counts: countConditions(lines),
      sites: sameSites ? null : sites,
      releases: mostFrequent(releases, CONTROL_LIMITS.viewFacets).map(([name, hosts]) => {
        const at = name.lastIndexOf('@')
        return { channel: name.slice(0, at), sequence: Number(name.slice(at + 1)), hosts }
      }),
      states: same ? null : (states ?? null),
      first,
      rows: sorted(lines, request.sort, request.descending).slice(first, first + request.count),
    }
  }
}

/** Sites of lines that come by site. Pure. */
function sitesOf(lines: readonly HostLine[]): readonly { readonly site: string; readonly hosts: number }[] {
  const sites = new Map<string, number>()
  for (const { site } of lines) sites.set(site, (sites.get(site) ?? 0) + 1)
  return [...sites].map(([site, hosts]) => ({ site, hosts }))
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

const KEYS: Readonly<Record<Exclude<HostSort, 'site'>, (line: HostLine) => string | number | null>> = {
  host: ({ host }) => host,
  release: ({ release }) => release,
  state: ({ state }) => severityOf(state),
  progress: ({ progress }) => progress,
  left: ({ left }) => left,
  rate: ({ rate }) => rate,
  'time-left': ({ secondsLeft }) => secondsLeft,
  heard: ({ heardMs }) => heardMs,
}

/** Lines come by site, then name, and equals stay so. Where there is no value comes last either way. Pure. */
function sorted(lines: readonly HostLine[], by: HostSort, descending: boolean): readonly HostLine[] {
  if (by === 'site') return descending ? lines.toReversed() : lines
  const key = KEYS[by]
  const sign = descending ? -1 : 1
  const keyed = lines.map((line) => ({ line, value: key(line) }))
  keyed.sort(({ value: a }, { value: b }) => {
    if (a === b) return 0
    if (a === null) return 1
    if (b === null) return -1
    return a < b ? -sign : sign
  })
  return keyed.map(({ line }) => line)
}

/** Words for completion. Pure. */
export function vocabularyOf(fleet: Fleet, nowMs: number): QueryVocabulary {
  const limit = CONTROL_LIMITS.viewFacets
  const lines = fleet.lines(null, nowMs).map(({ line }) => line)
  const words = <T>(values: Iterable<T>): readonly T[] => mostFrequent(values, limit).map(([value]) => value)
  const labels = words(lines.flatMap((line) => Object.keys(line.labels)))
  return {
    sites: words(lines.map(({ site }) => site)),
    channels: fleet.channels().slice(0, limit),
    releases: words(lines.map(({ release }) => release)),
    labels: labels.map((key) => ({ key, values: words(lines.flatMap((line) => line.labels[key] ?? [])) })),
    errors: words(lines.flatMap(({ error }) => (error === null ? [] : codeOf(error)))),
  }
}
