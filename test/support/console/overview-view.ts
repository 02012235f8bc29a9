import type { Alert, ChannelCard, HostLine, OverviewUpdate, ReleaseLine } from '../../../protocol/control/index.ts'
import { countConditions, countSites, DAY, HOUR, MINUTE, NOW } from './fleet.ts'

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
