import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { Net, NetPeer } from '../../node-agent/net/index.ts'
import {
  encodeFrame,
  EXCHANGE_PROTOCOL,
  helloCodec,
  HELLO_PROTOCOL,
  LIMITS,
  reconcileCodec,
  RECORDS_PROTOCOL,
  requestCodec,
  ShoalError,
} from '../../protocol/index.ts'
import { componentSuite } from '../compliance/component.ts'
import { fakeStatus, TEST_MESH } from '../support/fake-book.ts'
import { createOutsider, dialOutside, probe } from '../support/outsider.ts'
import { joined, TEST_TOPIC, TestMesh, type TestNode, until } from '../support/test-mesh.ts'

const ECHO = '/shoal/echo/1.0.0'
const FRAMES = { maxFrameBytes: LIMITS.exchangeMessageBytes }

const addressOf = ({ net }: TestNode): string => net.addresses()[0] ?? ''

async function connect(a: TestNode, b: TestNode): Promise<void> {
  await a.net.dial(addressOf(b))
  await until('both are joined', () => joined(a, b))
}

/** Serves an echo, and counts who came. */
function serveEcho({ net }: TestNode): NetPeer[] {
  const served: NetPeer[] = []
  const echo = async (channel: Parameters<Parameters<Net['handle']>[1]>[0], peer: NetPeer): Promise<void> => {
    served.push(peer)
    for (let frame = await channel.next(); frame !== undefined; frame = await channel.next()) {
      channel.send(frame.header, frame.body)
    }
    await channel.close()
  }
  net.handle(ECHO, echo, FRAMES)
  return served
}

/** Gathers gossip, all of it welcome. */
function gather({ net }: TestNode): string[] {
  const heard: string[] = []
  net.subscribe(TEST_TOPIC, async (bytes) => {
    heard.push(Buffer.from(bytes).toString())
    return 'accept'
  })
  return heard
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

describe.each(['memory', 'tcp'] as const)('net over %s', (transport) => {
  test('NET-4 two members that never met talk after a hello: streams, gossip, round trip', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2, { site: 'rome' })]
    const served = serveEcho(a)
    const heard = gather(a)
    gather(b)
    await a.net.start()
    await b.net.start()
    expect(await b.net.dial(addressOf(a))).toEqual({ peer: a.host.peer, site: 'oslo', sameSite: false, outbound: true })
    await until('both are joined', () => joined(a, b))
    const channel = await b.net.open(a.host.peer, ECHO, FRAMES)
    channel.send(text('head'), randomBytes(300_000))
    expect((await channel.next())?.body.length).toBe(300_000)
    await channel.close()
    expect(served.map(({ peer }) => peer)).toEqual([b.host.peer])
    await until('gossip arrives', async () => {
      // The same bytes are published once only, and the first may find no stream yet.
      await b.net.publish(TEST_TOPIC, randomBytes(8))
      return heard.length > 0
    })
    await until('the round trip is known', () => b.net.connections()[0]?.rttMs !== undefined)
    expect(b.net.connections()).toMatchObject([{ peer: a.host.peer, direction: 'outbound', member: true }])
    expect(a.addressBook.saved.get(b.host.peer)).toEqual([addressOf(b).split('/p2p/')[0]])
  })

  test('NET-1 a stranger without a hello gets not a byte of any protocol, and is hung up on', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1, { pace: { handshakeTimeoutMs: 1_000 } }), await mesh.node(2)]
    const served = serveEcho(a)
    gather(a)
    gather(b)
    await a.net.start()
    await b.net.start()
    await connect(a, b)
    const outsider = await createOutsider(transport)
    mesh.defer(async () => outsider.stop())
    const overheard: string[] = []
    outsider.services.pubsub.addEventListener('message', ({ detail }) =>
      overheard.push(Buffer.from(detail.data).toString()),
    )
    outsider.services.pubsub.subscribe(TEST_TOPIC)
    const connection = await dialOutside(outsider, addressOf(a))
    const digest = new Uint8Array(32)
    const asks = [
      [ECHO, encodeFrame(text('hello?'))],
      [RECORDS_PROTOCOL, encodeFrame(reconcileCodec.encode({ t: 'total', digest, salt: new Uint8Array(8) }))],
      [EXCHANGE_PROTOCOL, encodeFrame(requestCodec.encode({ t: 'interest', manifest: digest }))],
      ['/ipfs/id/1.0.0', new Uint8Array()],
      ['/ipfs/ping/1.0.0', randomBytes(32)],
      ['/meshsub/1.2.0', new Uint8Array()],
    ] as const
    const answers = await Promise.all(asks.map(([protocol, bytes]) => probe(connection, protocol, bytes)))
    await a.net.publish(TEST_TOPIC, text('secret'))
    await b.net.publish(TEST_TOPIC, text('secret'))
    expect(answers.map((answer) => answer.length)).toEqual(asks.map(() => 0))
    await until('the stranger is hung up on', () => connection.status !== 'open')
    expect(served).toEqual([])
    expect(overheard).toEqual([])
    expect(a.net.peers().map(({ peer }) => peer)).toEqual([b.host.peer])
    expect(outsider.services.pubsub.getSubscribers(TEST_TOPIC)).toEqual([])
  })

  test('NET-5 a hello without a valid proof is refused with the reason, and reveals nothing', async () => {
    await using mesh = new TestMesh(transport)
    const [a, stranger] = [await mesh.node(1), await mesh.node(2, { outsider: true })]
    await a.net.start()
    await stranger.net.start()
    await expect(stranger.net.dial(addressOf(a))).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    expect(stranger.book.member(a.host.peer)).toBeUndefined()
    await until(
      'the connection is closed',
      () => a.net.connections().length === 0 && stranger.net.connections().length === 0,
    )
    expect(a.log.lines.find(({ event }) => event === 'peer-refused')?.fields).toMatchObject({
      peer: stranger.host.peer,
    })
    expect(a.net.peers()).toEqual([])
  })

  test('NET-4 hostile hellos end the connection: garbage, silence, too large, twice', async () => {
    await using mesh = new TestMesh(transport)
    const a = await mesh.node(1, { pace: { handshakeTimeoutMs: 500 } })
    await a.net.start()
    const huge = Buffer.alloc(8)
    huge.writeUInt32BE(LIMITS.helloBytes + 1)
    const proofless = encodeFrame(helloCodec.encode({ t: 'hello', mesh: TEST_MESH, proof: [], addresses: [] }))
    for (const bytes of [
      randomBytes(100),
      new Uint8Array([0]),
      huge,
      proofless,
      Buffer.concat([proofless, proofless]),
    ]) {
      const outsider = await createOutsider(transport)
      const connection = await dialOutside(outsider, addressOf(a))
      await probe(connection, HELLO_PROTOCOL, bytes)
      await until('the connection is closed', () => connection.status !== 'open')
      await outsider.stop()
    }
    await until('nothing is left', () => a.net.connections().length === 0)
  })

  test('NET-7 a member that is removed loses its connection, streams and gossip at the next check', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2)]
    serveEcho(a)
    const gone: string[] = []
    a.net.onPeerGone((peer) => gone.push(peer))
    await a.net.start()
    await b.net.start()
    await connect(b, a)
    const channel = await b.net.open(a.host.peer, ECHO, FRAMES)
    channel.send(text('x'))
    await channel.next()
    a.book.revoke(b.host)
    a.net.recheck()
    expect(gone).toEqual([b.host.peer])
    expect(a.net.peers()).toEqual([])
    await until('the stream has ended', () => channel.signal.aborted)
    await expect(b.net.open(a.host.peer, ECHO, FRAMES)).rejects.toMatchObject({ code: 'PEER_GONE' })
  })

  test('NET-7 a host that cannot be judged yet is refused, and let in once its grant is known', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2)]
    // Its own grant has not reached it: the proof has a gap.
    b.book.ownProof = () => [b.host.binding.bytes]
    await a.net.start()
    await b.net.start()
    b.net.learn(a.host.peer, a.net.addresses())
    await until('it was refused', () => a.log.lines.some(({ event }) => event === 'peer-refused'))
    expect(a.net.peers()).toEqual([])
    await a.book.offer(b.host.grant.bytes)
    await until('both are joined', () => joined(a, b))
  })

  test('NET-10 a lost connection comes back by itself, at the address it had, after a restart of either side', async () => {
    await using mesh = new TestMesh(transport)
    const a = await mesh.node(1)
    await a.net.start()
    const listen = [addressOf(a).split('/p2p/')[0] ?? '']
    const b = await mesh.node(2)
    await b.net.start()
    await connect(b, a)
    await a.net.stop()
    await until('b has noticed', () => b.net.peers().length === 0)
    const again = await mesh.node(1, { listen })
    await again.net.start()
    await until('they are joined again', () => joined(again, b))
    await b.net.stop()
    await b.net.start()
    await until('they are joined once more', () => joined(again, b))
  })

  test('NET-13 addresses outlive a restart, and statuses teach new ones', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b, c] = [await mesh.node(1), await mesh.node(2), await mesh.node(3)]
    await a.net.start()
    await c.net.start()
    b.addressBook.saved.set(a.host.peer, a.net.addresses())
    await b.net.start()
    await until('the kept address was dialled', () => joined(a, b))
    b.book.keep(c.host.grant)
    b.book.keep(c.host.binding)
    b.book.keep(fakeStatus(c.host, 1, c.net.addresses()))
    await until('the address of the status was dialled', () => joined(b, c))
  })

  test('NET-15 a banned peer is dropped and stays away until the ban ends', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2)]
    await a.net.start()
    await b.net.start()
    await connect(b, a)
    a.net.ban(b.host.peer, new ShoalError('CHUNK_DIGEST_MISMATCH', 'bad bytes'), 700)
    expect(a.net.peers()).toEqual([])
    await until('b has noticed', () => b.net.peers().length === 0)
    await expect(b.net.dial(addressOf(a))).rejects.toThrow()
    expect(a.net.peers()).toEqual([])
    await until('the ban is over', () => joined(a, b))
  })

  test('NET-16 two hosts that dial each other at the same moment end with one connection, and gossip works', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2)]
    const heard = gather(a)
    gather(b)
    await a.net.start()
    await b.net.start()
    await Promise.allSettled([a.net.dial(addressOf(b)), b.net.dial(addressOf(a))])
    await until('one connection is left', () => a.net.connections().length === 1 && b.net.connections().length === 1)
    await until('gossip arrives', async () => {
      await b.net.publish(TEST_TOPIC, randomBytes(8))
      return heard.length > 0
    })
    expect(joined(a, b)).toBe(true)
  })

  test('NET-17 a message is judged once, and travels on only when accepted', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b, c] = [await mesh.node(1), await mesh.node(2), await mesh.node(3)]
    const judged: string[] = []
    gather(a)
    b.net.subscribe(TEST_TOPIC, async (bytes, from) => {
      const message = Buffer.from(bytes).toString()
      judged.push(message)
      expect(from).toBe(a.host.peer)
      return message.startsWith('good') ? 'accept' : message.startsWith('dull') ? 'ignore' : 'reject'
    })
    const heard = gather(c)
    for (const { net } of [a, b, c]) await net.start()
    await connect(a, b)
    await connect(b, c)
    // c must not hear of a but through b.
    let tries = 0
    await until('gossip has its streams', async () => {
      await a.net.publish(TEST_TOPIC, text(`good ${tries++} for a start`))
      return heard.length > 0
    })
    for (const message of ['dull 1', 'bad 1', 'good 1', 'good 1']) await a.net.publish(TEST_TOPIC, text(message))
    await until('the accepted one arrived', () => heard.includes('good 1'))
    expect(judged.filter((message) => !message.endsWith('start')).toSorted()).toEqual(['bad 1', 'dull 1', 'good 1'])
    expect(heard.some((message) => !message.startsWith('good'))).toBe(false)
  })
})

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
