import { CONTROL_LIMITS, type NetworkHop, type NetworkLink } from '../../protocol/control/index.ts'
import type { ToldLinks } from './told-links.ts'

/** A hop costs more than any round trip, and one that nobody told of lately more than any number of hops. */
const HOP = 1e6
const STALE = 1e12

const costOf = ({ stale, relayed, hosts, roundTripMs }: NetworkLink): number =>
  (stale ? STALE : 0) + HOP + (relayed === hosts ? HOP / 4 : 0) + (roundTripMs ?? HOP / 8)

/** The fewest hops from one site to another, over links that are still told of where there are; of equals the quickest. Empty when no way is known. Pure. */
export function linksTo(links: readonly NetworkLink[], from: string, to: string): readonly NetworkLink[] {
  const joined = new Map<string, NetworkLink[]>()
  for (const link of links) {
    for (const site of [link.a, link.b]) joined.set(site, [...(joined.get(site) ?? []), link])
  }
  const costs = new Map([[from, 0]])
  const came = new Map<string, { readonly link: NetworkLink; readonly from: string }>()
  const open = new Set([from])
  while (open.size > 0) {
    const site = [...open].reduce((best, other) => ((costs.get(other) ?? 0) < (costs.get(best) ?? 0) ? other : best))
    open.delete(site)
    if (site === to) break
    for (const link of joined.get(site) ?? []) {
      const next = link.a === site ? link.b : link.a
      const cost = (costs.get(site) ?? 0) + costOf(link)
      if (cost >= (costs.get(next) ?? Number.POSITIVE_INFINITY)) continue
      costs.set(next, cost)
      came.set(next, { link, from: site })
      open.add(next)
    }
  }
  const way: NetworkLink[] = []
  for (let step = came.get(to); step !== undefined; step = came.get(step.from)) way.unshift(step.link)
  return way
}

/** How two hosts reach each other over links that hosts tell of. Pure (LINKS-8). */
export function hopsBetween(
  words: readonly ToldLinks[],
  links: readonly NetworkLink[],
  from: ToldLinks,
  to: ToldLinks,
): readonly NetworkHop[] {
  let site = from.site
  return linksTo(links, from.site, to.site).map(({ a, b, rateToA, rateToB, ...link }): NetworkHop => {
    const fromSite = site
    const toSite = a === fromSite ? b : a
    site = toSite
    const rate = a === fromSite ? rateToB : rateToA
    const leave = endsOf(words, { at: fromSite, to: toSite, first: from.host, fresh: !link.stale })
    const arrive = endsOf(words, { at: toSite, to: fromSite, first: to.host, fresh: !link.stale })
    return { ...link, fromSite, toSite, rate, leave, arrive }
  })
}

/** Hosts of a site that tell of a link to another one. */
function endsOf(
  words: readonly ToldLinks[],
  {
    at,
    to,
    first,
    fresh,
  }: { readonly at: string; readonly to: string; readonly first: string; readonly fresh: boolean },
): readonly string[] {
  const ends = words.filter(
    (told) => told.site === at && told.fresh === fresh && told.report?.sites.some(({ site }) => site === to) === true,
  )
  const named = ends.toSorted((x, y) => Number(y.host === first) - Number(x.host === first))
  return named.slice(0, CONTROL_LIMITS.hopHosts).map(({ host }) => host)
}
