import { describe, expect, test } from 'vitest'
import { RateMeter, RECENT_MS, Traffic } from '../../../node-agent/traffic/index.ts'
import { parseChannelName } from '../../../protocol/index.ts'

describe('rates of the recent past', () => {
  test('STATUS-6 a steady line has its rate at once, and its new one 30 seconds after it changed', () => {
    const meter = new RateMeter()
    let nowMs = 5_000
    const run = (seconds: number, bytes: number): void => {
      for (let i = 0; i < 4 * seconds; i++) meter.add(bytes / 4, (nowMs += 250))
    }
    run(10, 60_000)
    expect(Math.abs(meter.rate(nowMs) - 60_000)).toBeLessThan(6_000)
    run(15, 6_000)
    expect(meter.rate(nowMs)).toBeGreaterThan(20_000)
    run(30, 6_000)
    expect(Math.abs(meter.rate(nowMs) - 6_000)).toBeLessThan(600)
  })

  test('STATUS-6 silence brings it down to 0; one burst is no rate of a second', () => {
    const meter = new RateMeter()
    expect(meter.rate(1)).toBe(0)
    meter.add(300_000, 1_000)
    expect(meter.rate(1_000)).toBe(100_000)
    expect(meter.rate(1_000 + RECENT_MS)).toBe(10_000)
    expect(meter.rate(1_001 + RECENT_MS)).toBe(0)
    meter.add(0, 90_000)
    expect(meter.rate(90_000)).toBe(0)
  })
})

test('STATUS-8 traffic is counted by channel, class and source, and what was wasted by why; it only grows', () => {
  const traffic = new Traffic()
  const web = parseChannelName('web')
  traffic.received(web, 'otherSite', 'publisher', 10, undefined)
  traffic.received(web, 'otherSite', 'publisher', 5, 'duplicate')
  traffic.received(undefined, 'sameSite', 'sameSite', 3, 'bad')
  traffic.served('relayed', 7)
  expect(traffic.view).toEqual({
    received: [
      { channel: '', link: 'sameSite', source: 'sameSite', bytes: 3 },
      { channel: 'web', link: 'otherSite', source: 'publisher', bytes: 15 },
    ],
    wasted: [
      { channel: '', kind: 'bad', bytes: 3 },
      { channel: 'web', kind: 'duplicate', bytes: 5 },
    ],
    served: [
      { link: 'sameSite', bytes: 0 },
      { link: 'otherSite', bytes: 0 },
      { link: 'relayed', bytes: 7 },
      { link: 'metered', bytes: 0 },
    ],
  })
})
