import { LINK_CONNECTIONS, ShoalError } from '../../protocol/index.ts'
import type { HostChannel, HostLink, HostUpdate, PeerConnection } from '../../protocol/control/index.ts'
import { explain } from '../../protocol/status/index.ts'
import { hostStatus } from './host-status.ts'
import type { ViewSources } from './sources.ts'
import { rateNow } from './told-links.ts'
import type { FleetHost } from './types.ts'

/** All that is known of one host. @throws NO_SUCH_HOST */
export async function hostPicture(sources: ViewSources, name: string, nowMs: number): Promise<HostUpdate> {
  const { views } = sources
  const fleet = await views.ready()
  const host = fleet.host(name)
  if (host === undefined) throw new ShoalError('NO_SUCH_HOST', `no member is called ${name}`)
  const { member, status } = host
  const channels = await Promise.all(
    [...host.channels.keys()].map((channel) => hostChannel(sources, host, channel, nowMs)),
  )
  return {
    nowMs,
    host: member.host,
    site: member.site,
    labels: member.labels,
    peerId: member.peer,
    joinedMs: member.boundAtMs,
    heardMs: status?.body.atMs ?? null,
    agentVersion: status?.body.agentVersion ?? null,
    addresses: status?.body.addresses ?? [],
    connection: connectionTo(sources, host),
    ...linksOf(sources, host, nowMs),
    channels: channels.filter((one) => one !== undefined),
    events: views.events.of(member.peer),
  }
}

function connectionTo({ views }: ViewSources, { member }: FleetHost): PeerConnection | null {
  const peer = views.connected().find(({ peerId }) => peerId === member.peer)
  if (peer === undefined) return null
  const { relayed, direction, address, roundTripMs } = peer
  return { direct: !relayed, outbound: direction === 'outbound', address, roundTripMs }
}

/** By its own words. */
function linksOf({ views }: ViewSources, host: FleetHost, nowMs: number): Pick<HostUpdate, 'neighbours' | 'links'> {
  const { report, heardMs = 0 } = views.toldLinksOf(host, nowMs)
  if (report === undefined) return { neighbours: null, links: [] }
  const links = report.sites.map(({ site, connections, relayed, roundTripMs = null, rate }): HostLink => ({
    site,
    peers: connections,
    more: connections >= LINK_CONNECTIONS,
    relayed,
    roundTripMs,
    rate: rate === undefined ? null : rateNow(rate, nowMs - heardMs),
  }))
  return { neighbours: report.neighbours, links }
}

async function hostChannel(
  sources: ViewSources,
  host: FleetHost,
  channel: string,
  nowMs: number,
): Promise<HostChannel | undefined> {
  const fleet = sources.views.fleet()
  const line = fleet.line(host, channel, nowMs)?.line
  const own = host.channels.get(channel)
  const view = hostStatus(sources.views, host, { channel, rollout: await sources.rollout(channel), nowMs })
  if (line === undefined || own === undefined || view === undefined) return undefined
  return {
    channel,
    release: line.release,
    want: line.want,
    state: line.state,
    said: own.state,
    proved: own.proved,
    provedMs: own.provedAtMs === 0 ? null : own.provedAtMs,
    progress: line.progress,
    left: line.left,
    rate: line.rate,
    secondsLeft: line.secondsLeft,
    received: own.received,
    commit: view.host.commit,
    retained: own.retained,
    staleProcesses: view.host.staleProcesses,
    atRisk: view.host.atRisk,
    error: view.host.error,
    why: explain(view.channel, view.host),
  }
}
