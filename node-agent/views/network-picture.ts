import type { HostLine, NetworkPath, NetworkSite, NetworkUpdate } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'
import { countConditions } from './counts.ts'
import { linksBetween } from './site-links.ts'
import { partsOf } from './site-parts.ts'
import { hopsBetween } from './site-path.ts'
import type { ViewSources } from './sources.ts'
import type { ToldLinks } from './told-links.ts'

/** Sites, and the links between them by the words of their hosts. */
export async function networkPicture({ views }: ViewSources, nowMs: number): Promise<NetworkUpdate> {
  const fleet = await views.ready()
  const { book, peer } = views.mesh
  const selfSite = book.member(peer)?.site ?? null
  const words = views.toldLinks(nowMs)
  const told = Map.groupBy(words, ({ site }) => site)
  const lines = Map.groupBy(
    fleet.lines(null, nowMs).map(({ line }) => line),
    ({ site }) => site,
  )
  const sites = [...lines].map(([site, hosts]) => networkSite(site, hosts, told.get(site) ?? []))
  const links = linksBetween(words, nowMs)
  return { nowMs, selfSite, sites, links, parts: partsOf(sites, links, selfSite) }
}

function networkSite(site: string, lines: readonly HostLine[], words: readonly ToldLinks[]): NetworkSite {
  const fresh = words.filter(({ fresh: heard }) => heard)
  const reports = fresh.flatMap(({ report }) => report ?? [])
  const times = words.flatMap(({ heardMs }) => heardMs ?? [])
  return {
    site,
    hosts: lines.length,
    counts: countConditions(lines),
    heard: fresh.length,
    telling: reports.length,
    relayedOnly: reports.filter((report) => report.sites.length > 0 && report.sites.every(({ relayed }) => relayed))
      .length,
    lone: fresh.length < 2 ? 0 : reports.filter(({ neighbours }) => neighbours === 0).length,
    heardMs: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
  }
}

/** How two hosts reach each other over links that are known. @throws NO_SUCH_HOST */
export async function networkPath(
  { views }: ViewSources,
  from: string,
  to: string,
  nowMs: number,
): Promise<NetworkPath> {
  await views.ready()
  const words = views.toldLinks(nowMs)
  const wordOf = (name: string): ToldLinks => {
    const word = words.find(({ host }) => host === name)
    if (word === undefined) throw new ShoalError('NO_SUCH_HOST', `no member is called ${name}`)
    return word
  }
  const [start, end] = [wordOf(from), wordOf(to)]
  const hops = hopsBetween(words, linksBetween(words, nowMs), start, end)
  return { fromSite: start.site, toSite: end.site, hops }
}
