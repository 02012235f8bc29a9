import { describe, expect, test } from 'vitest'
import { type LinkedPeer, reportLinks } from '../../../node-agent/handlers/link-report.ts'
import { TrafficMeter } from '../../../node-agent/net/traffic-meter.ts'
import { LIMITS, parseSiteName, roundRate, roundRoundTrip } from '../../../protocol/index.ts'

const peer = (site: string, more: Partial<LinkedPeer> = {}): LinkedPeer => ({
  site: parseSiteName(site),
  sameSite: site === 'home',
  relayed: false,
  roundTripMs: undefined,
  receiveRate: 0,
  measured: undefined,
  ...more,
})

describe('what a host tells of its links', () => {
  test('LINKS-1 neighbours are counted, and each other site has its best link', () => {
    const report = reportLinks([
      peer('home'),
      peer('oslo', { relayed: true, roundTripMs: 3 }),
      peer('oslo', { roundTripMs: 40 }),
      peer('oslo', { roundTripMs: 24 }),
      peer('lima', { relayed: true, roundTripMs: 610 }),
      ...Array.from({ length: 9 }, () => peer('kyiv')),
      peer('home'),
    ])
    expect(report).toEqual({
      neighbours: 2,
      sites: [
        { site: 'kyiv', connections: 4, relayed: false, roundTripMs: undefined, rate: undefined },
        { site: 'lima', connections: 1, relayed: true, roundTripMs: roundRoundTrip(610), rate: undefined },
        { site: 'oslo', connections: 3, relayed: false, roundTripMs: roundRoundTrip(24), rate: undefined },
      ],
    })
  })

  test('LINKS-1 numbers are rounded to steps: noise changes nothing', () => {
    for (const ms of [0.2, 1, 8, 23, 256, 8_200]) {
      expect(roundRoundTrip(ms * 1.1)).toBe(roundRoundTrip(ms))
      expect(Math.abs(Math.log2(roundRoundTrip(ms) / Math.max(ms, 1)))).toBeLessThan(0.26)
    }
    expect(new Set([900_000, 905_000, 910_000].map(roundRate)).size).toBe(1)
    expect(roundRate(0)).toBe(1024)
  })

  test('LINKS-1 with more sites than are told, those over which content comes, then the quickest', () => {
    const far = Array.from({ length: LIMITS.sitesPerStatus }, (_, i) => peer(`far-${i}`, { roundTripMs: 100 + i * 50 }))
    const { sites } = reportLinks([...far, peer('busy', { receiveRate: 90_000, roundTripMs: 9_000 })])
    expect(sites).toHaveLength(LIMITS.sitesPerStatus)
    const names = sites.map(({ site }) => site)
    expect(names).toEqual(names.toSorted())
    expect(names).toContain('busy')
    expect(names).not.toContain(`far-${LIMITS.sitesPerStatus - 1}`)
  })

  test('LINKS-4 what comes now is told as one; else the most of the last busy time, and how long ago', () => {
    const rateOf = (...peers: readonly Partial<LinkedPeer>[]) =>
      reportLinks(peers.map((more) => peer('oslo', more))).sites[0]?.rate
    expect(rateOf({ receiveRate: 30_000 }, { receiveRate: 60_000, measured: { rate: 5e6, ageMs: 9e9 } })).toEqual({
      bytesPerSecond: roundRate(90_000),
      age: 'now',
    })
    const past = (ageMs: number) => rateOf({ receiveRate: 100, measured: { rate: 1e6, ageMs } })
    expect(past(30_000)).toEqual({ bytesPerSecond: roundRate(1e6), age: 'minutes' })
    expect(past(3_600_000)?.age).toBe('hours')
    expect(past(86_400_000)?.age).toBe('older')
    expect(rateOf({ receiveRate: 4_000 })).toBeUndefined()
  })

  test('LINKS-4 a connection remembers its last busy time; talk between agents is none, and a later one measures anew', () => {
    const meter = new TrafficMeter()
    const feed = (fromMs: number, seconds: number, bytes: number): void => {
      for (let i = 0; i < seconds; i++) meter.add(bytes, 0, fromMs + i * 1_000)
    }
    feed(0, 20, 1_000)
    expect(meter.read(20_000).measured).toBeUndefined()
    feed(100_000, 20, 1_000_000)
    const fast = meter.read(200_000).measured
    expect(fast?.rate).toBeGreaterThan(900_000)
    expect(fast?.ageMs).toBeLessThan(100_000)
    feed(300_000, 20, 1_000)
    expect(meter.read(400_000).measured).toEqual({ rate: fast?.rate, ageMs: (fast?.ageMs ?? 0) + 200_000 })
    feed(500_000, 20, 50_000)
    expect(meter.read(520_000).measured?.rate).toBeLessThan(100_000)
  })
})
