import { describe, expect, test } from 'vitest'
import { Dialer, type DialerDeps } from '../../../node-agent/net/dialer.ts'
import { type DialView, type KnownPeer, PeerTable } from '../../../node-agent/net/peer-table.ts'
import type { NetPeer } from '../../../node-agent/net/index.ts'
import { LIMITS, parseSiteName, type PeerKey, ShoalError } from '../../../protocol/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { keepingLogger, seededRng } from '../../support/test-mesh.ts'

const OSLO = parseSiteName('oslo')
const POLICY = { peersSought: 4, peersSoughtSameSite: 4, redialMinMs: 1_000, redialMaxMs: 60_000 }
const peerOf = (n: number): PeerKey => `peer-${n}` as PeerKey

/** A dialer over a world in which some peers can be reached. */
class World {
  readonly clock = new ManualClock()
  readonly table = new PeerTable(POLICY, seededRng(1))
  readonly connected = new Set<PeerKey>()
  readonly reachable = new Set<PeerKey>()
  readonly dials: { readonly to: string; readonly atMs: number }[] = []
  readonly stop = new AbortController()
  readonly dialer: Dialer
  readonly #startMs = this.clock.now()
  refusal = new ShoalError('PEER_GONE', 'unreachable')

  constructor(bootstrap: readonly string[] = [], reachable: readonly PeerKey[] = [], shuffleMs = 600_000) {
    for (const peer of reachable) this.reachable.add(peer)
    const deps: DialerDeps = {
      table: this.table,
      clock: this.clock,
      log: keepingLogger(),
      rng: seededRng(2),
      view: (): DialView => ({
        nowMs: this.clock.now(),
        busy: new Set(this.connected),
        ownSite: OSLO,
        siteOf: () => OSLO,
      }),
      dialPeer: ({ peer }: KnownPeer) => this.#dial(peer, peer),
      dialAddress: (address) => this.#dial(address, peerOf(Number(address.split(' ')[1]))),
    }
    this.dialer = new Dialer(deps, { bootstrap, policy: POLICY, shuffleMs })
    void this.dialer.run(this.stop.signal)
  }

  async #dial(to: string, peer: PeerKey): Promise<NetPeer> {
    this.dials.push({ to, atMs: this.clock.now() - this.#startMs })
    if (!this.reachable.has(peer)) throw this.refusal
    this.connected.add(peer)
    return { peer, site: OSLO, sameSite: true, outbound: true, relayed: false }
  }

  know(...numbers: readonly number[]): void {
    for (const n of numbers) this.table.learn(peerOf(n), ['/ip4/192.0.2.1/tcp/1'])
    this.dialer.wake()
  }
}

describe('dialer', () => {
  test('NET-10 an unreachable peer is dialled for ever, at growing intervals up to the most', async () => {
    const world = new World([], [], 1e9)
    world.know(1)
    await world.clock.wind(3_600_000)
    const { unreached, nextDialAt } = world.dialer.unreached()
    expect(unreached).toBe(1)
    expect(Date.parse(nextDialAt ?? '') - world.clock.now()).toBeLessThanOrEqual(POLICY.redialMaxMs)
    const gaps = world.dials.slice(1).map(({ atMs }, i) => atMs - (world.dials[i]?.atMs ?? 0))
    expect(gaps.length).toBeGreaterThan(60)
    expect(gaps[0]).toBeLessThanOrEqual(1_000)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(POLICY.redialMaxMs + 1)
    expect(Math.min(...gaps.slice(20))).toBeGreaterThanOrEqual(POLICY.redialMaxMs / 2)
    world.stop.abort()
  })

  test('NET-10 a peer that comes back is connected within the longest wait', async () => {
    const world = new World()
    world.know(1)
    await world.clock.wind(3_600_000)
    world.reachable.add(peerOf(1))
    await world.clock.wind(POLICY.redialMaxMs + 1)
    expect([...world.connected]).toEqual([peerOf(1)])
    expect(world.dialer.unreached()).toEqual({ unreached: 0, nextDialAt: null })
    world.stop.abort()
  })

  test('NET-9 no more are sought than wanted; a lost one is replaced', async () => {
    const world = new World()
    for (let n = 0; n < 20; n++) world.reachable.add(peerOf(n))
    world.know(...Array.from({ length: 20 }, (_, n) => n))
    await world.clock.wind(10_000)
    expect(world.connected.size).toBe(4)
    const [lost] = world.connected
    if (lost !== undefined) world.connected.delete(lost)
    world.dialer.wake()
    await world.clock.wind(10_000)
    expect(world.connected.size).toBe(4)
    world.stop.abort()
  })

  test('NET-9 with enough peers, a new one is tried now and then', async () => {
    const world = new World()
    for (let n = 0; n < 20; n++) world.reachable.add(peerOf(n))
    world.know(...Array.from({ length: 20 }, (_, n) => n))
    await world.clock.wind(3_600_000)
    expect(world.connected.size).toBeGreaterThanOrEqual(4 + 3)
    expect(world.connected.size).toBeLessThanOrEqual(4 + 12)
    world.stop.abort()
  })

  test('NET-9 bootstrap addresses are dialled until their peer is connected, and again when it is lost', async () => {
    const world = new World(['boot 1', 'boot 2'], [peerOf(1)])
    await world.clock.wind(30_000)
    expect(world.connected.has(peerOf(1))).toBe(true)
    const dials = (to: string): number => world.dials.filter((dial) => dial.to === to).length
    expect(dials('boot 1')).toBe(1)
    expect(dials('boot 2')).toBeGreaterThan(3)
    world.connected.clear()
    world.dialer.wake()
    await world.clock.wind(5_000)
    expect(dials('boot 1')).toBe(2)
    world.stop.abort()
  })

  test('NET-10 a peer that refused is tried soon after membership changed', async () => {
    const world = new World()
    world.refusal = new ShoalError('NOT_A_MEMBER', 'not yet')
    world.know(1)
    await world.clock.wind(600_000)
    const before = world.dials.length
    world.table.retryRefused(world.clock.now())
    world.dialer.wake()
    await world.clock.wind(1_001)
    expect(world.dials.length).toBe(before + 1)
    world.stop.abort()
  })

  test('NET-10 the default waits are those of LIMITS', async () => {
    const { dialPolicy } = await import('../../../node-agent/net/dialer.ts')
    expect(dialPolicy({})).toEqual({
      peersSought: LIMITS.peersSought,
      peersSoughtSameSite: LIMITS.peersSoughtSameSite,
      redialMinMs: LIMITS.redialMinMs,
      redialMaxMs: LIMITS.redialMaxMs,
    })
  })
})
