import { setTimeout as delay } from 'node:timers/promises'
import type { ControlHandlers, HostLine } from '../../../protocol/control/index.ts'
import { CONTROL_LIMITS } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aPublish, fakeHandlers, untilCancelled } from '../fake-handlers.ts'
import { countSites, NOW } from './fleet.ts'
import { accessOf, REVOKE_EFFECT, revokeEffectOf } from './access-view.ts'
import { ACTIVITY, activityOf, alertsOf, networkOf, PATH_HOPS, SETTINGS } from './other-views.ts'
import { changesOf, compareOf, foldersOf, previewOf, TEXTS } from './publish-view.ts'
import { hostsOf, matching } from './hosts-view.ts'
import { ALERTS, overviewOf, RELEASES } from './overview-view.ts'
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
