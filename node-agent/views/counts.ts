import type { ConditionCounts, HostLine, SiteCounts } from '../../protocol/control/index.ts'
import { HOST_CONDITIONS, type HostCondition } from '../../protocol/status/index.ts'

type Mutable = Record<HostCondition, number>

const NO_COUNTS: ConditionCounts = {
  unknown: 0,
  current: 0,
  updating: 0,
  'catching-up': 0,
  waiting: 0,
  paused: 0,
  held: 0,
  refused: 0,
  failed: 0,
  drifted: 0,
  'rolled-back': 0,
  offline: 0,
  idle: 0,
}

/** Byte code of each condition. */
export const CODES: ReadonlyMap<HostCondition, number> = new Map(HOST_CONDITIONS.map((condition, i) => [condition, i]))

/** Hosts by state. Pure. */
export function countConditions(lines: Iterable<HostLine>): ConditionCounts {
  const counts: Mutable = { ...NO_COUNTS }
  for (const { state } of lines) counts[state]++
  return counts
}

/** Hosts by site and state: the `limit` largest sites, by name. Pure. */
export function countSites(lines: Iterable<HostLine>, limit: number): readonly SiteCounts[] {
  const sites = new Map<string, { hosts: number; readonly counts: Mutable }>()
  for (const { site, state } of lines) {
    const kept = sites.get(site) ?? { hosts: 0, counts: { ...NO_COUNTS } }
    kept.hosts++
    kept.counts[state]++
    sites.set(site, kept)
  }
  const all = [...sites].map(([site, { hosts, counts }]) => ({ site, hosts, counts }))
  const largest = all.length <= limit ? all : all.toSorted((a, b) => b.hosts - a.hosts).slice(0, limit)
  return largest.toSorted((a, b) => (a.site < b.site ? -1 : 1))
}

/** The most frequent values, each with its number. Pure. */
export function mostFrequent<T>(values: Iterable<T>, limit: number): readonly (readonly [value: T, count: number])[] {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a).slice(0, limit)
}
