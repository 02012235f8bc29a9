import type { LinkRate } from '../../protocol/records/index.ts'
import type { NetworkLink, NetworkPart, NetworkUpdate } from '../../protocol/control/window.ts'
import { countOf, formatAge, formatCount, formatDuration, formatRate } from './format.ts'
import type { LayoutInput } from './layout.ts'
import { namesText } from './text.ts'

/** Radius of a site on the map: by the square root of its hosts, CSS pixels. */
export const siteRadius = (hosts: number, most: number): number => 14 + 26 * Math.sqrt(hosts / Math.max(1, most))

/** Of each site so many links draw it near: the quickest, so that places do not change with every connection that comes and goes. */
const DRAWN_NEAR = 3

export function toLayoutInput(update: Pick<NetworkUpdate, 'sites' | 'links'>): LayoutInput {
  const most = Math.max(1, ...update.sites.map((site) => site.hosts))
  const places = new Map(update.sites.map((site, place) => [site.site, place]))
  const near = new Set(
    [...linksBySite(update.links).values()].flatMap((own) => own.toSorted(byTrip).slice(0, DRAWN_NEAR)),
  )
  return {
    radii: update.sites.map((site) => Math.round(siteRadius(site.hosts, most))),
    links: update.links.flatMap((link) => {
      const [a, b] = [places.get(link.a), places.get(link.b)]
      return a === undefined || b === undefined || !near.has(link) ? [] : [[a, b] as const]
    }),
  }
}

const byTrip = (x: NetworkLink, y: NetworkLink): number =>
  Number(x.stale) - Number(y.stale) || (x.roundTripMs ?? 1e9) - (y.roundTripMs ?? 1e9)

/** Links of every site that has any: each link twice. */
export function linksBySite(links: readonly NetworkLink[]): ReadonlyMap<string, readonly NetworkLink[]> {
  const found = new Map<string, NetworkLink[]>()
  for (const link of links) {
    for (const site of [link.a, link.b]) {
      const own = found.get(site)
      if (own === undefined) found.set(site, [link])
      else own.push(link)
    }
  }
  return found
}

/** Links of one site. */
export const linksOf = (links: readonly NetworkLink[], site: string): readonly NetworkLink[] =>
  links.filter(({ a, b }) => a === site || b === site)

/** What comes over a link in both directions now, bytes a second; null when nobody says. */
export const rateOf = ({ rateToA, rateToB }: Pick<NetworkLink, 'rateToA' | 'rateToB'>): number | null =>
  rateToA === null && rateToB === null ? null : (rateToA ?? 0) + (rateToB ?? 0)

export const isRelayed = ({ hosts, relayed }: Pick<NetworkLink, 'hosts' | 'relayed'>): boolean =>
  hosts > 0 && relayed === hosts

/** How two sites are joined, by the words of their hosts. `cut`: what silent hosts said last, and no way is left between their parts. */
export type LinkState = 'direct' | 'relayed' | 'stale' | 'cut'

export const LINK_STATES: Readonly<Record<LinkState, string>> = {
  direct: 'direct',
  relayed: 'through a relay',
  stale: 'last word',
  cut: 'cut',
}

/** Says how a link stands in a picture. */
export function createLinkStates({ parts }: Pick<NetworkUpdate, 'parts'>): (link: NetworkLink) => LinkState {
  const partOf = new Map(parts.flatMap(({ sites }, part) => sites.map((site) => [site, part] as const)))
  return (link) => {
    if (!link.stale) return isRelayed(link) ? 'relayed' : 'direct'
    return partOf.get(link.a) === partOf.get(link.b) ? 'stale' : 'cut'
  }
}

const AGES: Readonly<Record<LinkRate['age'], string>> = {
  now: 'now',
  minutes: 'minutes ago',
  hours: 'hours ago',
  older: 'long ago',
}

/** `4.0 MiB/s hours ago`. */
export const measuredText = ({ bytesPerSecond, age }: LinkRate): string => `${formatRate(bytesPerSecond)} ${AGES[age]}`

/** `820 MiB/s · 24 ms · relayed`, `4 h ago`: what is worth saying on the map. */
export function linkText(link: NetworkLink, nowMs: number): string {
  if (link.stale) return `${formatAge(Math.max(0, (nowMs - link.heardMs) / 1000))} ago`
  const rate = rateOf(link)
  return [
    ...(rate === null || rate === 0 ? [] : [formatRate(rate)]),
    ...(link.roundTripMs === null ? [] : [formatDuration(link.roundTripMs)]),
    ...(isRelayed(link) ? ['relayed'] : []),
  ].join(' · ')
}

/** Sites that a sentence names before it counts the rest. */
const NAMED = 6

/** What is known of a part that this node's part does not reach. */
export function partText({ sites, hosts, heardMs, deniedBy }: NetworkPart, nowMs: number): string {
  const [are, them] = sites.length === 1 ? ['is', 'it'] : ['are', 'any of them']
  const last = heardMs === null ? '' : `; the last word is ${formatAge(Math.max(0, (nowMs - heardMs) / 1000))} old`
  const what = `${namesText(sites, NAMED)} (${countOf(hosts, 'host')})`
  if (deniedBy === 0) return `Nothing is heard of ${what}, and no host says which sites it reaches${last}.`
  const said =
    deniedBy === 1
      ? `the one host that tells which sites it reaches reaches ${them === 'it' ? 'it' : 'none of them'} no more`
      : `none of the ${formatCount(deniedBy)} hosts that tell which sites they reach reaches ${them}`
  return `${what} ${are} cut off: ${said}${last}.`
}
