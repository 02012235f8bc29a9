import { describe, expect, test } from 'vitest'
import {
  answerReconcile,
  reconcile,
  type SessionDeps,
  type SessionResult,
} from '../../../node-agent/announce/session.ts'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import {
  keyPairFromSeed,
  LIMITS,
  RecordBuckets,
  reconcileCodec,
  type ReconcileMessage,
  ShoalError,
  type ShoalRecord,
  slotOf,
} from '../../../protocol/index.ts'
import { channelPair } from '../../support/channel-pair.ts'
import { FakeBook, type FakeHost, fakeHead, fakeHost, fakeRoot, fakeStatus, testSeed } from '../../support/fake-book.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NEVER = new AbortController().signal
const SALT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

const host: FakeHost = fakeHost('a', 'oslo', testSeed(1), (await keyPairFromSeed(testSeed(1))).publicKey)
const VOUCHED = [fakeRoot, host.grant, host.binding]

/** One side: a book and its digests, kept up to date. */
function sideOf(...records: readonly ShoalRecord[]): SessionDeps & { readonly book: FakeBook } {
  const book = new FakeBook(undefined, records)
  const buckets = new RecordBuckets()
  book.onNew((record) => buckets.set({ slot: slotOf(record), version: record.version, id: record.id }))
  for (const summary of book.summaries()) buckets.set(summary)
  return { book, buckets, clock: systemClock }
}

/** A whole session; returns both results and the bytes of both directions. */
async function session(a: SessionDeps, b: SessionDeps, busy = false) {
  const [toB, toA] = channelPair()
  const [opened, answered] = await Promise.all([reconcile(a, toB, SALT, NEVER), answerReconcile(b, toA, busy, NEVER)])
  return { opened, answered, bytes: toB.sentBytes + toA.sentBytes }
}

const versionsOf = (side: { readonly book: FakeBook }): Record<string, number> =>
  Object.fromEntries([...side.book.summaries()].map(({ slot, version }) => [slot, version]))

const learned = ({ learned: records }: SessionResult): string[] => records.map(slotOf)

const heads = (count: number, version = 1): ShoalRecord[] =>
  Array.from({ length: count }, (_, n) => fakeHead(`ch-${n}`, version))

describe('reconciliation', () => {
  test('RECONCILE-1 two peers in agreement find that out in under 200 bytes', async () => {
    const { opened, answered, bytes } = await session(
      sideOf(...VOUCHED, ...heads(500)),
      sideOf(...heads(500), ...VOUCHED),
    )
    expect([opened.outcome, answered.outcome]).toEqual(['same', 'same'])
    expect(bytes).toBeLessThan(200)
  })

  test('RECONCILE-4 each side gets what it lacks and the newer of what both have, and nothing else moves', async () => {
    const a = sideOf(...VOUCHED, fakeHead('web', 3), fakeHead('base', 1), fakeHead('only-a', 1))
    const b = sideOf(...VOUCHED, fakeHead('web', 2), fakeHead('base', 5), fakeHead('only-b', 1))
    const { opened, answered } = await session(a, b)
    expect(learned(opened).toSorted()).toEqual(['head/base', 'head/only-b'])
    expect(learned(answered).toSorted()).toEqual(['head/only-a', 'head/web'])
    expect(versionsOf(a)).toEqual(versionsOf(b))
    expect([opened.sent, answered.sent]).toEqual([2, 2])
    expect((await session(a, b)).opened.outcome).toBe('same')
  })

  test('RECONCILE-5 a fresh node judges everything at once, because what vouches arrives first', async () => {
    const status = fakeStatus(host, 1)
    const fresh = sideOf()
    const { answered } = await session(sideOf(status, host.binding, host.grant, fakeRoot), fresh)
    expect(learned(answered)).toEqual([fakeRoot, host.grant, host.binding, status].map(slotOf))
    expect(fresh.book.offers).toBe(4)
  })

  test('RECONCILE-5 what could not be judged when it came is judged again at the end', async () => {
    const [toB, toA] = channelPair()
    const fresh = sideOf()
    const answered = answerReconcile(fresh, toA, false, NEVER)
    const say = (message: ReconcileMessage): unknown => toB.send(reconcileCodec.encode(message))
    say({ t: 'total', digest: new Uint8Array(32).fill(1), salt: SALT })
    say({ t: 'summaries', buckets: new Uint8Array(), items: new Uint8Array(), last: true })
    say({ t: 'records', records: [host.binding.bytes, host.grant.bytes], last: false })
    say({ t: 'records', records: [fakeRoot.bytes], last: true })
    expect(learned(await answered).toSorted()).toEqual([host.binding, host.grant, fakeRoot].map(slotOf).toSorted())
  })

  test('RECONCILE-3 one record among 30,000 costs less than 8 KiB to find', async () => {
    const many = heads(30_000)
    const { opened, bytes } = await session(
      sideOf(...VOUCHED, ...many),
      sideOf(...VOUCHED, ...many, fakeHead('new', 1)),
    )
    expect(learned(opened)).toEqual(['head/new'])
    expect(bytes).toBeLessThan(8 * 1024)
  })

  test('RECONCILE-3 10,000 hosts with three records each reach a fresh node in less than 2 s', async () => {
    const records: ShoalRecord[] = [...VOUCHED, ...heads(30_000)]
    const full = sideOf(...records)
    const fresh = sideOf()
    const cpu = process.cpuUsage()
    const { answered } = await session(full, fresh)
    const { user, system } = process.cpuUsage(cpu)
    expect(answered.learned.length).toBe(30_003)
    expect((user + system) / 1e6).toBeLessThan(2)
  })

  test('RECONCILE-8 a busy peer says so and nothing is exchanged', async () => {
    const a = sideOf(...VOUCHED, fakeHead('web', 3))
    const { opened } = await session(a, sideOf(...VOUCHED), true)
    expect(opened).toEqual({ outcome: 'busy', learned: [], sent: 0 })
  })

  test('RECONCILE-9 forged records are not kept; too many of them end the session', async () => {
    const few = Array.from({ length: LIMITS.recordsRejected - 1 }, (_, n) => fakeHead(`forged-${n}`, 1, true))
    const a = sideOf(...VOUCHED)
    await session(a, sideOf(...VOUCHED, ...few, fakeHead('good', 1)))
    expect(Object.keys(versionsOf(a)).filter((slot) => slot.startsWith('head/'))).toEqual(['head/good'])
    const many = [...few, fakeHead('forged-more', 1, true)]
    await expect(session(sideOf(...VOUCHED), sideOf(...VOUCHED, ...many))).rejects.toMatchObject({
      code: 'RECORD_SIGNATURE_INVALID',
    })
  })

  test('RECONCILE-9 rejections that happen between honest nodes are not held against the peer', async () => {
    const a = sideOf(...VOUCHED)
    const reject = a.book.offer.bind(a.book)
    a.book.offer = async (bytes) => {
      const offered = await reject(bytes)
      if (offered.outcome !== 'new') return offered
      return { outcome: 'rejected', error: new ShoalError('RECORD_EXPIRED', 'a moment too late') }
    }
    expect((await session(a, sideOf(...VOUCHED, ...heads(100)))).opened.learned).toEqual([])
  })

  const misplaced: readonly (readonly [string, ReconcileMessage])[] = [
    ['a want', { t: 'want', slots: new Uint8Array(), last: true }],
    ['records', { t: 'records', records: [], last: true }],
    ['an answer', { t: 'same' }],
  ]

  test.each(misplaced)('RECONCILE-9 %s where a session begins is malformed', async (_, message) => {
    const [toB, toA] = channelPair()
    const answered = answerReconcile(sideOf(...VOUCHED), toA, false, NEVER)
    toB.send(reconcileCodec.encode(message))
    await expect(answered).rejects.toMatchObject({ code: 'WIRE_MALFORMED' })
  })

  test('RECONCILE-9 a peer that hangs up in the middle ends the session with PEER_GONE', async () => {
    const [toB, toA] = channelPair()
    const opened = reconcile(sideOf(...VOUCHED), toB, SALT, NEVER)
    await toA.close()
    await expect(opened).rejects.toMatchObject({ code: 'PEER_GONE' })
  })

  test('RECONCILE-10 a silent peer is given up; one whose bytes keep coming is not', async () => {
    const clock = new ManualClock()
    const [toB, toA] = channelPair()
    const opened = reconcile({ ...sideOf(...VOUCHED), clock }, toB, SALT, NEVER)
    const failed = expect(opened).rejects.toMatchObject({ code: 'PEER_TIMEOUT' })
    for (let n = 0; n < 10; n++) {
      toB.receivedBytes += 1
      await clock.wind(LIMITS.handshakeTimeoutMs - 1_000)
    }
    expect(toA.signal.aborted).toBe(false)
    await clock.wind(3 * LIMITS.handshakeTimeoutMs)
    await failed
  })

  test('RECONCILE-4 a record that vanished between summary and sending is left out', async () => {
    const b = sideOf(...VOUCHED, fakeHead('web', 1), fakeHead('base', 1))
    const get = b.book.get.bind(b.book)
    b.book.get = (slot) => (slot === 'head/web' ? undefined : get(slot))
    expect(learned((await session(sideOf(...VOUCHED), b)).opened)).toEqual(['head/base'])
  })

  test('RECONCILE-4 a slow reader is waited for', async () => {
    const [toB, toA] = channelPair()
    toB.capacity = 1
    toA.capacity = 1
    const a = sideOf(...VOUCHED, ...heads(2_000))
    const b = sideOf(...VOUCHED)
    const [, answered] = await Promise.all([reconcile(a, toB, SALT, NEVER), answerReconcile(b, toA, false, NEVER)])
    expect(answered.learned.length).toBe(2_000)
  })
})
