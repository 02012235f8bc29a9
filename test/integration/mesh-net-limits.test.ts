import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { Net } from '../../node-agent/net/index.ts'
import { encodeFrame, helloCodec, HELLO_PROTOCOL, LIMITS } from '../../protocol/index.ts'
import { componentSuite } from '../compliance/component.ts'
import { TEST_MESH } from '../support/fake-book.ts'
import { createOutsider, dialOutside, probe } from '../support/outsider.ts'
import { TestMesh, type TestNode, until } from '../support/test-mesh.ts'
import { addressOf, connect, ECHO, FRAMES, serveEcho } from '../support/net-nodes.ts'

describe('net', () => {
  test('NET-11 a port in use is ADDRESS_IN_USE, and nothing keeps running', async () => {
    await using mesh = new TestMesh('tcp')
    const a = await mesh.node(1)
    await a.net.start()
    const b = await mesh.node(2, { listen: [addressOf(a).split('/p2p/')[0] ?? ''] })
    await expect(b.net.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    expect(b.net.addresses()).toEqual([])
    await b.net.stop()
  })

  test.each([{ listen: ['/ip4/192.0.2.77/tcp/1'] }, { listen: ['localhost:80'] }, { bootstrap: ['host'] }])(
    'NET-12 %j is ADDRESS_INVALID',
    async (init) => {
      await using mesh = new TestMesh('tcp')
      const a = await mesh.node(1, init)
      await expect(a.net.start()).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
    },
  )

  test('NET-12 dialling what is no address says so; dialling nobody says PEER_GONE', async () => {
    await using mesh = new TestMesh('tcp')
    const a = await mesh.node(1)
    await expect(async () => a.net.dial('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({ code: 'PEER_GONE' })
    await a.net.start()
    await expect(a.net.dial('nonsense')).rejects.toMatchObject({ code: 'ADDRESS_INVALID' })
    await expect(a.net.dial('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({ code: 'PEER_GONE' })
    const cancelled = AbortSignal.abort()
    await expect(a.net.dial('/ip4/127.0.0.1/tcp/1', { signal: cancelled })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('NET-6 strangers of one address are let try LIMITS.helloPerMinute times; members still get in', async () => {
    await using mesh = new TestMesh('tcp')
    const [a, b] = [await mesh.node(1, { pace: { refusalGraceMs: 5 } }), await mesh.node(2)]
    a.book.keep(b.host.grant)
    a.book.keep(b.host.binding)
    await a.net.start()
    await b.net.start()
    const hello = encodeFrame(helloCodec.encode({ t: 'hello', mesh: TEST_MESH, proof: [], addresses: [] }))
    let answered = 0
    for (let n = 0; n < LIMITS.helloPerMinute + 5; n++) {
      const outsider = await createOutsider('tcp')
      try {
        const connection = await dialOutside(outsider, addressOf(a))
        const answer = await probe(connection, HELLO_PROTOCOL, hello)
        if (answer.length > 0) answered++
      } catch {
        // Turned away before the hello.
      }
      await outsider.stop()
    }
    // A few attempts come back while the test runs.
    expect(answered).toBeGreaterThanOrEqual(LIMITS.helloPerMinute)
    expect(answered).toBeLessThan(LIMITS.helloPerMinute + 5)
    await connect(b, a)
  })

  test('NET-9 a mesh of 24 on 3 sites that seek 5 each is in one piece', async () => {
    await using mesh = new TestMesh('memory')
    const pace = { peersSought: 5, peersSoughtSameSite: 3 }
    const nodes: TestNode[] = []
    for (let n = 0; n < 24; n++) nodes.push(await mesh.node(n, { site: ['oslo', 'rome', 'lima'][n % 3] ?? '', pace }))
    for (const one of nodes)
      for (const { host } of nodes) for (const record of [host.grant, host.binding]) one.book.keep(record)
    for (const { net } of nodes) await net.start()
    for (const one of nodes) for (const other of nodes) one.net.learn(other.host.peer, other.net.addresses())
    const reached = (): number => {
      const seen = new Set([nodes[0]?.host.peer])
      for (const peer of seen) {
        const node = nodes.find(({ host }) => host.peer === peer)
        for (const { peer: next } of node?.net.peers() ?? []) seen.add(next)
      }
      return seen.size
    }
    await until('everybody is reachable from the first', () => reached() === 24)
    await until('all have the connections they seek', () => nodes.every(({ net }) => net.peers().length >= 3))
  }, 60_000)

  test('NET-9 idle connections beyond those kept are let go, those in use and those dialled from here are not', async () => {
    await using mesh = new TestMesh('memory')
    let aheadMs = 0
    const clock = { ...systemClock, now: () => Date.now() + aheadMs }
    const still = { pace: { peersSought: 0 } }
    const hub = await mesh.node(0, { clock, pace: { peersSought: 0, peersKept: 3 } })
    serveEcho(hub)
    await hub.net.start()
    const others: TestNode[] = []
    for (let n = 1; n <= 7; n++) others.push(await mesh.node(n, still))
    for (const { net } of others) await net.start()
    const [dialled, busy, ...idle] = others
    if (dialled === undefined || busy === undefined) throw new Error('no nodes')
    await connect(hub, dialled)
    for (const other of [busy, ...idle.slice(0, 4)]) await connect(other, hub)
    await busy.net.open(hub.host.peer, ECHO, FRAMES)
    await until('the stream is open', () => hub.net.peers().length === 6)
    aheadMs = 120_000
    const last = idle[4]
    if (last === undefined) throw new Error('no nodes')
    await connect(last, hub)
    await until('the surplus is gone', () => hub.net.peers().length === 3)
    const left = hub.net.peers().map(({ peer }) => peer)
    expect(left).toEqual(expect.arrayContaining([dialled.host.peer, busy.host.peer, last.host.peer]))
  })
})

describe('net as a component', () => {
  const meshes: TestMesh[] = []
  afterEach(async () => {
    for (const mesh of meshes.splice(0)) await mesh[Symbol.asyncDispose]()
  })
  componentSuite('net', {
    create: async () => {
      const mesh = new TestMesh('tcp')
      meshes.push(mesh)
      return (await mesh.node(1)).net
    },
    working: async (component) => 'addresses' in component && (component as Net).addresses().length > 0,
  })
})
