import { describe, expect, test } from 'vitest'
import { hopsBetween, linksBetween, partsOf, rateNow, type ToldLinks } from '../../../node-agent/views/index.ts'
import { parseSiteName, type SiteLink } from '../../../protocol/index.ts'
import { CONTROL_LIMITS, encodeFrame, type NetworkSite } from '../../../protocol/control/index.ts'
import { countConditions } from '../../support/console/fleet.ts'
import { seededRng } from '../../support/test-mesh.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000

const to = (site: string, more: Partial<SiteLink> = {}): SiteLink => ({
  site: parseSiteName(site),
  connections: 1,
  relayed: false,
  roundTripMs: undefined,
  rate: undefined,
  ...more,
})

/** A host that spoke a minute ago, or `agoMs`. */
function word(host: string, sites: readonly SiteLink[] | undefined, agoMs = MINUTE): ToldLinks {
  const [site = ''] = host.split('/')
  const report = sites && { neighbours: 1, sites }
  return { host, site, report, heardMs: NOW - agoMs, fresh: agoMs <= 15 * MINUTE }
}

/** Sites of these words as the view has them. */
function sitesOf(words: readonly ToldLinks[]): readonly NetworkSite[] {
  return [...Map.groupBy(words, ({ site }) => site)].map(([site, told]) => ({
    site,
    hosts: told.length,
    counts: countConditions([]),
    heard: told.filter(({ fresh }) => fresh).length,
    telling: told.filter(({ fresh, report }) => fresh && report !== undefined).length,
    relayedOnly: 0,
    lone: 0,
    heardMs: Math.max(...told.map(({ heardMs = 0 }) => heardMs)),
  }))
}

const pairs = (words: readonly ToldLinks[]) => linksBetween(words, NOW).map(({ a, b, stale }) => [a, b, stale])
const parts = (words: readonly ToldLinks[], self: string | null) =>
  partsOf(sitesOf(words), linksBetween(words, NOW), self).map(({ sites, deniedBy }) => [sites.join(' '), deniedBy])

describe('links between sites', () => {
  test('LINKS-5 each pair once, with the words of both sides', () => {
    const [link, ...more] = linksBetween(
      [
        word('oslo/1', [to('lima', { connections: 2, roundTripMs: 180, rate: { bytesPerSecond: 5000, age: 'now' } })]),
        word('oslo/2', [to('lima', { relayed: true, rate: { bytesPerSecond: 7000, age: 'now' } })], 30_000),
        word('lima/1', [
          to('oslo', { connections: 2, roundTripMs: 200, rate: { bytesPerSecond: 9e6, age: 'hours' } }),
          to('no-longer'),
          to('lima'),
        ]),
      ],
      NOW,
    )
    expect(more).toEqual([])
    expect(link).toEqual({
      a: 'lima',
      b: 'oslo',
      hosts: 3,
      relayed: 1,
      connections: 3,
      roundTripMs: 180,
      rateToA: null,
      rateToB: 12_000,
      measured: { bytesPerSecond: 7000, age: 'now' },
      heardMs: NOW - 30_000,
      stale: false,
    })
  })

  test('LINKS-5 a measure ages with the word that tells it', () => {
    const rate = (age: 'now' | 'minutes' | 'hours' | 'older') => ({ bytesPerSecond: 1, age })
    expect(rateNow(rate('now'), 80_000).age).toBe('now')
    expect(rateNow(rate('now'), 3 * MINUTE).age).toBe('minutes')
    expect(rateNow(rate('now'), 16 * MINUTE).age).toBe('hours')
    expect(rateNow(rate('minutes'), 10 * MINUTE).age).toBe('minutes')
    expect(rateNow(rate('hours'), 4 * 60 * MINUTE).age).toBe('older')
    expect(rateNow(rate('older'), 0).age).toBe('older')
  })

  test('LINKS-6 the last word of a silent host is shown as such, while nobody tells of that link now', () => {
    const silent = word('oslo/1', [to('lima'), to('kyiv')], 60 * MINUTE)
    expect(pairs([silent, word('lima/1', []), word('kyiv/1', [to('oslo')])])).toEqual([
      ['kyiv', 'oslo', false],
      ['lima', 'oslo', true],
    ])
  })

  test('LINKS-6 where hosts of both sites tell, and none names the other, there is no link', () => {
    const silent = word('oslo/1', [to('lima')], 60 * MINUTE)
    expect(pairs([silent, word('oslo/2', []), word('lima/1', [])])).toEqual([])
    expect(pairs([silent, word('oslo/2', undefined), word('lima/1', [])])).toEqual([['lima', 'oslo', true]])
  })

  test('LINKS-7 a site that the others do not reach is apart, and so are those that were joined to it last', () => {
    const words = [
      word('oslo/1', [to('kyiv')]),
      word('kyiv/1', [to('oslo')]),
      word('lima/1', [to('oslo'), to('quito')], 60 * MINUTE),
      word('quito/1', [to('lima')], 70 * MINUTE),
    ]
    expect(parts(words, 'oslo')).toEqual([
      ['kyiv oslo', 0],
      ['lima quito', 2],
    ])
    expect(parts(words, 'lima')).toEqual([
      ['kyiv lima oslo', 0],
      ['quito', 2],
    ])
  })

  test('LINKS-7 a silent site to which others tell a link is not apart', () => {
    expect(parts([word('oslo/1', [to('lima')]), word('lima/1', [], 60 * MINUTE)], 'oslo')).toEqual([['lima oslo', 0]])
  })

  test('LINKS-7 where nobody tells its links, silence is all that is known; words that arrive join their site', () => {
    const old = [word('oslo/1', undefined), word('kyiv/1', undefined), word('lima/1', undefined, 60 * MINUTE)]
    expect(parts(old, 'oslo')).toEqual([
      ['kyiv oslo', 0],
      ['lima', 0],
    ])
    const never = { host: 'bonn/1', site: 'bonn', report: undefined, heardMs: undefined, fresh: false }
    const sites = [...sitesOf(old), ...sitesOf([never]).map((site) => ({ ...site, heardMs: null }))]
    expect(partsOf(sites, [], 'oslo').map((part) => part.sites)).toEqual([['kyiv', 'oslo'], ['lima']])
  })

  test('LINKS-7 a node of no site looks from where most are heard', () => {
    expect(parts([word('a/1', [], 60 * MINUTE), word('b/1', []), word('b/2', [])], null)).toEqual([
      ['b', 0],
      ['a', 2],
    ])
  })

  test('LINKS-8 the path has the fewest hops, the quicker of equals, and what silent hosts said only where nothing else leads', () => {
    const words = [
      word('a/1', [to('b', { roundTripMs: 20 }), to('c', { roundTripMs: 10 })]),
      word('a/2', [to('b', { roundTripMs: 30 })]),
      word('b/1', [to('d', { roundTripMs: 20 })]),
      word('c/1', [to('d', { relayed: true, roundTripMs: 1 })]),
      word('d/1', [to('b')]),
      word('d/2', []),
      word('e/1', [to('d', { roundTripMs: 5 })], 60 * MINUTE),
    ]
    const links = linksBetween(words, NOW)
    const path = (from: string, end: string) => {
      const [start, last] = [from, end].map((host) => words.find((told) => told.host === host))
      if (start === undefined || last === undefined) throw new Error('no host')
      return hopsBetween(words, links, start, last)
    }
    expect(path('a/2', 'd/2').map(({ fromSite, toSite, leave, arrive }) => [fromSite, toSite, leave, arrive])).toEqual([
      ['a', 'b', ['a/2', 'a/1'], []],
      ['b', 'd', ['b/1'], ['d/1']],
    ])
    expect(path('e/1', 'a/1').map(({ fromSite, toSite, stale }) => [fromSite, toSite, stale])).toEqual([
      ['e', 'd', true],
      ['d', 'b', false],
      ['b', 'a', false],
    ])
    expect(path('a/1', 'a/2')).toEqual([])
    expect(hopsBetween(words, [], word('a/1', []), word('b/1', []))).toEqual([])
  })

  test('LINKS-10 the links of 10,000 hosts on 45 sites cost under 100 kB a second', () => {
    const rng = seededRng(3)
    const name = (i: number): string => `site-${String(i).padStart(2, '0')}`
    const words = Array.from({ length: 10_000 }, (_, i) => {
      const others = new Set(Array.from({ length: 5 }, () => name(Math.floor(rng() * 45))))
      others.delete(name(i % 45))
      const rate = { bytesPerSecond: 1e6, age: 'now' } as const
      return word(
        `${name(i % 45)}/${i}`,
        [...others].toSorted().map((site) => to(site, { roundTripMs: 22.6, rate })),
        rng() * 5 * MINUTE,
      )
    })
    const links = linksBetween(words, NOW)
    expect(links).toHaveLength((45 * 44) / 2)
    const { length } = encodeFrame({ t: 'item', id: 1, seq: 1, value: { links } })
    const restMs = Math.max(CONTROL_LIMITS.viewMinMs, CONTROL_LIMITS.viewLinkMs * links.length)
    expect((length / restMs) * 1000).toBeLessThan(100_000)
  })
})
