import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkClass } from '../../../node-agent/limits/link-class.ts'
import { localDay, nextDay, quietUntil } from '../../../node-agent/limits/quiet-hours.ts'
import { TokenBucket } from '../../../node-agent/limits/token-bucket.ts'
import { FAR, limiterOf, NEAR } from '../../support/limiters.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const local = (day: number, hour: number, minute = 0): number => new Date(2027, 0, day, hour, minute).getTime()
const NIGHT = { from: 22 * 60, to: 6 * 60 }

test('LIMIT-1 the LAN is sameSite always; a metered uplink makes every other link metered', () => {
  const [plain, metered] = [{ metered: false }, { metered: true }]
  const relayed = { sameSite: false, relayed: true }
  expect([NEAR, FAR, relayed].map((peer) => linkClass(peer, plain))).toEqual(['sameSite', 'otherSite', 'relayed'])
  expect([NEAR, FAR, relayed].map((peer) => linkClass(peer, metered))).toEqual(['sameSite', 'metered', 'metered'])
  expect(linkClass({ sameSite: true, relayed: true }, plain)).toBe('sameSite')
})

describe('a token bucket', () => {
  test('LIMIT-2 saves up one second and no more, and a debt is paid off first', async () => {
    const clock = new ManualClock()
    const bucket = new TokenBucket(clock, 1000)
    expect(bucket.available).toBe(1000)
    await clock.wind(60_000)
    expect(bucket.available).toBe(1000)
    bucket.take(3000)
    expect(bucket.available).toBe(-2000)
    expect(bucket.waitMs).toBe(2001)
    await clock.wind(bucket.waitMs)
    expect(bucket.available).toBeGreaterThan(0)
    bucket.giveBack(5000)
    expect(bucket.available).toBe(1000)
  })

  test('LIMIT-2 whoever waits for it never gets more than the rate over any time, and nearly all of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.array(fc.integer({ min: 1, max: 4e5 })), (rate, sizes) => {
        let nowMs = 0
        const bucket = new TokenBucket({ monotonic: () => nowMs }, rate)
        let taken = 0
        for (const size of sizes) {
          nowMs += bucket.waitMs
          bucket.take(size)
          taken += size
          expect(taken).toBeLessThanOrEqual(rate * (nowMs / 1000 + 1) + size)
        }
        const owed = Math.max(0, taken - rate - (sizes.at(-1) ?? 0))
        expect(nowMs).toBeLessThanOrEqual((owed / rate) * 1000 + sizes.length * (1 + 1000 / rate))
      }),
    )
  })
})

describe('quiet hours', () => {
  test('LIMIT-3 hold in local time, over midnight too, and tell when they are over', () => {
    expect(quietUntil([NIGHT], local(4, 21, 59))).toBeUndefined()
    expect(quietUntil([NIGHT], local(4, 22))).toBe(local(5, 6))
    expect(quietUntil([NIGHT], local(5, 5, 59))).toBe(local(5, 6))
    expect(quietUntil([NIGHT], local(5, 6))).toBeUndefined()
    expect(quietUntil([{ from: 540, to: 1020 }], local(4, 12))).toBe(local(4, 17))
  })

  test('LIMIT-3 parts that follow each other are one; the whole day may be quiet', () => {
    const noon = { from: 6 * 60, to: 12 * 60 }
    expect(quietUntil([noon, NIGHT], local(4, 23))).toBe(local(5, 12))
    const rest = { from: 12 * 60, to: 22 * 60 }
    expect(quietUntil([noon, NIGHT, rest], local(4, 23))).toBeGreaterThan(local(5, 12))
  })

  test('LIMIT-6 a day is the local date, and ends at the local midnight', () => {
    expect(localDay(local(9, 23, 59))).toBe('2027-01-09')
    expect(nextDay(local(9, 23, 59))).toBe(local(10, 0))
    expect(nextDay(local(10, 0))).toBe(local(11, 0))
  })
})

describe('what may be asked for', () => {
  test('LIMIT-4 a rate is one for all peers of a class, counts what crosses the wire, and leaves the LAN alone', async () => {
    const clock = new ManualClock()
    const { limiter, store } = await limiterOf(clock, { otherSite: { rate: 10_000 } })
    expect(limiter.room(FAR, undefined, 0)).toEqual({ bytes: 10_000, why: undefined })
    limiter.asked(FAR, 12_000)
    limiter.asked(NEAR, 1e9)
    expect(limiter.room({ ...FAR }, undefined, 0).bytes).toBe(-2000)
    expect(limiter.room(NEAR, undefined, 0).bytes).toBe(Number.POSITIVE_INFINITY)
    limiter.saved(FAR, 8000)
    expect(limiter.room(FAR, undefined, 0).bytes).toBe(6000)
    await store.close()
  })

  test('LIMIT-5 a sender waits until its class has bytes again; another class does not', async () => {
    const clock = new ManualClock()
    const { limiter, store } = await limiterOf(clock, { otherSite: { rate: 1000 } })
    const { signal } = new AbortController()
    expect(limiter.pacer(NEAR, signal)).toBeUndefined()
    const [one, two] = [limiter.pacer(FAR, signal), limiter.pacer({ ...FAR }, signal)]
    const sent: string[] = []
    await one?.(3000)
    const waiting = two?.(500).then(() => sent.push('two'))
    await clock.wind(1900)
    expect(sent).toEqual([])
    await clock.wind(200)
    expect(sent).toEqual(['two'])
    await waiting
    await store.close()
  })

  test('LIMIT-10 in quiet hours nothing may be asked of the class, and answers to it wait until they are over', async () => {
    const clock = new ManualClock(local(4, 23))
    const { limiter, store } = await limiterOf(clock, { otherSite: { quietHours: [NIGHT] } })
    const { bytes, why } = limiter.room(FAR, 'web@2', 0)
    expect([bytes, why?.code]).toEqual([0, 'QUIET_HOURS'])
    expect(why?.message).toContain(new Date(local(5, 6)).toISOString())
    expect(limiter.room(NEAR, 'web@2', 0).bytes).toBe(Number.POSITIVE_INFINITY)
    const over: string[] = []
    const { signal } = new AbortController()
    const waiting = limiter.opened(FAR, signal).then(() => over.push('far'))
    await limiter.opened(NEAR, signal)
    await clock.wind(7 * 3_600_000 - 1)
    expect(over).toEqual([])
    await clock.wind(1)
    expect(over).toEqual(['far'])
    await waiting
    expect(limiter.room(FAR, 'web@2', 0).bytes).toBe(Number.POSITIVE_INFINITY)
    await store.close()
  })
})
