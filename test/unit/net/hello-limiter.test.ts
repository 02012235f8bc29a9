import { describe, expect, test } from 'vitest'
import { HelloLimiter, limitedAddress } from '../../../node-agent/net/hello-limiter.ts'
import { LIMITS } from '../../../protocol/index.ts'

describe('hello limiter', () => {
  test('NET-6 an address has LIMITS.helloPerMinute attempts and gets them back over a minute; others are not touched', () => {
    let nowMs = 0
    const limiter = new HelloLimiter(() => nowMs)
    const tries = (address: string, count: number): number =>
      Array.from({ length: count }, () => limiter.take(address)).filter(Boolean).length
    expect(tries('192.0.2.1', 200)).toBe(LIMITS.helloPerMinute)
    expect(tries('192.0.2.2', 1)).toBe(1)
    nowMs += 10_000
    expect(tries('192.0.2.1', 200)).toBe(LIMITS.helloPerMinute / 6)
    nowMs += 3_600_000
    expect(tries('192.0.2.1', 200)).toBe(LIMITS.helloPerMinute)
  })

  test('NET-6 the addresses remembered are bounded, the longest unused is forgotten', () => {
    const limiter = new HelloLimiter(() => 0)
    for (let i = 0; i < LIMITS.helloPerMinute; i++) limiter.take('busy')
    for (let i = 0; i < LIMITS.helloAddresses; i++) limiter.take(`other ${i}`)
    expect(limiter.take('busy')).toBe(true)
  })

  test.each([
    ['/ip4/192.0.2.1/tcp/4001/p2p/x', '192.0.2.1'],
    ['/ip6/2001:db8:1:2:3:4:5:6/tcp/1', '2001:db8:1:2'],
    ['/ip6/2001:db8::6/tcp/1', '2001:db8:0:0'],
    ['/ip6/::1/tcp/1', '0:0:0:0'],
    ['/memory/x', '/memory/x'],
  ])('NET-6 %s counts as %s', (address, limited) => {
    expect(limitedAddress(address)).toBe(limited)
  })
})
