import { type LinkRate, RATE_AGES, type SiteLink } from '../../protocol/index.ts'
import type { NetworkLink } from '../../protocol/control/index.ts'
import { rateNow, type ToldLinks } from './told-links.ts'

/** Words of one pair of sites, summed up as they come. */
interface Pair {
  readonly a: string
  readonly b: string
  hosts: number
  relayed: number
  toldByA: number
  toldByB: number
  roundTripMs: number | undefined
  rateToA: number | undefined
  rateToB: number | undefined
  measured: LinkRate | undefined
  heardMs: number
}

const newPair = (a: string, b: string): Pair => ({
  a,
  b,
  hosts: 0,
  relayed: 0,
  toldByA: 0,
  toldByB: 0,
  roundTripMs: undefined,
  rateToA: undefined,
  rateToB: undefined,
  measured: undefined,
  heardMs: 0,
})

/** Pairs of sites between which hosts of either tell of a link. */
class Pairs {
  readonly #pairs = new Map<string, Map<string, Pair>>()

  add({ site, heardMs = 0 }: ToldLinks, link: SiteLink, nowMs: number): void {
    const [a, b] = site < link.site ? [site, link.site] : [link.site, site]
    const pair = this.#of(a, b)
    pair.hosts++
    if (link.relayed) pair.relayed++
    if (site === a) pair.toldByA += link.connections
    else pair.toldByB += link.connections
    if (link.roundTripMs !== undefined)
      pair.roundTripMs = Math.min(link.roundTripMs, pair.roundTripMs ?? Number.POSITIVE_INFINITY)
    pair.heardMs = Math.max(pair.heardMs, heardMs)
    if (link.rate !== undefined) addRate(pair, site, rateNow(link.rate, nowMs - heardMs))
  }

  #of(a: string, b: string): Pair {
    const ofA = this.#pairs.get(a) ?? new Map<string, Pair>()
    const pair = ofA.get(b) ?? newPair(a, b)
    this.#pairs.set(a, ofA.set(b, pair))
    return pair
  }

  has(a: string, b: string): boolean {
    return this.#pairs.get(a)?.has(b) === true
  }

  *links(stale: boolean): Iterable<NetworkLink> {
    const pairs = [...this.#pairs.values()].flatMap((ofA) => [...ofA.values()])
    for (const { toldByA, toldByB, roundTripMs, rateToA, rateToB, measured, ...pair } of pairs) {
      yield {
        ...pair,
        // Each connection is told at both its ends.
        connections: Math.max(toldByA, toldByB),
        roundTripMs: roundTripMs ?? null,
        rateToA: rateToA ?? null,
        rateToB: rateToB ?? null,
        measured: measured ?? null,
        stale,
      }
    }
  }
}

/** A rate is told by who receives. */
function addRate(pair: Pair, site: string, rate: LinkRate): void {
  if (rate.age === 'now' && site === pair.a) pair.rateToA = (pair.rateToA ?? 0) + rate.bytesPerSecond
  if (rate.age === 'now' && site === pair.b) pair.rateToB = (pair.rateToB ?? 0) + rate.bytesPerSecond
  if (pair.measured === undefined || isNewer(rate, pair.measured)) pair.measured = rate
}

const rankOf = ({ age }: LinkRate): number => RATE_AGES.indexOf(age)

const isNewer = (rate: LinkRate, than: LinkRate): boolean =>
  rankOf(rate) === rankOf(than) ? rate.bytesPerSecond > than.bytesPerSecond : rankOf(rate) < rankOf(than)

/**
 * Links between sites, each pair once, by name. What a silent host said last counts for less than what others tell now: where both sites have hosts that tell, and none of them names the other, there
 * is no link any more. Pure (LINKS-5, LINKS-6).
 */
export function linksBetween(words: readonly ToldLinks[], nowMs: number): readonly NetworkLink[] {
  const sites = new Set(words.map(({ site }) => site))
  const telling = new Set(words.flatMap((told) => (told.fresh && told.report !== undefined ? told.site : [])))
  const [fresh, old] = [new Pairs(), new Pairs()]
  for (const told of words) {
    for (const link of told.report?.sites ?? []) {
      // A site without members is none any more.
      if (sites.has(link.site)) (told.fresh ? fresh : old).add(told, link, nowMs)
    }
  }
  const last = [...old.links(true)].filter(({ a, b }) => !fresh.has(a, b) && !(telling.has(a) && telling.has(b)))
  return [...fresh.links(false), ...last].toSorted((x, y) => compare(x.a, y.a) || compare(x.b, y.b))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
