import { type ChannelStatus, parseChannelName, type RecordOf } from '../../protocol/index.ts'
import type { Machine, Place, Work } from './state.ts'

const MINUTE = 60_000

/** What a host said at a moment of the past: at the newest release of then, settled long before; undefined where the channel has none. */
export function oldStatus(
  heads: readonly RecordOf<'head'>[],
  atMs: number,
  random: () => number,
): ChannelStatus | undefined {
  const head = heads.findLast(({ body }) => body.publishedAtMs < atMs) ?? heads[0]
  if (head === undefined) return undefined
  return {
    channel: parseChannelName(head.key),
    sequence: head.version,
    manifest: head.body.manifest,
    state: 'settled',
    proved: true,
    provedAtMs: head.body.publishedAtMs + Math.floor((1 + random() * 20) * MINUTE),
    progress: 1,
    targetSequence: head.version,
    received: { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0, reusedBytes: 0 },
    commit: undefined,
    retained: { releases: 1, bytes: 800_000, heldBytes: 0 },
    staleProcesses: [],
    atRisk: [],
    error: undefined,
  }
}

export const newPlace = (site: Place['site']): Place => ({
  site,
  machines: [],
  shares: new Map(),
  active: new Set(),
  speaking: new Set(),
  cut: false,
  fetching: 0,
  inRate: 0,
  fromConsoleRate: 0,
})

export const newWork = (machine: Machine, channel: Work['channel'], status: ChannelStatus): Work => ({
  machine,
  channel,
  phase: 'rest',
  dueMs: 0,
  status,
  target: undefined,
  done: 0,
  need: 0,
  own: 0,
  share: undefined,
  rate: 0,
  asked: 0,
  before: { sequence: 0, manifest: undefined },
  retried: false,
})
