import {
  LIMITS,
  LINK_CONNECTIONS,
  type LinkRate,
  type LinkReport,
  type RateAge,
  roundRate,
  roundRoundTrip,
  type SiteLink,
  type SiteName,
} from '../../protocol/index.ts'
import { TALK_RATE } from '../traffic/index.ts'

/** A connected member, and its connections. */
export interface LinkedPeer {
  readonly site: SiteName
  /** On this host's own site. */
  readonly sameSite: boolean
  readonly relayed: boolean
  readonly roundTripMs: number | undefined
  /** Bytes a second of the last 30 seconds. */
  readonly receiveRate: number
  /** When it was last busy. */
  readonly measured: { readonly rate: number; readonly ageMs: number } | undefined
}

const MINUTES_MS = 15 * 60_000
const HOURS_MS = 4 * 3_600_000

/** What a host tells of its links: how many neighbours, and the best link to each other site. Pure (LINKS-1). */
export function reportLinks(peers: readonly LinkedPeer[]): LinkReport {
  const others = Map.groupBy(
    peers.filter(({ sameSite }) => !sameSite),
    ({ site }) => site,
  )
  const links = [...others].map(([site, there]) => linkTo(site, there))
  return {
    neighbours: peers.length - links.reduce((sum, { site }) => sum + (others.get(site)?.length ?? 0), 0),
    sites: links.toSorted(byWorth).slice(0, LIMITS.sitesPerStatus).toSorted(byName),
  }
}

function linkTo(site: SiteName, peers: readonly LinkedPeer[]): SiteLink {
  const direct = peers.filter(({ relayed }) => !relayed)
  const trips = (direct.length > 0 ? direct : peers).flatMap(({ roundTripMs }) => roundTripMs ?? [])
  return {
    site,
    connections: Math.min(peers.length, LINK_CONNECTIONS),
    relayed: direct.length === 0,
    roundTripMs: trips.length === 0 ? undefined : roundRoundTrip(Math.min(...trips)),
    rate: rateOf(peers),
  }
}

/** What comes now from all of them together; else the most that one of them ever brought. */
function rateOf(peers: readonly LinkedPeer[]): LinkRate | undefined {
  const flow = peers.reduce((sum, { receiveRate }) => sum + receiveRate, 0)
  if (flow >= TALK_RATE) return { bytesPerSecond: roundRate(flow), age: 'now' }
  const [best] = peers.flatMap(({ measured }) => measured ?? []).toSorted((a, b) => b.rate - a.rate)
  return best && { bytesPerSecond: roundRate(best.rate), age: ageOf(best.ageMs) }
}

const ageOf = (ms: number): RateAge => (ms <= MINUTES_MS ? 'minutes' : ms <= HOURS_MS ? 'hours' : 'older')

/** Where not all can be told: those over which content comes, then the quickest. */
const byWorth = (a: SiteLink, b: SiteLink): number =>
  Number(b.rate?.age === 'now') - Number(a.rate?.age === 'now') ||
  (a.roundTripMs ?? Number.POSITIVE_INFINITY) - (b.roundTripMs ?? Number.POSITIVE_INFINITY) ||
  byName(a, b)

const byName = (a: SiteLink, b: SiteLink): number => (a.site < b.site ? -1 : 1)
