import {
  HOST_CONDITIONS,
  type ConditionCounts,
  type HostCondition,
  type HostLine,
  type SiteCounts,
} from '../../../protocol/control/index.ts'

/** When every picture of the seeded mesh was taken. */
export const NOW = Date.UTC(2026, 5, 12, 13, 52, 20)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const SITES: readonly (readonly [string, number])[] = [
  ['ams2', 0.2],
  ['cape-town', 0.04],
  ['fra1', 0.25],
  ['nyc3', 0.19],
  ['oslo', 0.1],
  ['ship-7', 0.01],
  ['sgp1', 0.13],
  ['syd1', 0.08],
]

/** Numbers between 0 and 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const ERRORS = [
  'NO_SPACE: 0.4 GiB free, the release needs 1.1 GiB more',
  'HEALTH_FAILED: check web-ready: exit 1 after 30 s',
  'TARGET_MODIFIED: etc/app.conf was edited on this host',
] as const

/** Hosts of a mesh in the middle of a rollout, ordered by site, then name. */
export function makeFleet(count: number, seed = 7): readonly HostLine[] {
  const random = seeded(seed)
  const hosts: HostLine[] = []
  for (const [site, share] of SITES) {
    const here = Math.max(1, Math.round(count * share))
    for (let i = 0; i < here && hosts.length < count; i++) hosts.push(makeHost(site, i, random))
  }
  return hosts
}

function makeHost(site: string, number: number, random: () => number): HostLine {
  const state = stateOf(site, random())
  const working = state === 'updating' || state === 'catching-up'
  const left = working ? Math.round(random() * 900 * 2 ** 20) : null
  const rate = working ? Math.round((site === 'ship-7' ? 0.06 : 4 + random() * 30) * 2 ** 20) : null
  const channel = random() < 0.72 ? 'web' : 'base-config'
  const want = channel === 'web' ? 42 : 17
  const behind = state === 'current' ? 0 : state === 'catching-up' ? 3 : 1
  return {
    host: `${site}-${String(number + 1).padStart(4, '0')}`,
    site,
    labels: { role: random() < 0.6 ? 'edge' : 'origin', arch: random() < 0.8 ? 'x64' : 'arm64' },
    channel: state === 'unknown' ? null : channel,
    release: state === 'unknown' ? 0 : want - behind,
    want,
    state,
    proved: state === 'current',
    progress: working ? 1 - (left ?? 0) / (900 * 2 ** 20) : null,
    left,
    rate,
    secondsLeft: left === null || rate === null ? null : Math.round(left / rate),
    heardMs: state === 'unknown' ? null : NOW - (state === 'offline' ? (1 + random() * 90) * HOUR : random() * 40_000),
    error: state === 'failed' || state === 'refused' ? (ERRORS[Math.floor(random() * ERRORS.length)] ?? null) : null,
    stale: random() < 0.01 ? 2 : 0,
  }
}

function stateOf(site: string, dice: number): HostCondition {
  if (site === 'syd1' && dice < 0.42) return 'offline'
  if (site === 'sgp1' && dice < 0.5) return dice < 0.3 ? 'updating' : 'waiting'
  if (site === 'ship-7') return dice < 0.5 ? 'catching-up' : 'held'
  if (dice < 0.002) return 'failed'
  if (dice < 0.003) return 'drifted'
  if (dice < 0.0036) return 'rolled-back'
  if (dice < 0.005) return 'unknown'
  if (dice < 0.009) return 'offline'
  if (dice < 0.07) return 'updating'
  if (dice < 0.075) return 'catching-up'
  if (dice < 0.12) return 'waiting'
  return 'current'
}

export function countConditions(hosts: readonly HostLine[]): ConditionCounts {
  const counts = Object.fromEntries(HOST_CONDITIONS.map((condition) => [condition, 0])) as Record<HostCondition, number>
  for (const { state } of hosts) counts[state]++
  return counts
}

export function countSites(hosts: readonly HostLine[]): readonly SiteCounts[] {
  const bySite = Map.groupBy(hosts, (host) => host.site)
  return [...bySite].map(([site, here]) => ({ site, hosts: here.length, counts: countConditions(here) }))
}

export const toStates = (hosts: readonly HostLine[]): Uint8Array =>
  Uint8Array.from(hosts, ({ state }) => HOST_CONDITIONS.indexOf(state))
