import type { Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Tracked } from '../../../node-agent/net/tracked.ts'
import { Pacer } from '../../../node-agent/net/pacer.ts'
import { systemTcp, type TcpInfo, type TcpKernel } from '../../../node-agent/net/tcp-info.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type TcpPair, tcpPair } from '../../support/tcp-pair.ts'
import { keepingLogger, until } from '../../support/test-mesh.ts'

const SEGMENT = 1448
/** Segments a look that a line of 64 kB/s brings. */
const PER_LOOK = 4.4

/** A kernel that sees every connection behind a queue of half a second. */
class ThinKernel implements TcpKernel {
  readonly rates = new Map<Socket, number | undefined>()
  readonly unsent = new Map<Socket, number | undefined>()
  readonly #looks = new Map<Socket, number>()

  tcpInfo(socket: Socket): TcpInfo | undefined {
    const looks = (this.#looks.get(socket) ?? 0) + 1
    this.#looks.set(socket, looks)
    const rttMs = Math.min(540, 40 + looks * 100)
    return { segmentBytes: SEGMENT, rttMs, minRttMs: 40, notSentBytes: 1, delivered: Math.floor(looks * PER_LOOK) }
  }

  limitRate(socket: Socket, rate: number | undefined): boolean {
    this.rates.set(socket, rate)
    return true
  }

  limitUnsent(socket: Socket, bytes: number | undefined): boolean {
    this.unsent.set(socket, bytes)
    return true
  }
}

class World {
  readonly clock = new ManualClock()
  readonly kernel = new ThinKernel()
  readonly members: Tracked[] = []
  readonly near = new Set<Tracked>()
  readonly stop = new AbortController()
  readonly pacer: Pacer

  constructor(options: { readonly paced?: boolean; readonly kernel?: TcpKernel } = {}) {
    const deps = {
      members: { members: () => this.members },
      clock: this.clock,
      log: keepingLogger(),
      signal: this.stop.signal,
      isSameSite: (tracked: Tracked) => this.near.has(tracked),
      kernel: options.kernel ?? this.kernel,
    }
    this.pacer = new Pacer(deps, { paced: options.paced ?? true })
    onTestFinished(() => this.stop.abort())
  }

  /** A member behind a connection on which more waits than the other end reads. */
  async member(site: 'own' | 'other'): Promise<TcpPair & { readonly tracked: Tracked }> {
    const pair = await tcpPair()
    onTestFinished(pair.close)
    this.pacer.sockets.dialled(pair.address, pair.near)
    const tracked = {
      peer: String(this.members.length),
      connection: { remoteAddr: pair.address },
    } as unknown as Tracked
    this.members.push(tracked)
    if (site === 'own') this.near.add(tracked)
    pair.near.write(Buffer.alloc(16 * 1024 * 1024))
    return { ...pair, tracked }
  }

  /** Whether there is room to send before so much time has passed. */
  async hasRoom(tracked: Tracked, ms: number): Promise<boolean> {
    let room = false
    void this.pacer.room(tracked, this.stop.signal).then(
      () => (room = true),
      () => undefined,
    )
    await this.clock.wind(ms)
    return room
  }
}

describe('pacing of connections', () => {
  test('PACE-7 what leaves to other sites gets a rate, what stays on the own site does not', async () => {
    const world = new World()
    const [own, other] = [await world.member('own'), await world.member('other')]
    world.pacer.wake()
    await world.clock.wind(5_000)
    expect([...world.kernel.rates.keys()]).toEqual([other.near])
    expect(world.kernel.rates.get(other.near)).toBeLessThan(64_000)
    expect(world.kernel.rates.get(other.near)).toBeGreaterThan(16_000)
    expect(await world.hasRoom(own.tracked, 0)).toBe(true)
  })

  test('PACE-8 little waits to be sent on a thin line, and more is taken when it has left', async () => {
    const world = new World()
    const { tracked, near, far } = await world.member('other')
    expect(await world.hasRoom(tracked, 5_000)).toBe(false)
    expect(world.kernel.unsent.get(near)).toBeLessThanOrEqual(32 * 1024)
    far.resume()
    await until('what waited has left', () => near.writableLength === 0)
    expect(await world.hasRoom(tracked, 100)).toBe(true)
  })

  test('PACE-8 who waits for room is told when the line is given up', async () => {
    const world = new World()
    const { tracked } = await world.member('other')
    const ended = new AbortController()
    const waiting = world.pacer.room(tracked, ended.signal)
    ended.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test.each([
    { title: 'the host does not want it', options: { paced: false } },
    { title: 'the kernel does not tell', options: { kernel: { ...systemTcp, tcpInfo: () => undefined } } },
  ])('PACE-9 nothing is paced where $title', async ({ options }) => {
    const world = new World(options)
    const { tracked } = await world.member('other')
    world.pacer.wake()
    await world.clock.wind(1_000)
    expect(world.kernel.rates.size).toBe(0)
    expect(await world.hasRoom(tracked, 100)).toBe(true)
  })

  test('PACE-9 Linux tells the state of a connection and takes its limits; a closed one has none', async () => {
    const { near, far, close } = await tcpPair()
    onTestFinished(close)
    far.resume()
    near.write(Buffer.alloc(1024 * 1024))
    await until('all has arrived', () => far.bytesRead === 1024 * 1024)
    const info = systemTcp.tcpInfo(near)
    expect(info?.notSentBytes).toBe(0)
    expect(info?.rttMs).toBeGreaterThanOrEqual(info?.minRttMs ?? Number.NaN)
    expect((info?.delivered ?? 0) * (info?.segmentBytes ?? 0)).toBeGreaterThanOrEqual(1024 * 1024)
    expect(systemTcp.limitRate(near, 50_000)).toBe(true)
    expect(systemTcp.limitUnsent(near, 16_384)).toBe(true)
    expect(systemTcp.limitRate(near, undefined)).toBe(true)
    close()
    expect(systemTcp.tcpInfo(near)).toBeUndefined()
    expect(systemTcp.limitRate(near, 1)).toBe(false)
  })
})
