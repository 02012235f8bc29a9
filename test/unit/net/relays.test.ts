import { multiaddr } from '@multiformats/multiaddr'
import type { Connection, PeerId } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import { dialPlaces, usableAddresses } from '../../../node-agent/net/addresses.ts'
import type { Internals } from '../../../node-agent/net/libp2p-node.ts'
import type { Members } from '../../../node-agent/net/members.ts'
import type { Tracked } from '../../../node-agent/net/tracked.ts'
import { Relays, type RelaysDeps } from '../../../node-agent/net/relays.ts'
import type { PeerKey } from '../../../protocol/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { keepingLogger } from '../../support/test-mesh.ts'

const [RELAY, OTHER] = [
  '12D3KooWJjnudoq8rdCEng6Uw4fmtqPdYR1rS1VmQrjrLzeeGknR',
  '12D3KooWBQYDwyHfMQrdTjU6VsndLbHmqvvf2TfDTfrrbPLxjR6W',
] as PeerKey[] as [PeerKey, PeerKey]
const OUTSIDE = multiaddr('/ip4/203.0.113.7/tcp/53211')

/** A host with connections, and relays that give places or refuse. */
class World {
  readonly clock = new ManualClock()
  readonly connections: Tracked[] = []
  readonly places = new Set<string>()
  readonly refusing = new Set<string>()
  readonly asked: string[] = []
  readonly punched = new WeakSet<Connection>()
  readonly stop = new AbortController()
  changes = 0
  readonly relays: Relays

  constructor(sameSite: readonly PeerKey[] = []) {
    const transport = {
      reservationStore: {
        addRelay: async (relay: PeerId) => {
          this.asked.push(relay.toString())
          if (this.refusing.has(relay.toString())) throw new Error('no place')
          this.places.add(relay.toString())
        },
        hasReservation: (relay: PeerId) => this.places.has(relay.toString()),
      },
    }
    const transportManager = { getTransports: () => [transport], getAddrs: () => [multiaddr('/ip4/10.0.0.5/tcp/4001')] }
    const deps = {
      internals: () => ({ transportManager }) as unknown as Internals,
      members: { members: () => this.connections } as unknown as Members,
      sameSite: (peer) => sameSite.includes(peer),
      isPunched: (connection) => this.punched.has(connection),
      clock: this.clock,
      log: keepingLogger(),
      signal: this.stop.signal,
      changed: () => void this.changes++,
    } satisfies RelaysDeps
    this.relays = new Relays(deps)
    void this.relays.run()
  }

  join(peer: PeerKey, direction: 'inbound' | 'outbound', address = `/ip4/198.51.100.9/tcp/4001/p2p/${peer}`): Tracked {
    const connection = { direction, remoteAddr: multiaddr(address) } as unknown as Connection
    const tracked = { peer, connection, rttMs: 10 } as unknown as Tracked
    this.connections.push(tracked)
    return tracked
  }

  async round(): Promise<void> {
    this.relays.wake()
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
}

describe('relays', () => {
  test('NET-18 a host that others see elsewhere reserves places, and says where it is reached', async () => {
    const world = new World()
    world.relays.observed(world.join(RELAY, 'outbound'), OUTSIDE)
    await world.round()
    expect(world.relays.behindNat).toBe(true)
    expect(world.relays.addresses()).toEqual([`/ip4/198.51.100.9/tcp/4001/p2p/${RELAY}/p2p-circuit`])
    expect(world.relays.outside()).toEqual(['/ip4/203.0.113.7/tcp/4001'])
    expect(world.changes).toBe(1)
  })

  test('NET-18 a host that others see where it is, or reach, reserves nothing', async () => {
    const seen = new World()
    seen.relays.observed(seen.join(RELAY, 'outbound'), multiaddr('/ip4/127.0.0.1/tcp/53211'))
    await seen.round()
    expect([seen.relays.behindNat, seen.asked]).toEqual([false, []])
    const reached = new World()
    reached.relays.observed(reached.join(RELAY, 'outbound'), OUTSIDE)
    reached.join(OTHER, 'inbound')
    expect(reached.relays.behindNat).toBe(false)
  })

  test('NET-18 what a neighbour or a relayed peer sees, and a hole that was punched, say nothing', async () => {
    const neighbour = new World([RELAY])
    neighbour.relays.observed(neighbour.join(RELAY, 'outbound'), OUTSIDE)
    expect(neighbour.relays.behindNat).toBe(false)
    const relayed = new World()
    const through = relayed.join(OTHER, 'outbound', `/ip4/198.51.100.9/tcp/4001/p2p/${RELAY}/p2p-circuit/p2p/${OTHER}`)
    relayed.relays.observed(through, OUTSIDE)
    expect(relayed.relays.behindNat).toBe(false)
    const punched = new World()
    punched.relays.observed(punched.join(RELAY, 'outbound'), OUTSIDE)
    punched.punched.add(punched.join(OTHER, 'inbound').connection)
    await punched.round()
    expect([punched.relays.behindNat, punched.asked]).toEqual([true, [RELAY]])
  })

  test('NET-18 a relay that refuses is left alone for a while, and one that is lost is replaced', async () => {
    const world = new World()
    world.refusing.add(RELAY)
    world.relays.observed(world.join(RELAY, 'outbound'), OUTSIDE)
    await world.round()
    await world.round()
    expect([world.asked, world.relays.addresses()]).toEqual([[RELAY], []])
    world.join(OTHER, 'outbound')
    await world.round()
    expect(world.relays.relays).toEqual([OTHER])
    world.places.clear()
    world.connections.pop()
    await world.round()
    expect([world.relays.addresses(), world.changes]).toEqual([[], 2])
  })

  test('NET-18 a place at a relay is an address, and on another site it is dialled first', () => {
    const place = `/ip4/198.51.100.9/tcp/4001/p2p/${RELAY}/p2p-circuit`
    expect(usableAddresses(OTHER, [place, `${place}/p2p/${OTHER}`, `${place}/p2p/${RELAY}`])).toEqual([place])
    const addresses = ['/ip4/10.0.0.5/tcp/4001', place]
    expect(dialPlaces({ addresses, failures: 0 }, false)).toEqual([place])
    expect(dialPlaces({ addresses, failures: 1 }, false)).toEqual(['/ip4/10.0.0.5/tcp/4001'])
    expect(dialPlaces({ addresses, failures: 0 }, true)).toEqual(['/ip4/10.0.0.5/tcp/4001'])
    expect(dialPlaces({ addresses: [place], failures: 1 }, false)).toEqual([place])
  })
})
