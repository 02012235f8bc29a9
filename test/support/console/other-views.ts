import type {
  ActivityRequest,
  ActivityRow,
  ActivityUpdate,
  AgentSettings,
  AlertsUpdate,
  HostLine,
  NetworkHop,
  NetworkLink,
  NetworkPart,
  NetworkSite,
  NetworkUpdate,
} from '../../../protocol/control/index.ts'
import { countSites, DAY, HOUR, MINUTE, NOW, seeded } from './fleet.ts'

const KEY = 'ab12'.repeat(16)

export function networkOf(hosts: readonly HostLine[]): NetworkUpdate {
  const sites = countSites(hosts).map(({ site, hosts: here, counts }): NetworkSite => {
    const heard = site === 'syd1' ? 0 : here - counts.offline
    return {
      site,
      hosts: here,
      counts,
      heard,
      telling: site === 'cape-town' ? Math.round(heard / 2) : heard,
      relayedOnly: site === 'ship-7' ? here : 0,
      lone: site === 'nyc3' ? 2 : 0,
      heardMs: site === 'syd1' ? NOW - 4 * HOUR : NOW - 1_500,
    }
  })
  const names = new Set(sites.map((site) => site.site))
  const hostsOf = (some: readonly string[]): number =>
    sites.reduce((sum, site) => sum + (some.includes(site.site) ? site.hosts : 0), 0)
  const first = [...names].filter((site) => site !== 'syd1')
  const away: NetworkPart = { sites: ['syd1'], hosts: hostsOf(['syd1']), heardMs: NOW - 4 * HOUR, deniedBy: 1_204 }
  return {
    nowMs: NOW,
    selfSite: 'oslo',
    sites,
    links: NETWORK_LINKS.filter((one) => names.has(one.a) && names.has(one.b)),
    parts: [
      ...(first.length > 0 ? [{ sites: first, hosts: hostsOf(first), heardMs: NOW - 1_500, deniedBy: 0 }] : []),
      ...(names.has('syd1') ? [away] : []),
    ],
  }
}

const link = (a: string, b: string, hosts: number, more: Partial<NetworkLink> = {}): NetworkLink => ({
  a,
  b,
  hosts,
  relayed: 0,
  connections: hosts,
  roundTripMs: null,
  rateToB: null,
  rateToA: null,
  measured: null,
  heardMs: NOW - 4_000,
  stale: false,
  ...more,
})
const flow = (bytesPerSecond: number): Partial<NetworkLink> => ({
  rateToB: bytesPerSecond,
  rateToA: bytesPerSecond / 3,
  measured: { bytesPerSecond: bytesPerSecond / 40, age: 'now' },
})

const NETWORK_LINKS: readonly NetworkLink[] = [
  link('ams2', 'fra1', 820, { roundTripMs: 8, ...flow(610 * 2 ** 20) }),
  link('ams2', 'oslo', 110, { roundTripMs: 16, ...flow(40 * 2 ** 20) }),
  link('cape-town', 'fra1', 24, { roundTripMs: 181, measured: { bytesPerSecond: 9 * 2 ** 20, age: 'hours' } }),
  link('fra1', 'nyc3', 310, { roundTripMs: 91, ...flow(310 * 2 ** 20) }),
  link('fra1', 'oslo', 240, { roundTripMs: 23, relayed: 3, ...flow(95 * 2 ** 20) }),
  link('fra1', 'syd1', 12, { roundTripMs: 256, heardMs: NOW - 4 * HOUR, stale: true }),
  link('nyc3', 'sgp1', 60, { roundTripMs: 181, relayed: 4, ...flow(22 * 2 ** 20) }),
  link('oslo', 'ship-7', 6, { roundTripMs: 512, relayed: 6, ...flow(60 * 2 ** 10) }),
  link('sgp1', 'syd1', 31, { roundTripMs: 91, heardMs: NOW - 4 * HOUR, stale: true }),
]

export const PATH_HOPS: readonly NetworkHop[] = [
  {
    ...link('', '', 240, { roundTripMs: 23 }),
    fromSite: 'oslo',
    toSite: 'fra1',
    rate: 95 * 2 ** 20,
    leave: ['oslo-0001', 'oslo-0007', 'oslo-0012'],
    arrive: ['fra1-0003', 'fra1-0004', 'fra1-0009'],
  },
  {
    ...link('', '', 4, { roundTripMs: 91, relayed: 4, heardMs: NOW - 9_000 }),
    fromSite: 'fra1',
    toSite: 'nyc3',
    rate: null,
    measured: { bytesPerSecond: 4 * 2 ** 20, age: 'hours' },
    leave: ['fra1-0021'],
    arrive: ['nyc3-0040', 'nyc3-0041'],
  },
]

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
