import type {
  ActivityRequest,
  ActivityRow,
  ActivityUpdate,
  AgentSettings,
  AlertsUpdate,
  HostLine,
  NetworkUpdate,
} from '../../../protocol/control/index.ts'
import { countSites, DAY, HOUR, MINUTE, NOW, seeded } from './fleet.ts'

const KEY = 'ab12'.repeat(16)

export function networkOf(hosts: readonly HostLine[]): NetworkUpdate {
  const sites = countSites(hosts).map(({ site, hosts: here, counts }) => ({
    site,
    hosts: here,
    counts,
    heard: site === 'syd1' ? 0 : here - counts.offline,
    relayedOnly: site === 'ship-7' ? here : 0,
    heardMs: site === 'syd1' ? NOW - 4 * HOUR : NOW - 1_500,
  }))
  const link = (a: string, b: string, connections: number, relayed: number, roundTripMs: number, rate: number) => ({
    a,
    b,
    connections,
    relayed,
    roundTripMs,
    rateToB: rate,
    rateToA: rate / 3,
    heardMs: NOW - 4_000,
  })
  const names = new Set(sites.map((site) => site.site))
  return {
    nowMs: NOW,
    selfSite: 'oslo',
    sites,
    links: [
      link('ams2', 'fra1', 820, 0, 9, 610 * 2 ** 20),
      link('fra1', 'oslo', 240, 3, 22, 95 * 2 ** 20),
      link('fra1', 'nyc3', 310, 0, 88, 310 * 2 ** 20),
      link('ams2', 'oslo', 110, 0, 18, 40 * 2 ** 20),
      link('nyc3', 'sgp1', 60, 4, 210, 22 * 2 ** 20),
      link('cape-town', 'fra1', 24, 0, 160, 9 * 2 ** 20),
      link('oslo', 'ship-7', 6, 6, 620, 0.06 * 2 ** 20),
    ].filter((one) => names.has(one.a) && names.has(one.b)),
    parts: names.has('syd1')
      ? [[...names].filter((site) => site !== 'syd1'), ['syd1']]
      : names.size === 0
        ? []
        : [[...names]],
  }
}

export const alertsOf = (open: AlertsUpdate['alerts']): AlertsUpdate => ({
  nowMs: NOW,
  alerts: [
    ...open,
    {
      id: 'expiring/root',
      rule: 'expiring',
      severity: 'warn',
      text: 'The root expires in 20 days',
      channel: null,
      hosts: null,
      sinceMs: NOW - 3 * DAY,
      endedMs: null,
      acknowledgedMs: NOW - 2 * DAY,
    },
    {
      id: 'rolled-back/web/39',
      rule: 'rolled-back',
      severity: 'bad',
      text: '4 hosts went back from web@39: HEALTH_FAILED',
      channel: 'web',
      hosts: { count: 4, query: 'is:rolled-back' },
      sinceMs: NOW - 7 * DAY,
      endedMs: NOW - 6 * DAY,
      acknowledgedMs: null,
    },
  ],
})

const random = seeded(11)
export const ACTIVITY: readonly ActivityRow[] = Array.from({ length: 400 }, (_, i): ActivityRow => {
  const kinds = ['release', 'rollout', 'invited', 'joined', 'rollback', 'revoked', 'keys'] as const
  const kind = kinds[Math.floor(random() * kinds.length)] ?? 'release'
  return {
    id: `${kind}/${i}@1`,
    kind,
    atMs: NOW - i * 47 * MINUTE,
    subject: kind === 'release' ? 'web' : `oslo-${String(i).padStart(4, '0')}`,
    text:
      kind === 'release'
        ? `web@${42 - Math.floor(i / 10)} published: Faster index \u202eevil`
        : `oslo-${String(i).padStart(4, '0')} ${kind}`,
    by: [{ key: KEY, role: kind === 'release' ? 'publisher of web' : 'enroller' }],
    verified: i !== 6,
    digest: i.toString(16).padStart(2, '0').repeat(32),
  }
})

export function activityOf(
  rows: readonly ActivityRow[],
  { kinds, text, first, count }: ActivityRequest,
): ActivityUpdate {
  const found = rows.filter(
    (one) => (kinds.length === 0 || kinds.includes(one.kind)) && `${one.text} ${one.subject}`.includes(text),
  )
  return { nowMs: NOW, total: rows.length, matching: found.length, first, rows: found.slice(first, first + count) }
}

export const SETTINGS: AgentSettings = {
  savedViews: [
    { name: 'Edge that fails', query: 'is:failed label:role=edge', channel: null },
    { name: 'Not heard for an hour', query: 'heard:>1h', channel: 'web' },
  ],
  mutedAlerts: ['stale'],
  agentVersion: '0.1.0',
  home: '/var/lib/shoal',
  statusIntervalMs: 300_000,
  mdns: true,
  relay: false,
  listen: ['/ip4/0.0.0.0/tcp/4401'],
  bootstrap: ['/dns4/gate.example/tcp/4401'],
  limits: ['metered: 2 MiB/s, 40 MiB a day, quiet 06:00-22:00', 'other sites: 20 MiB/s'],
}
