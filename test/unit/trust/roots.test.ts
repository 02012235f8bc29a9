import { describe, expect, test } from 'vitest'
import { type Digest, parseChannelName, type RecordOf } from '../../../protocol/index.ts'
import { bookFixture, slotsOf } from '../../support/book-fixture.ts'
import { meshFixture, roleOf, seeded, signHead, signRoot } from '../../support/mesh-fixture.ts'

const web = parseChannelName('web')
const pin = (head: RecordOf<'head'>): { channel: typeof web; sequence: number; head: Digest } => ({
  channel: web,
  sequence: head.version,
  head: head.id,
})

async function published() {
  const mesh = await meshFixture()
  const fixture = await bookFixture(mesh.root.id)
  const heads = [await signHead(6, mesh.publisher), await signHead(7, mesh.publisher)] as const
  await fixture.offer(mesh.root, ...heads)
  const next = await seeded(20)
  const publishers = [{ ...roleOf([next]), channels: '*' }]
  return { mesh, ...fixture, heads, next, publishers }
}

describe('a root', () => {
  test('TRUST-11 never gives a role to a revoked key, takes no revocation back, names no channels twice', async () => {
    const { mesh, offer, book } = await published()
    const [lost, next] = [await seeded(40), await seeded(41)]
    const root = (version: number, over: Parameters<typeof signRoot>[3], signers = [mesh.rootKey]) =>
      signRoot(mesh, version, signers, over)
    expect(await offer(await root(2, { revoked: [mesh.publisher.publicKey] }))).toEqual(['rejected ROOT_UNTRUSTED'])
    const twice = [0, 1].map(() => ({ ...roleOf([next]), channels: 'web' }))
    expect(await offer(await root(2, { publishers: twice }))).toEqual(['rejected ROOT_UNTRUSTED'])
    expect(await offer(await root(2, { revoked: [lost.publicKey] }))).toEqual(['new'])
    expect(await offer(await root(3, {}))).toEqual(['rejected ROOT_UNTRUSTED'])
    expect(await offer(await root(3, { revoked: [next.publicKey] }))).toEqual(['rejected ROOT_UNTRUSTED'])
    expect(await offer(await root(3, { revoked: [lost.publicKey, next.publicKey] }))).toEqual(['new'])
    expect(book.root?.version).toBe(3)
  })

  test('TRUST-1 an older root, a second one of the same version and a skipped one change nothing', async () => {
    const { mesh, offer, book } = await published()
    const next = await seeded(41)
    const second = await signRoot(mesh, 2, [mesh.rootKey, next], { root: roleOf([next]) })
    await offer(second)
    expect(await offer(mesh.root, second)).toEqual(['known', 'known'])
    expect(await offer(await signRoot(mesh, 2, [mesh.rootKey], { name: 'mine' }))).toEqual([
      'rejected RECORD_EQUIVOCATION',
    ])
    expect(await offer(await signRoot(mesh, 3, [mesh.rootKey]))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signRoot(mesh, 5, [next]))).toEqual(['unjudged ROOT_UNTRUSTED'])
    expect(book.root?.id).toBe(second.id)
  })

  test('TRUST-1 whoever was away follows a chain of roots, in whatever order it comes', async () => {
    const { mesh, offer } = await published()
    const keys = await Promise.all([50, 51, 52, 53].map(seeded))
    const chain = [mesh.root]
    let before = mesh.rootKey
    for (const [i, key] of keys.entries()) {
      chain.push(await signRoot(mesh, i + 2, [before, key], { root: roleOf([key]) }))
      before = key
    }
    expect(await offer(...chain.slice(1))).toEqual(['new', 'new', 'new', 'new'])
    const late = await bookFixture(mesh.root.id)
    for (let round = 0; round < chain.length; round++) await late.offer(...chain.toReversed())
    expect(late.book.root?.version).toBe(5)
    expect((await late.reopen()).root?.version).toBe(5)
  })
})

describe('heads after a change of publishers', () => {
  test('TRUST-17 the head that the root names stays; every other one of the old publisher is refused, older and newer', async () => {
    const { mesh, offer, book, heads, publishers, next } = await published()
    await offer(await signRoot(mesh, 2, [mesh.rootKey], { publishers, heads: [pin(heads[1])] }))
    expect(book.head('web')?.id).toBe(heads[1].id)
    expect(await offer(await signHead(8, mesh.publisher))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signHead(1, mesh.publisher, {}, 'other'))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    const late = await bookFixture(mesh.root.id)
    const forged = await signHead(7, mesh.publisher, { message: 'another' })
    await late.offer(...book.all('root'))
    expect(await late.offer(heads[0], forged, heads[1])).toEqual([
      'rejected RECORD_SIGNER_NOT_TRUSTED',
      'rejected RECORD_SIGNER_NOT_TRUSTED',
      'new',
    ])
    expect(await offer(await signHead(8, next))).toEqual(['new'])
  })

  test('TRUST-17 a sequence that a stolen key raised to the end does not block the channel', async () => {
    const { mesh, offer, book, heads, publishers, next, reopen, store } = await published()
    const last = await signHead(Number.MAX_SAFE_INTEGER, mesh.publisher, { message: 'stolen' })
    expect(await offer(last)).toEqual(['new'])
    const told: number[] = []
    book.onNew((record) => record.kind === 'head' && told.push(record.version))
    await offer(await signRoot(mesh, 2, [mesh.rootKey], { publishers, heads: [pin(heads[1])] }))
    // Back to the head that the root names, which this node had seen; pipelines are told.
    expect(book.head('web')?.id).toBe(heads[1].id)
    expect(told).toEqual([7])
    expect((await book.heads('web')).map(({ version }) => version)).toEqual([6, 7])
    expect((await reopen()).head('web')?.id).toBe(heads[1].id)
    expect(await store.history.keys({ gte: 'withdrawn!', lt: 'withdrawn"' }).all()).toHaveLength(1)
    expect(await offer(last)).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signHead(8, next))).toEqual(['new'])
  })

  test('TRUST-17 without a named head the newest that holds is taken, or none', async () => {
    const { mesh, offer, book, next, slots, publishers } = await published()
    await offer(
      await signRoot(mesh, 2, [mesh.rootKey], { publishers: [{ ...roleOf([mesh.publisher, next]), channels: '*' }] }),
    )
    const [own, stolen] = [await signHead(8, next), await signHead(9, mesh.publisher)]
    await offer(own, stolen, await signHead(3, mesh.publisher, {}, 'other'))
    const revoked = [mesh.publisher.publicKey]
    await offer(await signRoot(mesh, 3, [mesh.rootKey], { publishers, revoked }))
    expect(book.head('web')?.id).toBe(own.id)
    expect(book.head('other')).toBeUndefined()
    expect(slots()).toEqual(slotsOf(own, ...book.all('root')))
  })

  test('TRUST-3 a key with a role for other channels proves nothing, nor does one of two', async () => {
    const { mesh, offer, next } = await published()
    const third = await seeded(21)
    const publishers = [
      { ...roleOf([mesh.publisher]), channels: '*' },
      { ...roleOf([next, third], 2), channels: 'base*' },
    ]
    await offer(await signRoot(mesh, 2, [mesh.rootKey], { publishers }))
    for (const signer of [mesh.publisher, next, mesh.enroller, mesh.rootKey]) {
      expect(await offer(await signHead(1, signer, {}, 'base-config'))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    }
    expect(await offer(await signHead(9, next))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
  })
})

describe('a change of trust', () => {
  test('TRUST-14 two nodes that learned in different order keep the same records', async () => {
    const { mesh, offer, book, slots, heads, publishers } = await published()
    const root = await signRoot(mesh, 2, [mesh.rootKey], { publishers, heads: [pin(heads[0])] })
    const dropped: string[] = []
    book.onDropped((slot) => dropped.push(slot))
    await offer(root)
    expect(dropped).toEqual(['head/web'])
    const late = await bookFixture(mesh.root.id)
    await late.offer(mesh.root, root, heads[1], heads[0])
    expect(late.slots()).toEqual(slots())
    expect([...late.book.summaries()].map(({ id }) => id).toSorted()).toEqual(
      [...book.summaries()].map(({ id }) => id).toSorted(),
    )
  })
})
