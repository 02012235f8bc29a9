import { describe, expect, test } from 'vitest'
import type { NetworkLink } from '../../../protocol/control/window.ts'
import { layOut } from '../../../renderer/state/layout.ts'
import { createLinkStates, linkText, partText, toLayoutInput } from '../../../renderer/state/network.ts'
import { HOUR, makeFleet, NOW } from '../../support/console/fleet.ts'
import { networkOf } from '../../support/console/other-views.ts'

const hosts = makeFleet(600)

describe('the network', () => {
  test('CONSOLE-25 the same network has the same map, and no site lies upon another', () => {
    const input = toLayoutInput(networkOf(hosts))
    const points = layOut(input)
    expect(points).toEqual(layOut(input))
    for (const [i, a] of points.entries())
      for (const [j, b] of points.entries())
        if (i < j)
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan((input.radii[i] ?? 0) + (input.radii[j] ?? 0))
    expect(layOut({ radii: [], links: [] })).toEqual([])
  })

  test('LINKS-11 every link says in words how it stands, and a part apart who says so', () => {
    const update = networkOf(hosts)
    const stateOf = createLinkStates(update)
    expect(update.links.map((link) => [link.a, link.b, stateOf(link)])).toContainEqual(['fra1', 'syd1', 'cut'])
    const whole = { ...update, parts: [{ sites: ['fra1', 'syd1'], hosts: 2, heardMs: 0, deniedBy: 0 }] }
    const [first] = update.links
    if (first === undefined) throw new Error('no link')
    const link = (more: Partial<NetworkLink>) => ({ ...first, ...more })
    const stale = link({ a: 'fra1', b: 'syd1', stale: true, heardMs: NOW - HOUR })
    expect(createLinkStates(whole)(stale)).toBe('stale')
    expect(linkText(stale, NOW)).toBe('60 min ago')
    expect(createLinkStates(whole)(link({ hosts: 4, relayed: 4 }))).toBe('relayed')
    const told = link({ hosts: 4, relayed: 4, rateToA: 2 ** 20, rateToB: null, roundTripMs: 22.6 })
    expect(linkText(told, NOW)).toBe('1.0 MiB/s · 23 ms · relayed')
    expect(linkText(link({ rateToA: null, rateToB: null, roundTripMs: null }), NOW)).toBe('')
    const part = { sites: ['syd1'], hosts: 163, heardMs: NOW - 4 * HOUR, deniedBy: 1204 }
    expect(partText(part, NOW)).toBe(
      'syd1 (163 hosts) is cut off: none of the 1,204 hosts that tell which sites they reach reaches it; the last word is 4 h old.',
    )
    expect(partText({ ...part, deniedBy: 0, heardMs: null }, NOW)).toBe(
      'Nothing is heard of syd1 (163 hosts), and no host says which sites it reaches.',
    )
    const many = { ...part, sites: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], deniedBy: 1 }
    expect(partText(many, NOW)).toContain('a, b, c, d, e, f and 2 more (163 hosts) are cut off: the one host')
  })
})
