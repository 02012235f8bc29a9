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

/** Pairs of sites between which hosts of either tell of a link. With 10,000 hosts there are tens of thousands of words, so sites are numbers here. */
class Pairs {
  /** Numbers of sites, in the order of their names. */
  readonly #numbers: ReadonlyMap<string, number>
  readonly #pairs = new Map<number, Pair>()

  constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers
  }

  /** A site without members is none any more, and a site has no link to itself. */
  add({ site, heardMs = 0 }: ToldLinks, link: SiteLink, nowMs: number): void {
    const [here, there] = [this.#numbers.get(site), this.#numbers.get(link.site)]
    if (here === undefined || there === undefined || here === there) return
    const pair = here < there ? this.#of(here, there, site, link.site) : this.#of(there, here, link.site, site)
    pair.hosts++
    if (link.relayed) pair.relayed++
    if (here < there) pair.toldByA += link.connections
    else pair.toldByB += link.connections
    if (link.roundTripMs !== undefined && link.roundTripMs < (pair.roundTripMs ?? Number.POSITIVE_INFINITY)) {
      pair.roundTripMs = link.roundTripMs
    }
    if (heardMs > pair.heardMs) pair.heardMs = heardMs
    if (link.rate !== undefined) addRate(pair, here < there, rateNow(link.rate, nowMs - heardMs))
  }

  #of(first: number, second: number, a: string, b: string): Pair {
    const key = first * this.#numbers.size + second
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    const pair = newPair(a, b)
    this.#pairs.set(key, pair)
    return pair
  }

  has(a: string, b: string): boolean {
    return this.#pairs.has((this.#numbers.get(a) ?? 0) * this.#numbers.size + (this.#numbers.get(b) ?? 0))
  }

  *links(stale: boolean): Iterable<NetworkLink> {
    for (const { toldByA, toldByB, roundTripMs, rateToA, rateToB, measured, ...pair } of this.#pairs.values()) {
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
function addRate(pair: Pair, byA: boolean, rate: LinkRate): void {
  if (rate.age === 'now' && byA) pair.rateToA = (pair.rateToA ?? 0) + rate.bytesPerSecond
  if (rate.age === 'now' && !byA) pair.rateToB = (pair.rateToB ?? 0) + rate.bytesPerSecond
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
  const [names, telling] = [new Set<string>(), new Set<string>()]
  for (const { site, fresh, report } of words) {
    names.add(site)
    if (fresh && report !== undefined) telling.add(site)
  }
  const numbers = new Map([...names].toSorted().map((site, number) => [site, number]))
  const [fresh, old] = [new Pairs(numbers), new Pairs(numbers)]
  for (const told of words) {
    if (told.report === undefined) continue
    const pairs = told.fresh ? fresh : old
    for (const link of told.report.sites) pairs.add(told, link, nowMs)
  }
  const last = [...old.links(true)].filter(({ a, b }) => !fresh.has(a, b) && !(telling.has(a) && telling.has(b)))
  return [...fresh.links(false), ...last].toSorted((x, y) => compare(x.a, y.a) || compare(x.b, y.b))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
