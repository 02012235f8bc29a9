import { describe, expect, onTestFinished, test } from 'vitest'
import { connectPair } from '../../support/control-pair.ts'
import { Notices } from '../../../main/native/notices.ts'
import { fleetProgress, newlyConverged, newlyOpened, openAlerts, routeOfAlert } from '../../../main/watch/changes.ts'
import { watchAgent, type WatchSinks } from '../../../main/watch/watch.ts'
import { routeOfLink } from '../../../protocol/console/index.ts'
import {
  type Alert,
  type AlertsUpdate,
  type ChannelCard,
  type OverviewUpdate,
} from '../../../protocol/control/index.ts'
import { Notification } from '../../host/electron.ts'
import { untilCancelled } from '../../support/fake-handlers.ts'

const anAlert = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  rule: 'failed',
  severity: 'bad',
  text: `2 hosts failed on ${id}`,
  channel: 'web',
  hosts: { count: 2, query: 'is:failed' },
  sinceMs: 0,
  endedMs: null,
  acknowledgedMs: null,
  ...more,
})
const alerts = (...all: readonly Alert[]): AlertsUpdate => ({ nowMs: 1, alerts: all })

const counts = (some: Partial<ChannelCard['counts']> = {}): ChannelCard['counts'] => ({
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
  ...some,
})
const card = (channel: string, release: number, converged: number, some: Partial<ChannelCard['counts']> = {}) => ({
  channel,
  release,
  publishedMs: 0,
  expiresMs: 1,
  fresh: true,
  message: '',
  converged,
  hosts: 5,
  counts: counts(some),
  estimate: { halfByMs: null, almostAllByMs: null, without: null, reachable: 4, offline: 1 },
  rollout: null,
})
const overview = (...channels: readonly ChannelCard[]): OverviewUpdate => ({
  nowMs: 1,
  mesh: { id: '', name: 'acme', rootVersion: 1, expiresMs: 1 },
  self: {
    peerId: '',
    host: null,
    site: null,
    peers: 1,
    relayedPeers: 0,
    heardMs: 1,
    behindNat: false,
    addresses: [],
  },
  hosts: 5,
  withTargets: 5,
  current: 0,
  counts: counts(),
  sites: [],
  channels,
  alerts: [],
  openAlerts: 0,
  recent: [],
})

describe('what the desktop shows of the mesh', () => {
  test('DESK-10 open alerts are those that nobody has seen and that go on', () => {
    const update = alerts(anAlert('a'), anAlert('b', { acknowledgedMs: 1 }), anAlert('c', { endedMs: 1 }))
    expect(openAlerts(update).map(({ id }) => id)).toEqual(['a'])
  })

  test('DESK-9 news are the alerts that were not open before', () => {
    const before = alerts(anAlert('a'), anAlert('b', { acknowledgedMs: 1 }), anAlert('c', { endedMs: 1 }))
    const after = alerts(anAlert('a'), anAlert('b'), anAlert('c'), anAlert('d'))
    expect(newlyOpened(before, after).map(({ id }) => id)).toEqual(['c', 'd'])
  })

  test('DESK-9 a release that every host has proved is news once', () => {
    const part = overview(card('web', 2, 4), card('base', 1, 5))
    const all = overview(card('web', 2, 5), card('base', 1, 5))
    expect(newlyConverged(part, all)).toEqual([{ channel: 'web', release: 2, hosts: 5 }])
    expect(newlyConverged(all, all)).toEqual([])
    expect(newlyConverged(overview(), all)).toEqual([])
    expect(newlyConverged(all, overview(card('web', 3, 5)))).toEqual([{ channel: 'web', release: 3, hosts: 5 }])
  })

  test('DESK-10 the taskbar shows how far the releases are that hosts work on, of the hosts that can be reached', () => {
    expect(fleetProgress(overview(card('web', 2, 1, { offline: 4 })))).toBeUndefined()
    expect(fleetProgress(overview(card('web', 2, 1, { updating: 2 }), card('base', 1, 0)))).toBe(0.25)
    expect(fleetProgress(overview(card('web', 2, 5, { 'catching-up': 1 })))).toBe(1)
    expect(fleetProgress(overview())).toBeUndefined()
  })

  test('DESK-9 an alert leads to its hosts; every place is one that a link may name, too', () => {
    expect(routeOfAlert(anAlert('a'))).toBe('/hosts?q=is%3Afailed&channel=web')
    expect(routeOfAlert(anAlert('a', { hosts: null }))).toBe('/alerts')
    expect(routeOfLink(`shoal:/${routeOfAlert(anAlert('a'))}`)).toBe(routeOfAlert(anAlert('a')))
  })

  test('SEC-13 DESK-9 notifications open their place, come as one when there are many, and hide nothing', () => {
    const opened: string[] = []
    const notices = new Notices({ enabled: () => true, open: (route) => opened.push(route) })
    const from = Notification.shown.length
    const shown = () => Notification.shown.slice(from)
    notices.alerts([anAlert('web', { text: 'host \u202Egpj.exe <b>\u0000failed' })])
    notices.alerts(['a', 'b', 'c', 'd'].map((id) => anAlert(id)))
    notices.converged([{ channel: 'web', release: 3, hosts: 5 }])
    expect(shown().map(({ options }) => options)).toEqual([
      { title: 'Alert', body: 'host \uFFFDgpj.exe \uFFFDb\uFFFD\uFFFDfailed' },
      { title: '4 alerts', body: '2 hosts failed on a' },
      { title: 'web@3', body: 'all 5 hosts have proved it' },
    ])
    for (const notification of shown()) notification.emit('click')
    expect(opened).toEqual(['/hosts?q=is%3Afailed&channel=web', '/alerts', '/rollouts/web/3'])
    new Notices({ enabled: () => false, open: () => undefined }).alerts([anAlert('a')])
    expect(shown()).toHaveLength(3)
  })

  test('DESK-9 DESK-10 SEC-7 the agent is followed, unlocked from the keyring, and followed again when it went away', async () => {
    const told: unknown[][] = []
    const stop = new AbortController()
    const tell = (...line: unknown[]): void => {
      told.push(line)
      const seen = new Set(told.map((one) => one.join()))
      if (seen.has('alerts,0') && seen.has('converged,web')) stop.abort()
    }
    const sinks: WatchSinks = {
      alerts: (open) => void tell('alerts', open.length),
      opened: (all) => void (all.length > 0 && tell('opened', ...all.map(({ id }) => id))),
      converged: (channels) => void (channels.length > 0 && tell('converged', channels[0]?.channel)),
      progress: (share) => void tell('progress', share),
      problem: (what, cause) => void tell('problem', what, String(cause)),
    }
    const unlocked: string[] = []
    const rounds = [
      {
        pictures: [alerts(anAlert('a')), alerts(anAlert('a'), anAlert('b'))],
        views: [card('web', 2, 4, { updating: 1 })],
      },
      { pictures: [alerts()], views: [card('web', 2, 4), card('web', 2, 5)] },
    ]
    let round = -1
    const connect = () => {
      round += 1
      const { pictures, views } = rounds[round]!
      const pair = connectPair({
        access: async () => lockedAccess,
        keysUnlock: async ({ passphrase }) => {
          unlocked.push(passphrase)
          return { state: 'unlocked', locksAt: null }
        },
        watchAlerts: async function* (_req, signal) {
          yield* pictures
          if (round === 1) await untilCancelled(signal)
          return null
        },
        watchOverview: async function* (_req, signal) {
          for (const view of views) yield overview(view)
          if (round === 1) await untilCancelled(signal)
          return null
        },
      })
      onTestFinished(pair.close)
      return pair.client
    }
    await watchAgent({ connect, passphrase: async () => 'sesame', sleep: async () => undefined }, sinks, stop.signal)
    expect(unlocked).toEqual(['sesame', 'sesame'])
    const has = (...line: readonly unknown[]) => expect(told).toContainEqual(line)
    has('alerts', 1)
    has('alerts', 2)
    has('opened', 'b')
    has('progress', 1)
    has('alerts', 0)
    expect(told.filter(([what]) => what === 'problem')).toEqual([])
  })
})

const lockedAccess = {
  mesh: { id: '', name: '', rootFingerprint: '', rootVersion: 1, expires: '', revokedKeys: [] },
  me: { peerId: '', host: null, site: null, keys: [], lock: { state: 'locked', locksAt: null } },
  roles: [],
  pending: [],
  members: [],
  quarantined: [],
  revoked: [],
  proposals: [],
} as const
