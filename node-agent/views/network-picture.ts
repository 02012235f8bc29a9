import type {
  HostLine,
  NetworkHop,
  NetworkLink,
  NetworkPath,
  NetworkSite,
  NetworkUpdate,
} from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'
import type { PeerView } from '../../protocol/status/index.ts'
import { countConditions } from './counts.ts'
import type { ViewSources } from './sources.ts'

/** Sites, and the links to them that this node has and measures. */
export async function networkPicture({ views }: ViewSources, nowMs: number): Promise<NetworkUpdate> {
  const fleet = await views.ready()
  const { book, peer } = views.mesh
  const selfSite = book.member(peer)?.site ?? null
  const connected = views.connected()
  const lines = fleet.lines(null, nowMs).map(({ line }) => line)
  const sites = [...Map.groupBy(lines, ({ site }) => site)].map(([site, hosts]) => networkSite(site, hosts, connected))
  const heard = sites.filter((site) => site.heard > 0 || site.site === selfSite).map(({ site }) => site)
  const silent = sites.filter(({ site }) => !heard.includes(site)).map(({ site }) => site)
  return {
    nowMs,
    selfSite,
    sites,
    links: selfSite === null ? [] : linksFrom(selfSite, connected, nowMs),
    // Word of a site comes only over what joins it to this one; of silent ones nobody knows more than that.
    parts: [heard, ...silent.map((site) => [site])].filter((part) => part.length > 0),
  }
}

function networkSite(site: string, hosts: readonly HostLine[], connected: readonly PeerView[]): NetworkSite {
  const heardOf = hosts.filter(({ state }) => state !== 'offline' && state !== 'unknown')
  const times = hosts.flatMap(({ heardMs }) => heardMs ?? [])
  return {
    site,
    hosts: hosts.length,
    counts: countConditions(hosts),
    heard: heardOf.length,
    relayedOnly: connected.filter((peer) => peer.site === site && peer.relayed).length,
    heardMs: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
  }
}

function linksFrom(selfSite: string, connected: readonly PeerView[], nowMs: number): readonly NetworkLink[] {
  const others = Map.groupBy(
    connected.filter(({ site }) => site !== selfSite),
    ({ site }) => site,
  )
  return [...others].map(([site, peers]): NetworkLink => {
    const [a, b] = site < selfSite ? [site, selfSite] : [selfSite, site]
    const trips = peers.flatMap(({ roundTripMs }) => roundTripMs ?? [])
    const received = peers.reduce((sum, { receiveBytesPerSecond }) => sum + receiveBytesPerSecond, 0)
    const sent = peers.reduce((sum, { sendBytesPerSecond }) => sum + sendBytesPerSecond, 0)
    return {
      a,
      b,
      connections: peers.length,
      relayed: peers.filter(({ relayed }) => relayed).length,
      roundTripMs: trips.length === 0 ? null : Math.min(...trips),
      rateToB: b === selfSite ? received : sent,
      rateToA: b === selfSite ? sent : received,
      heardMs: nowMs,
    }
  })
}

/** The fewest hops between the sites of two hosts over links that are known. @throws NO_SUCH_HOST */
export async function networkPath(sources: ViewSources, from: string, to: string, nowMs: number): Promise<NetworkPath> {
  const fleet = await sources.views.ready()
  const siteOf = (name: string): string => {
    const site = fleet.host(name)?.member.site
    if (site === undefined) throw new ShoalError('NO_SUCH_HOST', `no member is called ${name}`)
    return site
  }
  const { links } = await networkPicture(sources, nowMs)
  return { hops: hopsBetween(links, siteOf(from), siteOf(to)) }
}

/** Breadth first. Pure. */
export function hopsBetween(links: readonly NetworkLink[], from: string, to: string): readonly NetworkHop[] {
  const reached = new Map<string, readonly NetworkHop[]>([[from, []]])
  const queue = [from]
  for (let site = queue.shift(); site !== undefined; site = queue.shift()) {
    if (site === to) break
    for (const link of links) {
      if (link.a !== site && link.b !== site) continue
      const next = link.a === site ? link.b : link.a
      if (reached.has(next)) continue
      const { relayed, connections, roundTripMs, heardMs } = link
      const rate = link.a === site ? link.rateToB : link.rateToA
      const hop = { fromSite: site, toSite: next, relayed: relayed === connections, roundTripMs, rate, heardMs }
      reached.set(next, [...(reached.get(site) ?? []), hop])
      queue.push(next)
    }
  }
  return reached.get(to) ?? []
}
