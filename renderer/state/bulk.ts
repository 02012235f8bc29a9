import { CONTROL_LIMITS, type ControlClient, type HostLine } from '../../protocol/control/window.ts'
import { changingTerm, exactTerm, parseQuery, QUERY_LIMITS } from '../../protocol/query/index.ts'
import type { HostCondition } from '../../protocol/status/index.ts'
import { countOf, formatCount } from './format.ts'

/** States in which trying again may help. */
const MAY_RETRY: ReadonlySet<HostCondition> = new Set(['failed', 'rolled-back', 'refused'])
export const mayRetry = (state: HostCondition): boolean => MAY_RETRY.has(state)

/** Hosts that may try again, by channel. Pure. */
export function retriesOf(lines: readonly HostLine[]): ReadonlyMap<string, readonly string[]> {
  const found = lines.flatMap(({ host, channel, state }) =>
    channel !== null && mayRetry(state) ? [{ host, channel }] : [],
  )
  return new Map(
    [...Map.groupBy(found, ({ channel }) => channel)].map(([channel, own]) => [channel, own.map(({ host }) => host)]),
  )
}

/** `web: 9 hosts, maps: 1 host`. */
export const byChannelText = (groups: ReadonlyMap<string, readonly string[]>): string =>
  [...groups].map(([channel, hosts]) => `${channel}: ${countOf(hosts.length, 'host')}`).join(', ')

/** Finds exactly these hosts; undefined for more than a query can name. Pure. */
export function queryOfHosts(hosts: readonly string[]): string | undefined {
  if (hosts.length > QUERY_LIMITS.values) return undefined
  const text = `host:${hosts.map((host) => exactTerm('host', host).slice('host:'.length)).join(',')}`
  return text.length > QUERY_LIMITS.text ? undefined : text
}

/** How a wave of hosts is written, or why it cannot be. */
export type WaveOfHosts = { readonly ok: true; readonly select: string } | { readonly ok: false; readonly why: string }

/**
 * The selector of a wave of these hosts: the query that found them when it looks only at what enrolment fixes, else their names. Pure.
 * @param query that found exactly these; undefined when they were picked one by one
 */
export function waveOfHosts(hosts: readonly string[], query: string | undefined): WaveOfHosts {
  const parsed = query === undefined || query.trim() === '' ? undefined : parseQuery(query)
  if (parsed?.ok === true && changingTerm(parsed.query) === undefined) return { ok: true, select: query?.trim() ?? '' }
  const named = queryOfHosts(hosts)
  if (named !== undefined && new TextEncoder().encode(named).length <= CONTROL_LIMITS.waveSelector) {
    return { ok: true, select: named }
  }
  const why = `A wave cannot name ${formatCount(hosts.length)} hosts: select all that a filter by site: or label: finds`
  return { ok: false, why }
}

/** Lists of at most so many. Pure. */
export const inParts = <T>(all: readonly T[], most: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most))

/** How these hosts stand now, on one channel or, for null, at their worst. */
export async function linesOfHosts(
  client: ControlClient,
  hosts: readonly string[],
  channel: string | null,
  signal?: AbortSignal,
): Promise<readonly HostLine[]> {
  const wanted = new Set(hosts)
  const lines = await linesOfQuery(client, { query: queryOfHosts(hosts) ?? '', channel }, signal)
  return lines.filter(({ host }) => wanted.has(host))
}

/** How all hosts stand that a query finds. @throws QUERY_INVALID */
export async function linesOfQuery(
  client: ControlClient,
  query: { readonly query: string; readonly channel: string | null },
  signal?: AbortSignal,
): Promise<readonly HostLine[]> {
  const lines: HostLine[] = []
  for await (const page of client.stream('exportHosts', query, signal === undefined ? {} : { signal })) {
    lines.push(...page)
  }
  return lines
}
