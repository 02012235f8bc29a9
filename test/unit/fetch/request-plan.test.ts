import { describe, expect, test } from 'vitest'
import { type PlanLink, planRequests } from '../../../node-agent/plan/index.ts'
import { LIMITS, parseSiteName, type PeerKey } from '../../../protocol/index.ts'
import { bits, FAR, FAR2, NEAR, planOf, SIZE } from '../../support/fetch-plans.ts'

const COUNT = 40

interface Made extends PlanLink {
  inFlight: number
}

const link = (peer: PeerKey, change: Partial<PlanLink & { sameSite: boolean; relayed: boolean }> = {}): Made => {
  const { sameSite = false, relayed = false, rate = 1e6, ...rest } = change
  const made: Made = {
    peer: { peer, site: parseSiteName('oslo'), sameSite, relayed },
    closed: false,
    inFlight: 0,
    window: 10 * SIZE,
    rate,
    expectedMs: (bytes) => 10 + (bytes / rate) * 1000,
    ...rest,
  }
  return made
}

/** All requests, carried out: by peer, the number of chunks. */
function asked(links: readonly Made[], init: { allowed?: (link: Made) => number; pending?: number } = {}) {
  const plan = planOf(COUNT)
  for (const { peer } of links) {
    plan.addPeer(peer.peer, peer.sameSite)
    plan.setHave(
      peer.peer,
      bits(COUNT, () => true),
    )
  }
  const counts = new Map<PeerKey, number>()
  const { allowed = () => Number.POSITIVE_INFINITY, pending = 0 } = init
  const pendingBytes = (): number => pending + links.reduce((sum, { inFlight }) => sum + inFlight, 0)
  for (const { link: to, chunks, bytes } of planRequests({ links, jobs: [{ plan }], pendingBytes, allowed })) {
    to.inFlight += bytes
    counts.set(to.peer.peer, (counts.get(to.peer.peer) ?? 0) + chunks.length)
  }
  return counts
}

describe('requests', () => {
  test('REQUEST-1 every link is filled to its window, in batches', () => {
    expect(asked([link(FAR), link(FAR2)])).toEqual(
      new Map([
        [FAR, 10],
        [FAR2, 10],
      ]),
    )
    expect(asked([link(FAR, { inFlight: 8 * SIZE })])).toEqual(new Map())
    expect(asked([link(FAR, { inFlight: 7 * SIZE })])).toEqual(new Map([[FAR, 3]]))
  })

  test('REQUEST-1 a link that is closed is asked for nothing', () => {
    expect(asked([link(FAR, { closed: true }), link(FAR2)])).toEqual(new Map([[FAR2, 10]]))
  })

  test('REQUEST-1 memory is bounded over all peers', () => {
    expect(asked([link(FAR), link(FAR2)], { pending: LIMITS.inFlightTotalBytes - 12 * SIZE })).toEqual(
      new Map([
        [FAR, 10],
        [FAR2, 2],
      ]),
    )
  })

  test('REQUEST-1 limits leave a link what they allow', () => {
    const allowed = ({ peer, inFlight }: Made): number => (peer.peer === FAR ? 3 * SIZE - inFlight : 0)
    expect(asked([link(FAR), link(FAR2)], { allowed })).toEqual(new Map([[FAR, 3]]))
  })

  test('REQUEST-2 what several could bring comes from the nearest: own site, then direct, then relayed, each the sooner first', () => {
    const wide = { window: COUNT * SIZE }
    const near = link(NEAR, { ...wide, sameSite: true, rate: 1e5 })
    const fast = link(FAR, { ...wide, rate: 1e7 })
    const slow = link(FAR2, { ...wide, rate: 1e6 })
    expect(asked([fast, near])).toEqual(new Map([[NEAR, COUNT]]))
    expect(asked([slow, fast])).toEqual(new Map([[FAR, COUNT]]))
    const relayed = link(FAR, { ...wide, rate: 1e9, relayed: true })
    expect(asked([relayed, link(FAR2, wide)])).toEqual(new Map([[FAR2, COUNT]]))
  })
})
