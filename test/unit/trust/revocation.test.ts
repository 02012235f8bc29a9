import { describe, expect, test } from 'vitest'
import { createKeyPair, peerKeyOf } from '../../../protocol/index.ts'
import { bookFixture } from '../../support/book-fixture.ts'
import {
  DAY_MS,
  enrolHost,
  grantBody,
  meshFixture,
  NOW_MS,
  roleOf,
  seeded,
  signBinding,
  signGrant,
  signRevocation,
  signRoot,
  signStatus,
} from '../../support/mesh-fixture.ts'

async function enrolled() {
  const mesh = await meshFixture()
  const fixture = await bookFixture(mesh.root.id)
  const host = await enrolHost(mesh)
  await fixture.offer(mesh.root, host.grant, host.binding, await signStatus(host.host, 1))
  expect(fixture.book.member(host.peer)).toBeDefined()
  return { mesh, ...fixture, ...host }
}

describe('a revoked host', () => {
  test('TRUST-13 is no member, its statuses count no more, and nothing but a new ticket brings it back', async () => {
    const { mesh, book, offer, introduce, slots, grant, binding, host, peer, reopen } = await enrolled()
    expect(slots()).toContain(`status/${peer}`)
    expect(await offer(await signRevocation(grant, mesh.enroller))).toEqual(['new'])
    expect(book.member(peer)).toBeUndefined()
    expect(slots()).not.toContain(`status/${peer}`)
    expect(await offer(await signStatus(host, 2))).toEqual(['unjudged NOT_A_MEMBER'])
    // Its own proof again, the grant issued once more under the same id, and a restart.
    expect(await introduce(grant, binding)).toEqual(['known', 'known'])
    await offer(await signGrant(mesh, grant.key, grantBody(await createKeyPair()), mesh.enroller))
    expect(book.member(peer)).toBeUndefined()
    expect((await reopen()).member(peer)).toBeUndefined()
    const anew = await enrolHost(mesh, '77'.repeat(16), { issuedAtMs: NOW_MS + 1 })
    expect(await introduce(anew.grant, anew.binding)).toEqual(['new', 'new'])
    expect(book.member(anew.peer)).toMatchObject({ host: 'oslo-1' })
    expect(book.member(peer)).toBeUndefined()
  })

  test('TRUST-13 holds in whatever order the records come', async () => {
    const { mesh, grant, binding, peer, host } = await enrolled()
    const late = await bookFixture(mesh.root.id)
    await late.offer(mesh.root)
    const records = [await signRevocation(grant, mesh.enroller), grant, binding]
    expect(await late.offer(...records)).toEqual(['new', 'new', 'new'])
    expect(late.book.member(peer)).toBeUndefined()
    expect(await late.offer(await signStatus(host, 1))).toEqual(['unjudged NOT_A_MEMBER'])
  })

  test('TRUST-13 taking out a reinstalled host does not bring its older self back', async () => {
    const { mesh, book, offer, peer } = await enrolled()
    const next = await enrolHost(mesh, '22'.repeat(16), { issuedAtMs: NOW_MS + 1 })
    await offer(next.grant, next.binding, await signRevocation(next.grant, mesh.enroller))
    expect(book.member(next.peer)).toBeUndefined()
    expect(book.member(peer)).toBeUndefined()
  })

  test('TRUST-13 only an enroller revokes: not a publisher, not the host, not a stranger, not a root key', async () => {
    const { mesh, book, offer, grant, host, peer } = await enrolled()
    for (const signer of [mesh.publisher, mesh.rootKey, host, await createKeyPair()]) {
      expect(await offer(await signRevocation(grant, signer))).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
    }
    expect(book.member(peer)).toBeDefined()
  })
})

describe('a quarantined grant', () => {
  test('TRUST-18 is decided by the grant that names its host; further claims change nothing', async () => {
    const { mesh, book, offer, grant, joinKey, host, peer } = await enrolled()
    const thief = await createKeyPair()
    await offer(await signBinding(grant.key, joinKey, thief))
    expect(book.member(peer)).toBeUndefined()
    const named = { ...grant.body, hostKey: host.publicKey }
    const decided = await signGrant(mesh, grant.key, named, mesh.enroller, NOW_MS)
    expect(await offer(decided)).toEqual(['new'])
    expect(book.member(peer)).toMatchObject({ host: 'oslo-1' })
    expect(book.member(peerKeyOf(thief.publicKey))).toBeUndefined()
    expect(await offer(await signBinding(grant.key, joinKey, await createKeyPair()))).toEqual(['new'])
    expect(book.member(peer)).toBeDefined()
    // The grant without the name is older now, whoever sends it.
    expect(await offer(grant)).toEqual(['known'])
  })

  test('TRUST-18 the thief cannot decide it', async () => {
    const { mesh, offer, grant, joinKey } = await enrolled()
    const thief = await createKeyPair()
    await offer(await signBinding(grant.key, joinKey, thief))
    const named = { ...grant.body, hostKey: thief.publicKey }
    for (const signer of [joinKey, thief, mesh.publisher]) {
      expect(await offer(await signGrant(mesh, grant.key, named, signer, NOW_MS))).toEqual([
        'rejected RECORD_SIGNER_NOT_TRUSTED',
      ])
    }
  })
})

describe('enrollers of the past', () => {
  test('TRUST-12 hosts that a retired enroller let in stay; it lets nobody in any more', async () => {
    const { mesh, book, offer, introduce, clock, peer } = await enrolled()
    const next = await seeded(30)
    const stranger = await enrolHost(mesh, '44'.repeat(16))
    expect(await offer(await signRoot(mesh, 2, [mesh.rootKey], { enroller: roleOf([next]) }))).toEqual(['new'])
    expect(book.member(peer)).toBeDefined()
    expect(await introduce(stranger.grant, stranger.binding)).toEqual(['new', 'rejected RECORD_SIGNER_NOT_TRUSTED'])
    // Whoever comes late still learns of the old members from others.
    const late = await bookFixture(mesh.root.id)
    clock.ms += DAY_MS
    const roots = [...book.all('root')]
    const rest = [...book.all('grant'), ...book.all('binding')].filter((r) => r.key !== stranger.grant.key)
    expect(await late.offer(...roots, ...rest)).toEqual(['new', 'new', 'new', 'new'])
    expect(late.book.member(peer)).toBeDefined()
  })

  test('TRUST-12 what a revoked enroller signed counts nowhere, and is kept by nobody; what was vouched for again stays', async () => {
    const { mesh, book, offer, slots, host, grant, peer, reopen } = await enrolled()
    const next = await seeded(30)
    const lost = await enrolHost(mesh, '44'.repeat(16), { host: grant.body.host })
    const both = roleOf([mesh.enroller, next])
    await offer(await signRoot(mesh, 2, [mesh.rootKey], { enroller: both }), lost.grant, lost.binding)
    const again = { ...grant.body, hostKey: host.publicKey }
    await offer(await signGrant(mesh, grant.key, again, next, NOW_MS))
    const revoked = [mesh.enroller.publicKey]
    expect(await offer(await signRoot(mesh, 3, [mesh.rootKey], { enroller: roleOf([next]), revoked }))).toEqual(['new'])
    expect(book.member(peer)).toBeDefined()
    expect(book.member(lost.peer)).toBeUndefined()
    expect(slots()).not.toContain(`grant/${lost.grant.key}`)
    const more = await enrolHost(mesh, '55'.repeat(16))
    expect(await offer(lost.grant, lost.binding, more.grant, await signRevocation(grant, mesh.enroller))).toEqual([
      'rejected RECORD_SIGNER_NOT_TRUSTED',
      'unjudged NOT_A_MEMBER',
      'rejected RECORD_SIGNER_NOT_TRUSTED',
      'rejected RECORD_SIGNER_NOT_TRUSTED',
    ])
    const reopened = await reopen()
    expect([...reopened.summaries()].map(({ slot }) => slot).toSorted()).toEqual(slots())
    expect(reopened.member(peer)).toBeDefined()
  })

  test('TRUST-12 a raised threshold is not met by the one key that was enough before', async () => {
    const { mesh, offer } = await enrolled()
    const next = await seeded(30)
    await offer(await signRoot(mesh, 2, [mesh.rootKey], { enroller: roleOf([mesh.enroller, next], 2) }))
    const more = await enrolHost(mesh, '55'.repeat(16))
    expect(await offer(more.grant)).toEqual(['rejected RECORD_SIGNER_NOT_TRUSTED'])
  })
})
