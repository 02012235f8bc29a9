import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
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
import { fakeStatus, TEST_MESH } from '../support/fake-book.ts'
import { createOutsider, dialOutside, probe } from '../support/outsider.ts'
import { joined, TEST_TOPIC, TestMesh, until } from '../support/test-mesh.ts'
import { addressOf, connect, ECHO, FRAMES, gather, serveEcho, text } from '../support/net-nodes.ts'

describe.each(['memory', 'tcp'] as const)('net over %s', (transport) => {
  test('NET-4 two members that never met talk after a hello: streams, gossip, round trip', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await mesh.node(1), await mesh.node(2, { site: 'rome' })]
    const served = serveEcho(a)
    const heard = gather(a)
    gather(b)
    await a.net.start()
    await b.net.start()
    const seen = { peer: a.host.peer, site: 'oslo', sameSite: false, outbound: true, relayed: false }
    expect(await b.net.dial(addressOf(a))).toEqual(seen)
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
