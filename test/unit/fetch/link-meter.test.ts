import { describe, expect, test } from 'vitest'
import { type Departure, LinkMeter } from '../../../node-agent/plan/link-meter.ts'
import { AVERAGE_CHUNK_BYTES, LIMITS } from '../../../protocol/index.ts'

/** What a simulated transfer came to. */
interface Transfer {
  /** Share of the link's rate that was used after the first second. */
  readonly use: number
  /** Largest window, in bandwidth-delay products (at least two chunks count as one). */
  readonly products: number
  readonly meter: LinkMeter
}

/**
 * Keeps asking a simulated server for chunks over a link of some rate and round trip: answers leave in order, each takes its size over the
 * rate, and arrives half a round trip later. `told`: the system tells the round trip.
 */
function transfer(rate: number, roundTripMs: number, seconds: number, told = false): Transfer {
  const meter = new LinkMeter()
  const answers: { readonly departure: Departure; readonly arrivesMs: number }[] = []
  let nowMs = 0
  let linkFreeMs = 0
  let inFlight = 0
  let late = 0
  let largest = 0
  while (nowMs < seconds * 1000) {
    while (inFlight < meter.window) {
      const departure = meter.depart(nowMs, inFlight, told ? roundTripMs : undefined)
      inFlight += AVERAGE_CHUNK_BYTES
      linkFreeMs = Math.max(linkFreeMs, nowMs + roundTripMs / 2) + (AVERAGE_CHUNK_BYTES / rate) * 1000
      answers.push({ departure, arrivesMs: linkFreeMs + roundTripMs / 2 })
    }
    const next = answers.shift()
    if (next === undefined) break
    nowMs = next.arrivesMs
    inFlight -= AVERAGE_CHUNK_BYTES
    meter.arrive(next.departure, AVERAGE_CHUNK_BYTES, AVERAGE_CHUNK_BYTES, nowMs)
    if (nowMs > 2_000) late += AVERAGE_CHUNK_BYTES
    largest = Math.max(largest, meter.window)
  }
  const product = Math.max((rate * roundTripMs) / 1000, 2 * AVERAGE_CHUNK_BYTES)
  return { use: late / (rate * (seconds - 2)), products: largest / product, meter }
}

describe('link meter', () => {
  test.each([
    ['LAN, 1 Gbit/s and 1 ms', 125e6, 1],
    ['100 Mbit/s and 20 ms', 12.5e6, 20],
    ['100 Mbit/s and 300 ms', 12.5e6, 300],
    ['10 Mbit/s and 600 ms', 1.25e6, 600],
    ['512 kbit/s and 600 ms', 64e3, 600],
  ])('FETCH-4 %s: the link is used in full within two seconds', (_, rate, roundTripMs) => {
    expect(transfer(rate, roundTripMs, 30).use).toBeGreaterThan(0.93)
    // The round trip was measured again by then, several times.
    expect(transfer(rate, roundTripMs, 200).use).toBeGreaterThan(0.95)
    expect(transfer(rate, roundTripMs, 30, true).use).toBeGreaterThan(0.93)
  })

  test.each([
    ['100 Mbit/s and 20 ms', 12.5e6, 20],
    ['100 Mbit/s and 300 ms', 12.5e6, 300],
    ['512 kbit/s and 600 ms', 64e3, 600],
    ['64 kbit/s and 600 ms', 8e3, 600],
  ])('FETCH-4 %s: requests do not pile up, however long it goes on', (_, rate, roundTripMs) => {
    expect(transfer(rate, roundTripMs, 600).products).toBeLessThan(4.5)
    expect(transfer(rate, roundTripMs, 600, true).products).toBeLessThan(4.5)
  })

  test('FETCH-4 a peer that many ask is not asked ahead for the time that they wait', () => {
    const meter = new LinkMeter()
    for (let nowMs = 0; nowMs < 60_000; nowMs += 2_000) {
      const departure = meter.depart(nowMs, 0, 40)
      meter.arrive(departure, AVERAGE_CHUNK_BYTES, AVERAGE_CHUNK_BYTES, nowMs + 2_000)
    }
    expect(meter.window).toBeLessThan(1.1 * AVERAGE_CHUNK_BYTES)
  })

  test('FETCH-4 the window stays within its bounds', () => {
    expect(new LinkMeter().window).toBe(LIMITS.inFlightMinBytes)
    expect(transfer(1e3, 2_000, 3_600).meter.window).toBeLessThanOrEqual(3 * AVERAGE_CHUNK_BYTES)
    expect(transfer(1e9, 1_000, 10).meter.window).toBe(LIMITS.inFlightMaxBytes)
  })

  test('FETCH-4 a link that becomes slower is found out within seconds', () => {
    const { meter } = transfer(12.5e6, 20, 5)
    expect(meter.rate).toBeGreaterThan(11e6)
    for (let nowMs = 5_000; nowMs < 17_000; nowMs += 1_000) {
      const departure = meter.depart(nowMs, AVERAGE_CHUNK_BYTES)
      meter.arrive(departure, AVERAGE_CHUNK_BYTES, AVERAGE_CHUNK_BYTES, nowMs + 1_000)
    }
    expect(meter.rate).toBeLessThan(70_000)
  })

  test('FETCH-5 patience follows the link: short on a fast one, never beyond LIMITS.chunkTimeoutMs', () => {
    expect(new LinkMeter().patienceMs(0)).toBe(LIMITS.chunkTimeoutMs)
    expect(transfer(12.5e6, 20, 5).meter.patienceMs(1e6)).toBe(2_000)
    const thin = transfer(64e3, 600, 30).meter.patienceMs(256 * 1024)
    expect(thin).toBeGreaterThan(10_000)
    expect(thin).toBeLessThanOrEqual(LIMITS.chunkTimeoutMs)
    expect(transfer(1e3, 600, 300).meter.patienceMs(256 * 1024)).toBe(LIMITS.chunkTimeoutMs)
  })

  test('FETCH-6 compression is asked for where the link is the limit, by what crosses the wire', () => {
    expect(new LinkMeter().compression).toBe(3)
    expect(transfer(250e3, 300, 5).meter.compression).toBe(9)
    expect(transfer(2e6, 20, 5).meter.compression).toBe(3)
    expect(transfer(20e6, 20, 5).meter.compression).toBe(1)
    expect(transfer(125e6, 1, 5).meter.compression).toBe(0)
    // 100 MB/s of plain bytes, of which a tenth crosses the wire: still a thin link.
    const meter = new LinkMeter()
    for (let nowMs = 0; nowMs < 1_000; nowMs += 10) meter.arrive(meter.depart(nowMs, 1e6), 1e6, 1e5, nowMs + 10)
    expect(meter.rate).toBeGreaterThan(90e6)
    expect(meter.compression).toBeGreaterThan(0)
  })
})
