import { beforeEach, describe, expect, test } from 'vitest'
import { answer, type HelloDeps, introduce } from '../../../node-agent/net/hello.ts'
import { helloCodec, keyPairFromSeed, LIMITS, ShoalError } from '../../../protocol/index.ts'
import { type MemoryChannel, channelPair } from '../../support/channel-pair.ts'
import { FakeBook, type FakeHost, fakeHost, fakeRoot, TEST_MESH, testSeed } from '../../support/fake-book.ts'

const NEVER = new AbortController().signal

/** One side of a hello. */
const sideOf = (book: FakeBook, mesh: string = TEST_MESH): HelloDeps => ({
  book,
  mesh,
  addresses: () => ['/ip4/192.0.2.1/tcp/4001'],
  check: () => {},
})

const makeHost = async (name: string, n: number): Promise<FakeHost> =>
  fakeHost(name, 'oslo', testSeed(n), (await keyPairFromSeed(testSeed(n))).publicKey)

/** Every message that one end was sent. */
function overheard(channel: MemoryChannel): string[] {
  const heard: string[] = []
  const deliver = channel.deliver.bind(channel)
  channel.deliver = (frame) => {
    heard.push(helloCodec.decode(frame.header).t)
    deliver(frame)
  }
  return heard
}

describe('hello', () => {
  let a: FakeHost
  let b: FakeHost
  let ends: [MemoryChannel, MemoryChannel]

  beforeEach(async () => {
    a = await makeHost('a', 1)
    b = await makeHost('b', 2)
    const [toB, toA] = channelPair()
    ends = [Object.assign(toB, { peer: b.peer }), Object.assign(toA, { peer: a.peer })]
  })

  const both = (dialler: HelloDeps, dialled: HelloDeps) =>
    Promise.allSettled([introduce(dialler, ends[0], NEVER), answer(dialled, ends[1], NEVER)])

  test('NET-4 two hosts that know nothing of each other learn grant and binding and are members afterwards', async () => {
    const books = [
      new FakeBook(a, [fakeRoot, a.grant, a.binding]),
      new FakeBook(b, [fakeRoot, b.grant, b.binding]),
    ] as const
    const [one, two] = await both(sideOf(books[0]), sideOf(books[1]))
    expect(one).toMatchObject({ status: 'fulfilled', value: { addresses: ['/ip4/192.0.2.1/tcp/4001'] } })
    expect(two.status === 'fulfilled' && two.value.learned.map(({ kind }) => kind)).toEqual(['grant', 'binding'])
    expect(books[0].member(b.peer)?.site).toBe('oslo')
    expect(books[1].member(a.peer)?.site).toBe('oslo')
  })

  test('TRUST-6 a newcomer takes the word of whom it dials, and nobody takes that of who dials', async () => {
    for (const newcomers of [
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const asked: (boolean | undefined)[] = []
      const depsOf = (host: FakeHost, side: 0 | 1): HelloDeps => {
        const known = new FakeBook(host, [fakeRoot, host.grant, host.binding])
        const book: HelloDeps['book'] = {
          offer: (bytes, options) => {
            asked[side] = options?.introducing
            return known.offer(bytes)
          },
          all: (kind) => known.all(kind),
          member: (peer) => known.member(peer),
          ownProof: () => known.ownProof(),
          isNewcomer: () => newcomers[side],
          onNew: (listener) => known.onNew(listener),
        }
        return { ...sideOf(known), book }
      }
      const [toB, toA] = channelPair()
      await Promise.all([
        introduce(depsOf(a, 0), Object.assign(toB, { peer: b.peer }), NEVER),
        answer(depsOf(b, 1), Object.assign(toA, { peer: a.peer }), NEVER),
      ])
      expect(asked).toEqual([!newcomers[0], true])
    }
  })

  test('NET-5 the dialled side shows nothing of itself to a stranger, and says why', async () => {
    const heard = overheard(ends[0])
    const [one, two] = await both(sideOf(new FakeBook()), sideOf(new FakeBook(b, [fakeRoot, b.grant, b.binding])))
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'NOT_A_MEMBER' } })
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'NOT_A_MEMBER' } })
    expect(heard).toEqual(['refused'])
  })

  test('NET-4 the dialler refuses an answer that proves nothing, and the other side hears why', async () => {
    const stranger = new FakeBook(undefined, [fakeRoot, a.grant, a.binding])
    const [one, two] = await both(sideOf(new FakeBook(a, [fakeRoot, a.grant, a.binding])), sideOf(stranger))
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'NOT_A_MEMBER' } })
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'NOT_A_MEMBER' } })
  })

  test('NET-4 a proof of somebody else does not make the sender a member', async () => {
    const thief = new FakeBook(a, [fakeRoot])
    ends[1] = Object.assign(ends[1], { peer: (await makeHost('thief', 3)).peer })
    const [one, two] = await both(sideOf(thief), sideOf(new FakeBook(b, [fakeRoot, b.grant, b.binding])))
    expect([one.status, two.status]).toEqual(['rejected', 'rejected'])
  })

  test('NET-4 hosts of two meshes part at once', async () => {
    const books = [
      new FakeBook(a, [fakeRoot, a.grant, a.binding]),
      new FakeBook(b, [fakeRoot, b.grant, b.binding]),
    ] as const
    const [one, two] = await both(sideOf(books[0], 'ff'.repeat(16)), sideOf(books[1]))
    expect(one).toMatchObject({ reason: { code: 'RECORD_WRONG_MESH' } })
    expect(two).toMatchObject({ reason: { code: 'RECORD_WRONG_MESH' } })
    expect(books[1].offers).toBe(0)
  })

  test('NET-6 a stranger costs one failed verification, not one a record', async () => {
    const book = new FakeBook(b, [fakeRoot, b.grant, b.binding])
    const junk = Array.from({ length: LIMITS.helloRecords }, (_, n) => Uint8Array.of(n & 255))
    const answered = answer(sideOf(book), ends[1], NEVER)
    ends[0].send(helloCodec.encode({ t: 'hello', mesh: TEST_MESH, proof: junk, addresses: [] }))
    await expect(answered).rejects.toMatchObject({ code: 'RECORD_MALFORMED' })
    expect(book.offers).toBe(1)
  })

  test('NET-4 a peer that is banned is refused though it is a member', async () => {
    const books = [
      new FakeBook(a, [fakeRoot, a.grant, a.binding]),
      new FakeBook(b, [fakeRoot, b.grant, b.binding]),
    ] as const
    const check = (): void => {
      throw new ShoalError('NOT_A_MEMBER', 'the peer is ignored for a while')
    }
    const [one] = await both(sideOf(books[0]), { ...sideOf(books[1]), check })
    expect(one).toMatchObject({ reason: { code: 'NOT_A_MEMBER' } })
  })

  test.each(['accepted', 'garbage', 'nothing'] as const)('NET-4 %s instead of a hello ends it', async (what) => {
    const answered = answer(sideOf(new FakeBook(b, [fakeRoot, b.grant, b.binding])), ends[1], NEVER)
    if (what === 'accepted') ends[0].send(helloCodec.encode({ t: 'accepted' }))
    if (what === 'garbage') ends[0].send(Uint8Array.of(1, 2, 3))
    if (what === 'nothing') await ends[0].close()
    await expect(answered).rejects.toMatchObject({ code: what === 'nothing' ? 'PEER_GONE' : 'WIRE_MALFORMED' })
  })
})
