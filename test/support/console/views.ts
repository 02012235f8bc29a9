import { setTimeout as delay } from 'node:timers/promises'
import type {
  Alert,
  ChannelCard,
  ControlHandlers,
  HostLine,
  HostsRequest,
  HostsUpdate,
  OverviewUpdate,
  ReleaseLine,
} from '../../../protocol/control/index.ts'
import { CONTROL_LIMITS } from '../../../protocol/control/index.ts'
import { createMatcher, requireQuery } from '../../../protocol/query/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aPublish, fakeHandlers, untilCancelled } from '../fake-handlers.ts'
import { countConditions, countSites, DAY, HOUR, MINUTE, NOW, toStates } from './fleet.ts'
import { accessOf, REVOKE_EFFECT, revokeEffectOf } from './access-view.ts'
import { ACTIVITY, activityOf, alertsOf, networkOf, PATH_HOPS, SETTINGS } from './other-views.ts'
import { changesOf, compareOf, foldersOf, previewOf, TEXTS } from './publish-view.ts'
import { hostOf, rolloutOf } from './rollout-view.ts'

/** Handlers over a seeded fleet: each view gives one picture and then keeps quiet until it is cancelled. */
export function fleetHandlers(hosts: readonly HostLine[], replace: Partial<ControlHandlers> = {}): ControlHandlers {
  return fakeHandlers({
    watchOverview: (_request, signal) => picture(overviewOf(hosts), signal),
    watchHosts: (request, signal) => picture(hostsOf(hosts, request), signal),
    watchHost: (request, signal) => {
      const line = hosts.find(({ host }) => host === request.host)
      if (line === undefined) throw new ShoalError('NO_SUCH_HOST', `no member is called ${request.host}`)
      return picture(hostOf(line), signal)
    },
    watchRollout: ({ channel, release }, signal) => picture(rolloutOf(hosts, channel, release), signal),
    watchReleases: ({ channel, first, count }, signal) => {
      const own = RELEASES.filter((release) => channel === null || release.channel === channel)
      return picture({ nowMs: NOW, total: own.length, first, rows: own.slice(first, first + count) }, signal)
    },
    watchNetwork: (_request, signal) => picture(networkOf(hosts), signal),
    networkPath: async ({ from, to }) => ({
      fromSite: from.slice(0, -5),
      toSite: to.slice(0, -5),
      hops: to.startsWith('syd1') ? [] : PATH_HOPS,
    }),
    watchAlerts: (_request, signal) => picture(alertsOf(ALERTS), signal),
    alertAcknowledge: async () => alertsOf(ALERTS),
    watchActivity: (request, signal) => picture(activityOf(ACTIVITY, request), signal),
    settings: async () => SETTINGS,
    settingsSet: async (request) => ({ ...SETTINGS, ...request }),
    exportHosts: async function* ({ query, channel }) {
      const found = matching(hosts, query, channel)
      for (let at = 0; at < found.length; at += CONTROL_LIMITS.rowsPerPage) {
        yield found.slice(at, at + CONTROL_LIMITS.rowsPerPage)
      }
      return found.length
    },
    access: async () => accessOf(24),
    hostRevoke: async ({ host, dryRun }) => ({ host, done: !dryRun, effect: REVOKE_EFFECT }),
    hostsRevoke: async ({ hosts: names, dryRun }) => ({
      hosts: names,
      missing: [],
      done: !dryRun,
      effect: revokeEffectOf(names),
    }),
    folders: async ({ folder }) => foldersOf(folder),
    publishPreview: ({ channel }) => previewOf(changesOf(160), channel),
    previewText: async () => TEXTS,
    previewWaves: async ({ channel, waves }) => ({
      channel,
      hosts: hosts.length,
      waves: [
        ...waves.map((select, place) => ({
          number: place + 1,
          select: select.split(':healthy')[0] ?? select,
          hosts: Math.round(hosts.length * 0.05 * (place * 4 + 1)),
          names: [],
        })),
        {
          number: waves.length + 1,
          select: 'all',
          hosts: Math.round(hosts.length * (waves.length === 0 ? 1 : 0.7)),
          names: [],
        },
      ],
      warnings: [],
    }),
    publishPreviewed: async function* () {
      yield {
        phase: 'store',
        files: 120,
        bytes: 20 * 2 ** 20,
        totalFiles: 160,
        totalBytes: 38 * 2 ** 20,
        bytesPerSecond: 90 * 2 ** 20,
        etaSeconds: 1,
      }
      return { ...aPublish, sequence: 43 }
    },
    compare: ({ from, to }) => compareOf(changesOf(40), from, to),
    hostAt: async ({ query, index }) => matching(hosts, query, null)[index] ?? null,
    queryVocabulary: async () => ({
      sites: countSites(hosts).map(({ site }) => site),
      wave: null,
      channels: ['web', 'base-config'],
      releases: [42, 41, 39, 17, 16],
      labels: [
        { key: 'role', values: ['edge', 'origin'] },
        { key: 'arch', values: ['x64', 'arm64'] },
      ],
      errors: ['NO_SPACE', 'HEALTH_FAILED', 'TARGET_MODIFIED'],
    }),
    ...replace,
  })
}

/** The same picture again and again, as often as the contract promises. */
export async function* picture<T>(value: T, signal: AbortSignal): AsyncGenerator<T, null, undefined> {
  while (!signal.aborted) {
    yield value
    await delay(CONTROL_LIMITS.viewIdleMs, undefined, { signal }).catch(() => undefined)
  }
  return untilCancelled(signal)
}

const matching = (hosts: readonly HostLine[], query: string, channel: string | null): readonly HostLine[] => {
  const matches = createMatcher(requireQuery(query))
  return hosts.filter(
    (host) =>
      (channel === null || host.channel === channel) &&
      matches({ ...host, wave: null, channels: host.channel === null ? [] : [host.channel] }, NOW),
  )
}

export function hostsOf(hosts: readonly HostLine[], request: HostsRequest): HostsUpdate {
  const found = matching(hosts, request.query, request.channel)
  const sorted = found.toSorted((a, b) => compareBy(request.sort, a, b) * (request.descending ? -1 : 1))
  const releases = Map.groupBy(found, (host) => `${host.channel}@${host.release}`)
  return {
    nowMs: NOW,
    total: hosts.filter((host) => request.channel === null || host.channel === request.channel).length,
    matching: found.length,
    counts: countConditions(found),
    sites: countSites(found),
    releases: [...releases.values()]
      .map((same) => ({ channel: same[0]?.channel ?? '', sequence: same[0]?.release ?? 0, hosts: same.length }))
      .toSorted((a, b) => b.hosts - a.hosts),
    states: toStates(found),
    first: request.first,
    rows: sorted.slice(request.first, request.first + request.count),
  }
}

function compareBy(sort: HostsRequest['sort'], a: HostLine, b: HostLine): number {
  const by = <T extends string | number>(pick: (host: HostLine) => T): number =>
    pick(a) < pick(b) ? -1 : pick(a) > pick(b) ? 1 : 0
  switch (sort) {
    case 'site':
      return by((host) => host.site)
    case 'release':
      return by((host) => host.release)
    case 'state':
      return by((host) => host.state)
    case 'progress':
      return by((host) => host.progress ?? -1)
    case 'left':
      return by((host) => host.left ?? -1)
    case 'rate':
      return by((host) => host.rate ?? -1)
    case 'time-left':
      return by((host) => host.secondsLeft ?? -1)
    case 'heard':
      return by((host) => host.heardMs ?? -1)
    case 'host':
      return by((host) => host.host)
  }
}

const KEY = 'ab12'.repeat(16)
const line = (
  channel: string,
  release: number,
  agoMs: number,
  message: string,
  more: Partial<ReleaseLine> = {},
): ReleaseLine => ({
  channel,
  release,
  manifest: `sha256-${release.toString(16).padStart(4, '0').repeat(16)}`,
  publishedMs: NOW - agoMs,
  expiresMs: NOW - agoMs + 90 * DAY,
  entries: 18_204 + release,
  bytes: 2.1 * 2 ** 30,
  message,
  signers: [{ key: KEY, role: `publisher of ${channel}` }],
  head: false,
  sameAs: null,
  live: 0,
  proved: 0,
  kept: true,
  ...more,
})

export const RELEASES: readonly ReleaseLine[] = [
  line('web', 42, 31 * MINUTE, 'Faster index, smaller images', { head: true, live: 2912, proved: 2880 }),
  line('base-config', 17, 5 * HOUR, 'NTP pool for the southern sites', { head: true, live: 1201, proved: 1190 }),
  line('web', 41, 2 * DAY, 'Session limits', { live: 402, proved: 380 }),
  line('web', 40, 6 * DAY, 'Back to 38: search was slow', { sameAs: 38, live: 31, proved: 31 }),
  line('web', 39, 7 * DAY, 'Search by site', { live: 12, proved: 12 }),
  line('web', 38, 12 * DAY, '', {}),
  line('base-config', 16, 20 * DAY, 'First', { kept: false, live: 3, proved: 3 }),
]

export const ALERTS: readonly Alert[] = [
  {
    id: 'failed/web/42',
    rule: 'failed',
    severity: 'bad',
    text: '9 hosts failed to apply web@42: NO_SPACE on 5 of them',
    channel: 'web',
    hosts: { count: 9, query: 'is:failed' },
    sinceMs: NOW - 12 * MINUTE,
    endedMs: null,
    acknowledgedMs: null,
  },
  {
    id: 'partition',
    rule: 'partition',
    severity: 'bad',
    text: 'syd1 does not reach the other sites: 163 hosts there are not heard',
    channel: null,
    hosts: { count: 163, query: 'site:syd1 is:offline' },
    sinceMs: NOW - 4 * HOUR,
    endedMs: null,
    acknowledgedMs: null,
  },
  {
    id: 'held/web/42',
    rule: 'held',
    severity: 'warn',
    text: 'The daily budget of ship-7 holds 20 hosts until midnight',
    channel: 'web',
    hosts: { count: 20, query: 'is:held' },
    sinceMs: NOW - 25 * MINUTE,
    endedMs: null,
    acknowledgedMs: null,
  },
]

const card = (
  hosts: readonly HostLine[],
  channel: string,
  release: number,
  more: Partial<ChannelCard>,
): ChannelCard => {
  const own = hosts.filter((host) => host.channel === channel)
  const counts = countConditions(own)
  return {
    channel,
    release,
    publishedMs: NOW - 31 * MINUTE,
    expiresMs: NOW + 89 * DAY,
    fresh: true,
    message: 'Faster index, smaller images',
    converged: counts.current,
    hosts: own.length,
    counts,
    estimate: {
      halfByMs: NOW - 9 * MINUTE,
      almostAllByMs: NOW + 14 * MINUTE,
      without: null,
      reachable: own.length - counts.offline,
      offline: counts.offline,
    },
    rollout: null,
    ...more,
  }
}

export function overviewOf(hosts: readonly HostLine[]): OverviewUpdate {
  const counts = countConditions(hosts)
  return {
    nowMs: NOW,
    mesh: { id: '0f'.repeat(16), name: 'acme', rootVersion: 3, expiresMs: NOW + 300 * DAY },
    self: {
      peerId: '12D3KooWQv3yqz1r8oYf5XrKq6m7QWq8w4cUu2dQvVh8rT1wZ9Ab',
      host: 'admin-desk',
      site: 'oslo',
      peers: 41,
      relayedPeers: 3,
      heardMs: NOW - 1_000,
      behindNat: false,
      addresses: ['/ip4/10.0.0.4/tcp/4401'],
    },
    hosts: hosts.length,
    withTargets: hosts.length - counts.unknown,
    current: counts.current,
    counts,
    sites: countSites(hosts),
    channels:
      hosts.length === 0
        ? []
        : [
            card(hosts, 'web', 42, { rollout: { state: 'running', wave: 2, waves: 3 } }),
            card(hosts, 'base-config', 17, {
              publishedMs: NOW - 5 * HOUR,
              message: 'NTP pool for the southern sites',
              estimate: { halfByMs: null, almostAllByMs: null, without: 'gated', reachable: 1200, offline: 40 },
              rollout: { state: 'gated', wave: 1, waves: 2 },
            }),
            card(hosts, 'maps', 0, { publishedMs: null, expiresMs: null, message: '', hosts: 12 }),
          ],
    alerts: hosts.length === 0 ? [] : ALERTS,
    openAlerts: hosts.length === 0 ? 0 : ALERTS.length,
    recent: hosts.length === 0 ? [] : RELEASES.slice(0, 4),
  }
}
