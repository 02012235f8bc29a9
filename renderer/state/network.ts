import type { NetworkLink, NetworkUpdate } from '../../protocol/control/window.ts'
import { formatRate } from './format.ts'
import type { LayoutInput } from './layout.ts'

/** Radius of a site on the map: by the square root of its hosts, CSS pixels. */
export const siteRadius = (hosts: number, most: number): number => 14 + 26 * Math.sqrt(hosts / Math.max(1, most))

export function toLayoutInput(update: Pick<NetworkUpdate, 'sites' | 'links'>): LayoutInput {
  const most = Math.max(1, ...update.sites.map((site) => site.hosts))
  const places = new Map(update.sites.map((site, place) => [site.site, place]))
  return {
    radii: update.sites.map((site) => Math.round(siteRadius(site.hosts, most))),
    links: update.links.flatMap((link) => {
      const [a, b] = [places.get(link.a), places.get(link.b)]
      return a === undefined || b === undefined ? [] : [[a, b] as const]
    }),
  }
}

/** What passes over a link in both directions, bytes a second; null when nobody says. */
export const rateOf = ({ rateToA, rateToB }: NetworkLink): number | null =>
  rateToA === null && rateToB === null ? null : (rateToA ?? 0) + (rateToB ?? 0)

/** `820 MiB/s`, `relayed`, `24 ms`: what is worth saying on the map. */
export function linkText(link: NetworkLink): string {
  const rate = rateOf(link)
  const parts = [
    ...(rate === null || rate === 0 ? [] : [formatRate(rate)]),
    ...(link.connections > 0 && link.relayed === link.connections ? ['relayed'] : []),
  ]
  return parts.join(', ')
}
