import { describe, expect, onTestFinished, test } from 'vitest'
import { connectedPeers, type LinksDeps, linksView } from '../../../node-agent/handlers/links.ts'
import type { NetConnection, NetPeer } from '../../../node-agent/net/index.ts'
import { Traffic } from '../../../node-agent/traffic/index.ts'
import { parseHostName, parsePeerKey, parseSiteName } from '../../../protocol/index.ts'
import { PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { FAR, limiterOf, type Limits, NEAR } from '../../support/limiters.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { NOW_MS } from '../../support/mesh-fixture.ts'

const PEER_C = parsePeerKey('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')

const peer = (key: NetPeer['peer'], sameSite: boolean, relayed = false): NetPeer => ({
  peer: key,
  site: parseSiteName(sameSite ? 'oslo' : 'lima'),
  sameSite,
  outbound: true,
  relayed,
})

const connection = (key: NetPeer['peer'], over: Partial<NetConnection> = {}): NetConnection => ({
  peer: key,
  address: `/ip4/127.0.0.1/tcp/1/p2p/${key}`,
  direction: 'outbound',
  member: true,
  relayed: false,
  sinceMs: NOW_MS,
  traffic: { receivedBytes: 100, sentBytes: 10, receiveRate: 4, sendRate: 2 },
  ...over,
})

/** Three members: one near, one far and direct, and one of which a direct connection is replacing the relayed one. */
async function scene(limits: Limits = {}) {
  const { limiter, store } = await limiterOf(new ManualClock(NOW_MS), limits)
  onTestFinished(() => store.close())
  const deps: LinksDeps = {
    net: {
      peers: () => [peer(PEER_A, false), peer(PEER_B, true), peer(PEER_C, false, true)],
      connections: () => [
        connection(PEER_A),
        connection(PEER_B, { rttMs: 1.5, direction: 'inbound' }),
        connection(PEER_C, { address: '/direct', member: false }),
        connection(PEER_C, { address: '/other', sinceMs: NOW_MS + 5 }),
        connection(PEER_C, { address: '/relayed', relayed: true }),
      ],
    },
    limits: limiter,
    traffic: new Traffic(),
    book: { member: (key) => (key === PEER_A ? undefined : { host: parseHostName(key === PEER_B ? 'b' : 'c') }) },
    releases: () => [{ channel: 'web', sequence: 2 }],
  }
  return { deps, limiter }
}

describe('links of a host', () => {
  test('STATUS-7 every connected member once, the own site first, with its way, round trip, rates and bytes since it connected', async () => {
    const { deps } = await scene()
    const peers = connectedPeers(deps)
    expect(peers.map(({ host, link, relayed }) => [host, link, relayed])).toEqual([
      ['b', 'sameSite', false],
      [null, 'otherSite', false],
      ['c', 'relayed', true],
    ])
    expect(peers[0]).toEqual({
      peerId: PEER_B,
      host: 'b',
      site: 'oslo',
      link: 'sameSite',
      relayed: false,
      address: `/ip4/127.0.0.1/tcp/1/p2p/${PEER_B}`,
      direction: 'inbound',
      connectedAt: new Date(NOW_MS).toISOString(),
      roundTripMs: 1.5,
      receivedBytes: 100,
      sentBytes: 10,
      receiveBytesPerSecond: 4,
      sendBytesPerSecond: 2,
    })
    expect(peers[2]).toMatchObject({
      address: '/relayed',
      roundTripMs: null,
      receivedBytes: 200,
      sendBytesPerSecond: 4,
    })
    expect(peers[2]?.connectedAt).toBe(new Date(NOW_MS).toISOString())
  })

  test('STATUS-8 classes add up what their members carry; budgets say what is used and what is left, never less than nothing', async () => {
    const { deps, limiter } = await scene({ otherSite: { rate: 9, perDayBytes: 50, perReleaseBytes: 70 } })
    limiter.spend(FAR, 'web@2', 60)
    limiter.spend(NEAR, 'web@2', 5)
    limiter.spend(FAR, 'web@1', 1)
    const { classes, releases } = linksView(deps, connectedPeers(deps))
    const none = { limitBytes: null, leftBytes: null }
    expect(classes).toEqual([
      {
        link: 'sameSite',
        peers: 1,
        receiveBytesPerSecond: 4,
        sendBytesPerSecond: 2,
        limitBytesPerSecond: null,
        today: { usedBytes: 5, ...none },
      },
      {
        link: 'otherSite',
        peers: 1,
        receiveBytesPerSecond: 4,
        sendBytesPerSecond: 2,
        limitBytesPerSecond: 9,
        today: { usedBytes: 61, limitBytes: 50, leftBytes: 0 },
      },
      {
        link: 'relayed',
        peers: 1,
        receiveBytesPerSecond: 8,
        sendBytesPerSecond: 4,
        limitBytesPerSecond: null,
        today: { usedBytes: 0, ...none },
      },
      {
        link: 'metered',
        peers: 0,
        receiveBytesPerSecond: 0,
        sendBytesPerSecond: 0,
        limitBytesPerSecond: null,
        today: { usedBytes: 0, ...none },
      },
    ])
    const release = { channel: 'web', sequence: 2, consented: false }
    expect(releases).toEqual([
      { ...release, link: 'sameSite', usedBytes: 5, ...none },
      { ...release, link: 'otherSite', usedBytes: 60, limitBytes: 70, leftBytes: 10 },
    ])
    await limiter.consent('web@2')
    expect(linksView(deps, []).releases.every(({ consented }) => consented)).toBe(true)
  })
})
