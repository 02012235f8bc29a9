import * as cbor from '@ipld/dag-cbor'
import { describe, expect, test } from 'vitest'
import { createKeyPair, decodeRecord, type KeyPair, signRecord } from '../../../protocol/index.ts'
import { bookFixture } from '../../support/book-fixture.ts'
import {
  enrolHost,
  MESH,
  type MeshFixture,
  meshFixture,
  NOW_MS,
  roleOf,
  seeded,
  signHead,
  signProposal,
  signRoot,
} from '../../support/mesh-fixture.ts'

/** Publishers two of three, roots two of two. */
async function shared() {
  const first = await meshFixture()
  const [a, b, c, spare] = await Promise.all([60, 61, 62, 63].map(seeded))
  if (a === undefined || b === undefined || c === undefined || spare === undefined) throw new Error('no keys')
  const root = await signRoot(first, 2, [first.rootKey, spare], {
    root: roleOf([first.rootKey, spare], 2),
    publishers: [{ ...roleOf([a, b, c], 2), channels: '*' }],
  })
  const fixture = await bookFixture(first.root.id)
  await fixture.offer(first.root, root)
  const mesh: MeshFixture = { ...first, root }
  return { mesh, first, ...fixture, a, b, c, spare }
}

const by = (mesh: MeshFixture, version: number, over: Parameters<typeof signRoot>[3], signer: KeyPair) =>
  signRoot(mesh, version, [signer], over)

describe('a proposed head', () => {
  test('TRUST-15 TRUST-16 counts for nothing until enough have signed, and then is the head, everywhere alike', async () => {
    const { first, offer, book, slots, a, b, c } = await shared()
    const heads = await Promise.all([a, b, c].map((key) => signHead(1, key)))
    const [one, two, three] = heads
    if (one === undefined || two === undefined || three === undefined) throw new Error('no heads')
    expect(await offer(one)).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signProposal(one, a))).toEqual(['new'])
    expect(await offer(await signProposal(one, a, NOW_MS + 5))).toEqual(['new'])
    expect(book.head('web')).toBeUndefined()
    expect([...book.trust.proposers(one.id)]).toEqual([a.publicKey])
    const told: string[] = []
    book.onNew(({ kind }) => told.push(kind))
    expect(await offer(await signProposal(two, b))).toEqual(['new'])
    expect(told).toEqual(['proposal', 'head'])
    expect(book.head('web')?.id).toBe(one.id)
    expect(book.head('web')?.signatures).toHaveLength(2)
    // It is settled: nobody keeps, or takes, a voice for it any more.
    expect(slots().filter((slot) => slot.startsWith('proposal/'))).toEqual([])
    expect(await offer(await signProposal(three, c))).toEqual(['known'])
    const other = await bookFixture(first.root.id)
    await other.offer(...book.all('root'), await signProposal(three, c), await signProposal(two, b))
    expect(other.book.head('web')?.id).toBe(one.id)
  })

  test('TRUST-15 voices of one key, of others, for other bytes or other channels do not add up', async () => {
    const { offer, book, a, b, mesh } = await shared()
    const [ours, theirs] = [await signHead(1, a), await signHead(1, b, { message: 'another' })]
    await offer(await signProposal(ours, a), await signProposal(theirs, b))
    expect(book.head('web')).toBeUndefined()
    const stranger = await createKeyPair()
    for (const signer of [stranger, mesh.rootKey, mesh.enroller, mesh.publisher]) {
      expect(await offer(await signProposal(await signHead(1, signer), signer))).toEqual([
        'rejected RECORD_SIGNER_NOT_TRUSTED',
      ])
    }
    // A signature of a, carried by a stranger; and by b under its own name.
    expect(await offer(await signProposal(ours, stranger))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signProposal(ours, b, NOW_MS + 9))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(book.head('web')).toBeUndefined()
  })

  test('TRUST-15 a proposal whose inner signature does not verify, or that holds no root or head, is refused', async () => {
    const { offer, a, b, first } = await shared()
    const { payload } = await signHead(1, a)
    const { signatures } = await signHead(2, a)
    const damaged = cbor.encode({ payload, signatures: signatures.map(({ bytes }) => [hexBytes(a.publicKey), bytes]) })
    const proposal = (record: Uint8Array, key: string) =>
      signRecord({ mesh: MESH, kind: 'proposal', key, version: 1, body: { record, atMs: 1 } }, [a])
    expect(await offer(await proposal(damaged, `head/web.${a.publicKey}`))).toEqual([
      'rejected RECORD_SIGNATURE_INVALID',
    ])
    const { grant } = await enrolHost(first)
    expect(await offer(await proposal(grant.bytes, `grant/${grant.key}.${a.publicKey}`))).toEqual([
      'rejected RECORD_MALFORMED',
    ])
    const inner = await signProposal(await signHead(1, a), a)
    expect(await offer(await proposal(inner.bytes, `${inner.kind}/${inner.key}.${a.publicKey}`))).toEqual([
      'rejected RECORD_MALFORMED',
    ])
    const both = await decodeRecord((await signRecord({ ...(await signHead(1, a)), key: 'web' }, [a, b])).bytes)
    expect(await offer(await proposal(both.bytes, `head/web.${a.publicKey}`))).toEqual([
      'rejected RECORD_SIGNER_NOT_TRUSTED',
    ])
  })

  test('TRUST-15 a voice is gone with the key, and overtaken by a later head', async () => {
    const { offer, book, slots, a, b, c, mesh, spare } = await shared()
    await offer(await signProposal(await signHead(5, a), a))
    const publishers = [{ ...roleOf([b, c], 1), channels: '*' }]
    await offer(await signRoot(mesh, 3, [mesh.rootKey, spare], { publishers, revoked: [a.publicKey] }))
    expect(slots().filter((slot) => slot.startsWith('proposal/'))).toEqual([])
    expect(await offer(await signProposal(await signHead(6, a), a))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signHead(9, b), await signProposal(await signHead(9, c), c))).toEqual(['new', 'known'])
    expect(book.head('web')?.version).toBe(9)
  })
})

describe('a proposed root', () => {
  test('TRUST-16 takes effect with the thresholds of both roots, the new key having its say', async () => {
    const { mesh, offer, book, spare, reopen } = await shared()
    const fresh = await seeded(70)
    const over = { root: roleOf([mesh.rootKey, fresh], 2) }
    const [own, others, news] = [
      await by(mesh, 3, over, mesh.rootKey),
      await by(mesh, 3, over, spare),
      await by(mesh, 3, over, fresh),
    ]
    // The new key alone could be anybody's.
    expect(await offer(await signProposal(news, fresh))).toEqual(['unjudged RECORD_SIGNER_NOT_TRUSTED'])
    expect(await offer(await signProposal(own, mesh.rootKey), await signProposal(news, fresh))).toEqual(['new', 'new'])
    expect(book.root?.version).toBe(2)
    expect((await reopen()).trust.proposers(own.id).size).toBe(2)
    expect(await offer(await signProposal(others, spare))).toEqual(['new'])
    expect(book.root?.version).toBe(3)
    expect([...book.trust.proposals()]).toEqual([])
  })

  test('TRUST-15 one holder has one voice a step', async () => {
    const { mesh, offer, book, spare } = await shared()
    const [mine, yours] = [
      await by(mesh, 3, { name: 'a' }, mesh.rootKey),
      await by(mesh, 3, { name: 'b' }, mesh.rootKey),
    ]
    await offer(await signProposal(mine, mesh.rootKey), await signProposal(yours, mesh.rootKey, NOW_MS + 1))
    expect([...book.trust.proposers(mine.id)]).toEqual([])
    await offer(await signProposal(await by(mesh, 3, { name: 'a' }, spare), spare))
    expect(book.root?.version).toBe(2)
  })

  test('TRUST-15 a root that could not be is no proposal', async () => {
    const { mesh, offer } = await shared()
    const flawed = await by(mesh, 3, { revoked: [mesh.enroller.publicKey] }, mesh.rootKey)
    expect(await offer(await signProposal(flawed, mesh.rootKey))).toEqual(['rejected ROOT_UNTRUSTED'])
    const past = await by(mesh, 2, {}, mesh.rootKey)
    expect(await offer(await signProposal(past, mesh.rootKey))).toEqual(['known'])
    const far = await by(mesh, 4, {}, mesh.rootKey)
    expect(await offer(await signProposal(far, mesh.rootKey))).toEqual(['unjudged ROOT_UNTRUSTED'])
  })
})

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
