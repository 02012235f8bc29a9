import { setTimeout as delay } from 'node:timers/promises'
import type { ControlHandlers } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { anAccess } from '../fake-access.ts'
import { untilCancelled } from '../fake-handlers.ts'
import { activityOf } from './other-views.ts'
import { makeFleet, NOW } from './fleet.ts'
import { fleetHandlers, picture } from './views.ts'
import { overviewOf } from './overview-view.ts'

/** What every page asks for, so that each can be made to answer in one way. */
const METHODS = ['settings', 'access', 'folders', 'queryVocabulary', 'networkPath', 'hostAt'] as const
const STREAMS = [
  'watchHosts',
  'watchHost',
  'watchRollout',
  'watchReleases',
  'watchNetwork',
  'watchActivity',
  'watchAlerts',
  'compare',
] as const

/** Everything refuses but the overview, without which there is no page at all. */
export function refusing(): ControlHandlers {
  const refuse = (): never => {
    throw new ShoalError('STORE_CORRUPT', 'the records of this home cannot be read; nothing was changed')
  }
  return all(
    async () => refuse(),
    async function* () {
      yield refuse()
      return refuse()
    },
    (_request, signal) => picture(overviewOf(makeFleet(60)), signal),
  )
}

/** Between pictures of a mesh in which everything changes all the time, milliseconds: as often as an agent tells at most. */
const STIR_MS = 50

/** Everything that counts hosts is another with every picture; `told` hears of each. */
export function stirring(told: () => void): ControlHandlers {
  const fleets = [makeFleet(600, 7), makeFleet(600, 8)].map((fleet) => fleetHandlers(fleet))
  async function* stir<T>(open: (handlers: ControlHandlers) => AsyncIterable<T>, signal: AbortSignal) {
    for (let turn = 0; !signal.aborted; turn++) {
      const handlers = fleets[turn % 2]
      if (handlers === undefined) break
      for await (const value of open(handlers)) {
        yield value
        break
      }
      told()
      await delay(STIR_MS, undefined, { signal }).catch(() => undefined)
    }
    return null
  }
  return fleetHandlers(makeFleet(600), {
    watchOverview: (request, signal) => stir((handlers) => handlers.watchOverview(request, signal), signal),
    watchHosts: (request, signal) => stir((handlers) => handlers.watchHosts(request, signal), signal),
    watchHost: (request, signal) => stir((handlers) => handlers.watchHost(request, signal), signal),
    watchRollout: (request, signal) => stir((handlers) => handlers.watchRollout(request, signal), signal),
    watchNetwork: (request, signal) => stir((handlers) => handlers.watchNetwork(request, signal), signal),
    watchReleases: (request, signal) => stir((handlers) => handlers.watchReleases(request, signal), signal),
  })
}

/** Nothing ever answers. */
export const silent = (): ControlHandlers =>
  all(
    (_request, signal) => untilCancelled(signal),
    async function* (_request, signal) {
      yield await untilCancelled(signal)
      return untilCancelled(signal)
    },
    (_request, signal) => picture(overviewOf([]), signal),
  )

function all(
  method: (request: unknown, signal: AbortSignal) => Promise<never>,
  stream: (request: unknown, signal: AbortSignal) => AsyncGenerator<never, never, undefined>,
  watchOverview?: ControlHandlers['watchOverview'],
): ControlHandlers {
  return fleetHandlers([], {
    ...Object.fromEntries(METHODS.map((name) => [name, method])),
    ...Object.fromEntries(STREAMS.map((name) => [name, stream])),
    ...(watchOverview === undefined ? {} : { watchOverview }),
  })
}

/** A mesh in which nothing has happened yet. */
export const empty = (): ControlHandlers =>
  fleetHandlers([], {
    watchReleases: (_request, signal) => picture({ nowMs: NOW, total: 0, first: 0, rows: [] }, signal),
    watchActivity: (request, signal) => picture(activityOf([], request), signal),
    watchAlerts: (_request, signal) => picture({ nowMs: NOW, alerts: [] }, signal),
    watchNetwork: (_request, signal) =>
      picture({ nowMs: NOW, selfSite: null, sites: [], links: [], parts: [] }, signal),
    access: async () => anAccess(),
    folders: async () => ({ above: [], rows: [], truncated: false }),
  })

/** A home without a mesh, which makes one when it is told to. */
export const firstRun = (): ControlHandlers =>
  fleetHandlers([], {
    watchOverview: async function* (_request, signal) {
      if (!signal.aborted) throw new ShoalError('NO_MESH', 'this home belongs to no mesh')
      yield overviewOf([])
      return untilCancelled(signal)
    },
    meshCreate: async ({ name }) => ({
      mesh: '0f'.repeat(16),
      name,
      rootFingerprint: `sha256-${'9e'.repeat(32)}`,
      peerId: '12D3KooW',
    }),
  })

/** What the questions over pages ask for, besides what the pages do. */
export const DIALOG_ANSWERS: Partial<ControlHandlers> = {
  meshInvite: async (request) => ({
    ...request,
    ticket: `shoal1${'t'.repeat(700)}`,
    expires: new Date(NOW + 24 * 3_600_000).toISOString(),
  }),
}
