import { describe, expect, test } from 'vitest'
import { serveExchange } from '../../../node-agent/fetch/exchange-server.ts'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import { type ChunkRef, fromHex, LIMITS, requestCodec } from '../../../protocol/index.ts'
import { channelPair } from '../../support/channel-pair.ts'
import { fakeContent, FakeSource } from '../../support/fake-chunks.ts'
import { until } from '../../support/test-mesh.ts'
import { bytesOf, content, first, impersonate, log, second, talk } from '../../support/exchange-ends.ts'

describe('exchange', () => {
  test('EXCHANGE-1 chunks asked for arrive verified; what is not there is said to lack', async () => {
    const { client, heard } = talk(FakeSource.of(content, (i) => i !== 3))
    client.want(content.chunks, 'job')
    expect(client.inFlight).toBe(content.chunks.reduce((sum, { size }) => sum + size, 0))
    await until('all is answered', () => client.inFlight === 0)
    expect(heard.chunks.size).toBe(19)
    for (const [digest, bytes] of heard.chunks) expect(Buffer.from(bytes).equals(bytesOf(digest))).toBe(true)
    expect(heard.lacks).toEqual([content.chunks[3]?.digest])
    expect(heard.error).toBeUndefined()
  })

  test('EXCHANGE-2 a manifest that is followed: its bitmap, then news in batches', async () => {
    const source = FakeSource.of(content, (i) => i < 5)
    const { client, heard, toServer } = talk(source)
    client.interest(content.manifest)
    await until('the bitmap is there', () => heard.bits.length === 1)
    expect([...(heard.bits[0] ?? [])]).toEqual([0b11111, 0, 0])
    const before = toServer.receivedBytes
    for (const { digest } of content.chunks.slice(5, 15)) source.add(content, digest, bytesOf(digest))
    await until('the news is there', () => heard.more.length === 10)
    expect(heard.more).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    expect(toServer.receivedBytes - before).toBeLessThan(120)
    client.forget(content.manifest)
    client.want([first], 'job')
    await until('that was heard', () => heard.chunks.size === 1)
    source.add(content, second.digest, bytesOf(second.digest))
    await new Promise((resolve) => setTimeout(resolve, 2 * LIMITS.haveBatchMs))
    expect(heard.more.length).toBe(10)
  })

  test('EXCHANGE-2 a manifest that becomes known later is told of with its whole bitmap', async () => {
    const source = new FakeSource()
    const { client, heard } = talk(source)
    client.interest(content.manifest)
    await until('it is answered', () => heard.bits.length === 1)
    expect(heard.bits[0]).toBeUndefined()
    source.known.set(content.manifest, content)
    source.add(content, second.digest, bytesOf(second.digest))
    await until('the bitmap is there', () => heard.bits.length === 2)
    expect([...(heard.bits[1] ?? [])]).toEqual([0b10, 0, 0])
  })

  test('EXCHANGE-2 the bitmap of 16 million chunks comes in pages, and costs next to nothing when it is full', async () => {
    const source = new FakeSource()
    source.claim = () => new Uint8Array(2 * 1024 * 1024).fill(0xff)
    const { client, heard, toServer } = talk(source)
    client.interest(content.manifest)
    await until('the bitmap is there', () => heard.bits.length === 1)
    expect(heard.bits[0]?.length).toBe(2 * 1024 * 1024)
    expect(heard.bits[0]?.every((byte) => byte === 0xff)).toBe(true)
    expect(toServer.receivedBytes).toBeLessThan(2_000)
  })

  test('EXCHANGE-3 a request taken back is not answered, unless it has left already', async () => {
    const source = FakeSource.of(content)
    const gate = Promise.withResolvers<void>()
    source.answer = async (_, held) => (await gate.promise, held)
    const { client, heard, toClient } = talk(source)
    client.want(content.chunks, 'job')
    for (const { digest } of content.chunks) if (digest !== first.digest) client.cancel(digest, 'job')
    await until('the server has heard', () => toClient.unread === 0)
    gate.resolve()
    await until('the one that is left arrives', () => heard.chunks.size === 1)
    client.want([second], 'job')
    await until('a new request is answered', () => heard.chunks.size === 2)
    expect(client.inFlight).toBe(0)
    expect(source.reads).toBeLessThan(content.chunks.length / 2)
    expect(heard.wasted.every((code) => code === undefined)).toBe(true)
    expect(heard.error).toBeUndefined()
  })

  test('EXCHANGE-3 two jobs that want one chunk get it from one request; it is taken back when neither wants it', async () => {
    const { client, heard, toServer } = impersonate()
    client.want([first], 'one')
    const sent = toServer.sentBytes
    client.want([first], 'two')
    expect(toServer.sentBytes).toBe(sent)
    client.cancel(first.digest, 'one')
    expect(toServer.sentBytes).toBe(sent)
    client.cancel(first.digest, 'two')
    expect(toServer.sentBytes).toBeGreaterThan(sent)
    expect(client.inFlight).toBe(0)
    const other = impersonate()
    other.client.want([first], 'one')
    other.client.want([first], 'two')
    other.say({ t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'none' }, bytesOf(first.digest))
    await until('it arrives', () => other.heard.chunks.size === 1)
    expect(other.heard.owners).toEqual(['one', 'two'])
    expect(heard.error).toBeUndefined()
  })

  test('EXCHANGE-8 small chunks travel in packs; what lacks and what was taken back in between is told apart', async () => {
    const small = fakeContent(12, 60, 900, true)
    const [lost, back] = [small.chunks[20], small.chunks[30]]
    if (lost === undefined || back === undefined) throw new Error('no chunks')
    const source = FakeSource.of(small)
    source.held.delete(lost.digest)
    const { client, heard, toServer } = talk(source)
    client.want(small.chunks, 'one')
    client.cancel(back.digest, 'one')
    await until('all is answered', () => client.inFlight === 0)
    expect(heard.lacks).toEqual([lost.digest])
    const got = small.chunks.filter(({ digest }) => heard.chunks.has(digest))
    expect(got.length).toBe(58)
    for (const { digest } of got) {
      expect(
        Buffer.compare(heard.chunks.get(digest) ?? Buffer.alloc(0), small.bytes.get(digest) ?? Buffer.alloc(1)),
      ).toBe(0)
    }
    expect(client.inFlight).toBe(0)
    expect(heard.error).toBeUndefined()
    // 60 chunks of about 900 bytes of the same text: with a header and a compressor each they would take 6,000 bytes and more.
    expect(toServer.receivedBytes).toBeLessThan(4500)
  })

  test.for<readonly [string, (refs: readonly ChunkRef[]) => readonly [[number, number][], Uint8Array], string]>([
    [
      'a want that is none',
      (refs) => [
        [
          [0, refs[0]?.size ?? 0],
          [60, 1],
        ],
        Buffer.concat([bytesOf(refs[0]?.digest), Buffer.from('x')]),
      ],
      'WIRE_MALFORMED',
    ],
    [
      'other bytes than stated',
      (refs) => [
        [
          [0, 5],
          [1, 5],
        ],
        bytesOf(refs[0]?.digest).slice(0, 9),
      ],
      'WIRE_MALFORMED',
    ],
    [
      'a wrong chunk',
      (refs) => [
        [
          [0, refs[1]?.size ?? 0],
          [1, refs[0]?.size ?? 0],
        ],
        Buffer.concat([bytesOf(refs[1]?.digest), bytesOf(refs[0]?.digest)]),
      ],
      'CHUNK_DIGEST_MISMATCH',
    ],
    [
      'more than a chunk in all',
      () => [Array.from({ length: 3 }, (_, i): [number, number] => [i, LIMITS.chunkBytes]), new Uint8Array(10)],
      'WIRE_MALFORMED',
    ],
  ])('EXCHANGE-8 a pack of %s condemns the peer', async ([, make, code]) => {
    const { client, heard, say } = impersonate()
    client.want(content.chunks.slice(0, 3), 'one')
    const [chunks, body] = make(content.chunks)
    say({ t: 'pack', id: 1, chunks, encoding: 'none' }, body)
    await until('it is refused', () => heard.error !== undefined)
    expect(heard.error?.code).toBe(code)
  })

  test('EXCHANGE-4 a slow reader slows the server: few chunks are read ahead of it', async () => {
    const many = fakeContent(2, 300, 200_000, true)
    const source = FakeSource.of(many)
    const [toServer, toClient] = channelPair()
    toClient.capacity = 3
    void serveExchange({ source, clock: systemClock, log }, toClient, { sameSite: true, relayed: false }).catch(
      () => undefined,
    )
    const want = (from: number): unknown =>
      toServer.send(
        requestCodec.encode({
          t: 'want',
          id: from + 1,
          digests: many.chunks.slice(from, from + 50).map(({ digest }) => fromHex(digest)),
          compression: 0,
        }),
      )
    for (let from = 0; from < 300; from += 50) want(from)
    await until('it waits', () => toServer.unread === 3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(toServer.unread).toBe(3)
    // One more is read before it is known that the pack at hand does not take it.
    expect(source.reads).toBeLessThanOrEqual(3 + LIMITS.readsAhead + 2)
    for (let n = 0; n < 300; n++) await toServer.next()
    expect(source.reads).toBe(300)
  })

  test('EXCHANGE-4 beyond the wants that are answered at once, requests wait unread', async () => {
    const source = FakeSource.of(content)
    const gate = Promise.withResolvers<void>()
    source.answer = async (_, held) => (await gate.promise, held)
    const [toServer, toClient] = channelPair()
    void serveExchange({ source, clock: systemClock, log }, toClient, { sameSite: true, relayed: false }).catch(
      () => undefined,
    )
    for (let id = 0; id < LIMITS.wantsInFlightPerPeer + 20; id++) {
      toServer.send(requestCodec.encode({ t: 'want', id, digests: [fromHex(first.digest)], compression: 0 }))
    }
    await until('the rest waits', () => toClient.unread === 20)
    gate.resolve()
    await until('all is read', () => toClient.unread === 0)
    for (let n = 0; n < LIMITS.wantsInFlightPerPeer + 20; n++) await toServer.next()
  })

  test('EXCHANGE-5 a chunk that cannot be read is lacking, and said in the log', async () => {
    const source = FakeSource.of(content)
    source.answer = async () => {
      throw new Error('the disk is gone')
    }
    const { client, heard } = talk(source)
    client.want([first], 'job')
    await until('it is answered', () => heard.lacks.length === 1)
    expect(log.lines.some(({ event }) => event === 'chunk-unreadable')).toBe(true)
  })
})
