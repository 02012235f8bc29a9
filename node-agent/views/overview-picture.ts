import {
  CONTROL_LIMITS,
  type ChannelCard,
  type OverviewUpdate,
  type SelfConnection,
} from '../../protocol/control/index.ts'
import { countConditions, countSites } from './counts.ts'
import { estimateConvergence } from './estimate.ts'
import { releasesPicture } from './releases-picture.ts'
import { rolloutSummary } from './rollout-parts.ts'
import type { ViewSources } from './sources.ts'

/** The first screen: everything in short. */
export async function overviewPicture(sources: ViewSources, nowMs: number): Promise<OverviewUpdate> {
  const { views } = sources
  const fleet = await views.ready()
  const { book } = views.mesh
  const { root } = book
  if (root === undefined) throw new TypeError('a mesh part without a root')
  const lines = fleet.lines(null, nowMs).map(({ line }) => line)
  const cards: ChannelCard[] = []
  for (const channel of fleet.channels()) cards.push(await channelCard(sources, channel, nowMs))
  const recent = { channel: null, first: 0, count: CONTROL_LIMITS.overviewRows }
  const { rows } = await releasesPicture(views, recent, await sources.kept(), nowMs)
  const open = views.alerts.open()
  return {
    nowMs,
    mesh: { id: root.mesh, name: root.body.name, rootVersion: root.version, expiresMs: root.body.expiresMs },
    self: selfConnection(sources),
    hosts: lines.length,
    withTargets: lines.filter(({ channel }) => channel !== null).length,
    current: lines.filter(({ state }) => state === 'current').length,
    counts: countConditions(lines),
    sites: countSites(lines, CONTROL_LIMITS.viewSites),
    channels: cards,
    alerts: open.slice(0, CONTROL_LIMITS.overviewRows),
    openAlerts: open.length,
    recent: rows,
  }
}

function selfConnection({ views, self }: ViewSources): SelfConnection {
  const { book, peer } = views.mesh
  const member = book.member(peer)
  const connected = views.connected()
  return {
    peerId: peer,
    host: member?.host ?? null,
    site: member?.site ?? null,
    peers: connected.length,
    relayedPeers: connected.filter(({ relayed }) => relayed).length,
    heardMs: views.heardMs,
    behindNat: self.reach().behindNat,
    addresses: self.addresses(),
  }
}

async function channelCard(sources: ViewSources, channel: string, nowMs: number): Promise<ChannelCard> {
  const { views } = sources
  const fleet = views.fleet()
  const head = fleet.head(channel)
  const release = head?.version ?? 0
  const known = fleet.lines(channel, nowMs)
  const lines = known.map(({ line }) => line)
  const view = (await sources.rollout(channel))?.view ?? null
  const rollout = rolloutSummary(view, lines, release)
  return {
    channel,
    release,
    publishedMs: head?.body.publishedAtMs ?? null,
    expiresMs: head?.body.expiresMs ?? null,
    fresh: head !== undefined && nowMs <= head.body.expiresMs,
    message: head?.body.message ?? '',
    converged: release === 0 ? 0 : lines.filter((line) => line.proved && line.release >= release).length,
    hosts: lines.length,
    counts: countConditions(lines),
    estimate: estimateConvergence({
      hosts: known,
      open: view?.open ?? null,
      release,
      publishedMs: head?.body.publishedAtMs ?? 0,
      curve: views.curves.of(channel, release),
      paused: rollout?.state === 'paused',
      nowMs,
    }),
    rollout,
  }
}
