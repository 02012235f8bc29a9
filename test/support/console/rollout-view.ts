import type { CurvePoint, HostLine, HostUpdate, RolloutUpdate } from '../../../protocol/control/index.ts'
import type { Why, WhyReason } from '../../../protocol/status/index.ts'
import { countConditions, DAY, HOUR, MINUTE, NOW } from './fleet.ts'

const KEY = 'ab12'.repeat(16)
const REASONS: Partial<Record<HostLine['state'], readonly [WhyReason, string]>> = {
  failed: ['failed', 'it failed to apply the release: NO_SPACE: 0.4 GiB free, the release needs 1.1 GiB more'],
  drifted: ['drifted', 'its live tree is not what it committed: 3 paths differ'],
  held: ['held', 'its budget for metered links is spent: 40 MiB a day, until 00:00'],
  'catching-up': [
    'working',
    'it came back 6 min ago and skips 3 releases; 380 MiB left at 0.1 MiB/s over one relayed peer',
  ],
  updating: ['working', 'it fetches from 3 peers'],
}

export function whyOf(line: HostLine): Why {
  const [reason, text] = REASONS[line.state] ?? ['proved', 'it proved the release']
  return {
    channel: line.channel ?? 'web',
    host: line.host,
    site: line.site,
    reason,
    text,
    ageSeconds: line.heardMs === null ? 0 : Math.round((NOW - line.heardMs) / 1000),
    evidence: {
      sequence: line.release,
      state: 'failed',
      proved: line.proved,
      progress: line.progress ?? 0,
      error: null,
      headSequence: line.want,
    },
  }
}

/** A curve that climbs to where the fleet is now. */
function curveTo(hosts: number, converged: number, failed: number, offline: number): readonly CurvePoint[] {
  return Array.from({ length: 60 }, (_, i) => {
    const part = i / 59
    const climbed = 1 / (1 + Math.exp(-9 * (part - 0.55)))
    return {
      atMs: NOW - 31 * MINUTE + part * 31 * MINUTE,
      hosts,
      converged: Math.round(converged * Math.min(1, climbed * 1.02)),
      failed: Math.round(failed * Math.max(0, part - 0.3) * 1.42),
      offline,
    }
  })
}

export function rolloutOf(all: readonly HostLine[], channel: string, release: number | null): RolloutUpdate {
  const hosts = all.filter((host) => host.channel === channel)
  const counts = countConditions(hosts)
  const stuck = hosts.filter((host) => ['failed', 'drifted', 'held', 'catching-up'].includes(host.state))
  const second = Math.round(hosts.length * 0.2)
  return {
    nowMs: NOW,
    channel,
    release: release ?? 42,
    superseded: release !== null && release < 42,
    publishedMs: NOW - 31 * MINUTE,
    signers: [{ key: KEY, role: `publisher of ${channel}` }],
    message: 'Faster index, smaller images',
    again: null,
    hosts: hosts.length,
    converged: counts.current,
    counts,
    summary: { state: 'running', wave: 2, waves: 3 },
    waves: [
      {
        number: 1,
        name: 'wave 1',
        who: 'label:role=canary',
        query: 'label:role=canary',
        state: 'done',
        hosts: 24,
        converged: 24,
        failed: 0,
        openedMs: NOW - 31 * MINUTE,
        gates: [
          { kind: 'healthy', text: '95 % healthy: 24 of 24 hosts', met: true, share: 1, needed: 0.95, metByMs: null },
        ],
      },
      {
        number: 2,
        name: 'wave 2',
        who: '20 %',
        query: 'site:fra1',
        state: 'open',
        hosts: second,
        converged: Math.round(second * 0.71),
        failed: 3,
        openedMs: NOW - 24 * MINUTE,
        gates: [
          {
            kind: 'healthy',
            text: '95 % healthy: 248 of 349 hosts, 332 needed',
            met: false,
            share: 0.71,
            needed: 0.95,
            metByMs: null,
          },
          { kind: 'time', text: '30 min', met: false, share: null, needed: null, metByMs: NOW + 6 * MINUTE },
          { kind: 'approval', text: 'approval by a person', met: false, share: null, needed: null, metByMs: null },
        ],
      },
      {
        number: 3,
        name: 'wave 3',
        who: 'all',
        query: '-site:fra1',
        state: 'next',
        hosts: hosts.length - second - 24,
        converged: 0,
        failed: 0,
        openedMs: null,
        gates: [],
      },
    ],
    estimate: {
      halfByMs: NOW - 9 * MINUTE,
      almostAllByMs: NOW + 14 * MINUTE,
      without: null,
      reachable: hosts.length - counts.offline,
      offline: counts.offline,
    },
    curve: curveTo(hosts.length, counts.current, counts.failed, counts.offline),
    bytes: {
      sameSite: 93 * 2 ** 30,
      otherSites: 7.4 * 2 ** 30,
      publisherSite: 1.1 * 2 ** 30,
      reused: 3.1 * 2 ** 40,
      wasted: 38 * 2 ** 20,
    },
    stragglers: stuck.slice(0, 14).map((host) => ({ ...host, why: whyOf(host) })),
    steps: [
      {
        atMs: NOW - 24 * MINUTE,
        what: 'promote',
        wave: 2,
        by: [{ key: KEY, role: 'publisher of web' }],
        text: 'Wave 2 was opened: canaries are fine',
      },
      {
        atMs: NOW - 29 * MINUTE,
        what: 'resume',
        wave: null,
        by: [{ key: KEY, role: 'publisher of web' }],
        text: 'Went on',
      },
    ],
  }
}

export function hostOf(line: HostLine): HostUpdate {
  return {
    nowMs: NOW,
    host: line.host,
    site: line.site,
    labels: line.labels,
    peerId: `12D3KooW${line.host.replaceAll('-', 'x')}Qv3yqz1r8oYf5XrKq6m7QW`,
    joinedMs: NOW - 210 * DAY,
    heardMs: line.heardMs,
    agentVersion: '0.1.0',
    addresses: ['/ip4/10.4.0.17/tcp/4401', '/ip4/203.0.113.9/tcp/4401'],
    connection:
      line.state === 'offline'
        ? null
        : { direct: line.site !== 'syd1', outbound: true, address: '/ip4/10.4.0.17/tcp/4401', roundTripMs: 24.2 },
    neighbours: 12,
    links: [
      {
        site: 'cape-town',
        peers: 1,
        more: false,
        relayed: true,
        roundTripMs: 181,
        rate: { bytesPerSecond: 2 ** 16, age: 'older' },
      },
      {
        site: 'fra1',
        peers: 4,
        more: true,
        relayed: false,
        roundTripMs: 23,
        rate: { bytesPerSecond: 4 * 2 ** 20, age: 'now' },
      },
    ],
    channels:
      line.channel === null
        ? []
        : [
            {
              channel: line.channel,
              release: line.release,
              want: line.want,
              state: line.state,
              said: line.state === 'current' ? 'settled' : 'fetching',
              proved: line.proved,
              provedMs: line.proved ? NOW - 4 * MINUTE : null,
              progress: line.progress,
              left: line.left,
              rate: line.rate,
              secondsLeft: line.secondsLeft,
              received: {
                wireBytes: 41 * 2 ** 20,
                sameSiteBytes: 30 * 2 ** 20,
                otherSiteBytes: 11 * 2 ** 20,
                wastedBytes: 0,
                reusedBytes: 2 ** 30,
              },
              commit: {
                strategy: 'in-place',
                operations: 1841,
                windowMs: 38.4,
                at: new Date(NOW - 4 * MINUTE).toISOString(),
                groups: [],
                weaker: ['renames on NFS are not atomic for other clients'],
              },
              retained: { releases: 2, bytes: 310 * 2 ** 20, heldBytes: 12 * 2 ** 20 },
              staleProcesses: [
                {
                  pid: 4121,
                  why: 'mapped',
                  startedAt: new Date(NOW - 3 * DAY).toISOString(),
                  unit: 'web-worker.service',
                  command: '/usr/bin/web-worker',
                  paths: ['lib/index.so'],
                },
              ],
              atRisk: [],
              error:
                line.error === null
                  ? null
                  : { code: line.error.split(':')[0] ?? '', message: line.error.slice(line.error.indexOf(':') + 2) },
              why: whyOf(line),
            },
          ],
    events: [
      { atMs: NOW - 4 * MINUTE, channel: 'web', what: line.state, release: 42, text: `web@42: ${line.state}` },
      { atMs: NOW - 2 * HOUR, channel: null, what: 'back', release: 41, text: 'Came back after 3 d' },
      { atMs: NOW - 3 * DAY, channel: null, what: 'offline', release: 41, text: 'Was not heard any more' },
    ],
  }
}
