import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createKeyPair,
  parseHostName,
  parseMeshId,
  type PeerKey,
  peerKeyOf,
  type RecordOf,
  signRecord,
} from '../../../protocol/index.ts'
import { openStore, RecordBook, type Store } from '../../../node-agent/store/index.ts'
import {
  DAY_MS,
  enrolHost,
  grantBody,
  headBody,
  MESH,
  type MeshFixture,
  meshFixture,
  NOW_MS,
  seeded,
  signBinding,
  signGrant,
  signHead,
  signStatus,
} from '../../support/mesh-fixture.ts'

let mesh: MeshFixture
let store: Store
let book: RecordBook
let now: number

beforeEach(async () => {
  mesh = await meshFixture()
  now = NOW_MS
  const directory = await mkdtemp(join(tmpdir(), 'shoal-trust-'))
  store = await openStore(join(directory, 'db'))
  book = new RecordBook(
    { store, clock: { now: () => now } },
    { mesh: MESH, rootFingerprint: mesh.root.id, self: undefined },
  )
  return async () => {
    await store.close()
    await rm(directory, { recursive: true })
  }
})

const refusal = async (bytes: Uint8Array, options?: { introducing: boolean }) => {
  const result = await book.offer(bytes, options)
  return 'error' in result ? `${result.outcome} ${result.error?.code}` : result.outcome
}

async function nextRoot(version: number, signers: readonly number[], roots: readonly number[] = [1], threshold = 1) {
  const keysOf = async (ns: readonly number[]) => Promise.all(ns.map(seeded))
  const body = {
    ...mesh.root.body,
    root: { keys: (await keysOf(roots)).map((k) => k.publicKey), threshold },
  }
  return signRecord({ mesh: MESH, kind: 'root', key: String(version), version, body }, await keysOf(signers))
}

describe('trust', () => {
  test('TRUST-1 the first root is the pinned one, each next is signed by both thresholds', async () => {
    expect(await refusal((await nextRoot(1, [9], [9])).bytes)).toBe('rejected ROOT_UNTRUSTED')
    expect(await refusal((await nextRoot(2, [1])).bytes)).toBe('unjudged ROOT_UNTRUSTED')
    expect(await refusal(mesh.root.bytes)).toBe('new')
    expect(await refusal((await nextRoot(3, [1])).bytes)).toBe('unjudged ROOT_UNTRUSTED')
    expect(await refusal((await nextRoot(2, [1], [7, 8], 2)).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await nextRoot(2, [7, 8], [7, 8], 2)).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await nextRoot(2, [1, 7, 8], [7, 8], 2)).bytes)).toBe('new')
    expect(await refusal((await nextRoot(3, [1, 7], [7, 8], 1)).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(book.root?.version).toBe(2)
  })

  test('TRUST-2 a record of another mesh is refused', async () => {
    await book.offer(mesh.root.bytes)
    const other = parseMeshId('ff'.repeat(16))
    const head = await signRecord({ mesh: other, kind: 'head', key: 'web', version: 1, body: headBody() }, [
      mesh.publisher,
    ])
    expect(await refusal(head.bytes)).toBe('rejected RECORD_WRONG_MESH')
  })

  test('TRUST-3 only an enroller grants and only a publisher of the channel publishes', async () => {
    await book.offer(mesh.root.bytes)
    const stranger = await createKeyPair()
    expect(await refusal((await signHead(1, stranger)).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await signHead(1, mesh.enroller)).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    const grant = await signGrant(mesh, '22'.repeat(16), grantBody(await createKeyPair()), mesh.publisher)
    expect(await refusal(grant.bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await signHead(1, mesh.publisher)).bytes)).toBe('new')
    const role = (n: RecordOf<'root'>['body']['root'], channels: string) => ({ ...n, channels })
    const [wide, prefix, exact] = [await seeded(20), await seeded(21), await seeded(22)]
    const body = {
      ...mesh.root.body,
      publishers: [
        role({ keys: [wide.publicKey], threshold: 1 }, '*'),
        role({ keys: [prefix.publicKey], threshold: 1 }, 'web*'),
        role({ keys: [exact.publicKey], threshold: 1 }, 'webapp'),
      ],
    }
    await book.offer((await signRecord({ mesh: MESH, kind: 'root', key: '2', version: 2, body }, [mesh.rootKey])).bytes)
    expect(await refusal((await signHead(1, prefix, {}, 'webapp')).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await signHead(1, exact, {}, 'webapp')).bytes)).toBe('new')
    expect(await refusal((await signHead(1, prefix, {}, 'website')).bytes)).toBe('new')
    expect(await refusal((await signHead(1, wide, {}, 'other')).bytes)).toBe('new')
  })

  test('TRUST-4 a status is its own host’s word', async () => {
    await book.offer(mesh.root.bytes)
    const { grant, binding, host } = await enrolHost(mesh)
    expect(await refusal((await signStatus(host, 1)).bytes)).toBe('unjudged NOT_A_MEMBER')
    await book.offer(grant.bytes)
    await book.offer(binding.bytes)
    expect(await refusal((await signStatus(host, 1)).bytes)).toBe('new')
    const other = await enrolHost(mesh, '33'.repeat(16))
    const init = { mesh: MESH, kind: 'status', key: peerKeyOf(host.publicKey), version: 9 } as const
    const body = (await signStatus(host, 9)).body
    expect(await refusal((await signRecord({ ...init, body }, [other.host])).bytes)).toBe(
      'rejected RECORD_SIGNER_NOT_TRUSTED',
    )
    expect(await refusal((await signRecord({ ...init, body }, [host, other.host])).bytes)).toBe(
      'rejected RECORD_SIGNER_NOT_TRUSTED',
    )
  })

  test('TRUST-5 a binding needs its grant, the join key and the host key', async () => {
    await book.offer(mesh.root.bytes)
    const { grant, binding, host, joinKey, peer } = await enrolHost(mesh)
    expect(await refusal(binding.bytes)).toBe('unjudged NOT_A_MEMBER')
    await book.offer(grant.bytes)
    const stranger = await createKeyPair()
    const init = { mesh: MESH, kind: 'binding', key: binding.key, version: 1, body: binding.body } as const
    expect(await refusal((await signRecord(init, [host])).bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal((await signRecord(init, [joinKey, stranger])).bytes)).toBe(
      'rejected RECORD_SIGNER_NOT_TRUSTED',
    )
    expect(book.member(peer)).toBeUndefined()
    expect(await refusal(binding.bytes)).toBe('new')
    expect(book.member(peer)).toMatchObject({ host: 'oslo-1', site: 'oslo' })
  })

  test('TRUST-6 an expired grant no longer introduces, but what a member vouches for stays good', async () => {
    await book.offer(mesh.root.bytes)
    const { grant, binding } = await enrolHost(mesh)
    await book.offer(grant.bytes)
    now = NOW_MS + 2 * DAY_MS
    expect(await refusal(binding.bytes, { introducing: true })).toBe('rejected GRANT_EXPIRED')
    expect(await refusal(binding.bytes)).toBe('new')
    expect(await refusal(binding.bytes, { introducing: true })).toBe('known')
  })

  test('TRUST-6 only who joined and has heard of nobody else is a newcomer', async () => {
    const [own, other] = [
      await enrolHost(mesh),
      await enrolHost(mesh, '22'.repeat(16), { host: parseHostName('oslo-2') }),
    ]
    const bookOf = (self: PeerKey | undefined, enrols: boolean) =>
      new RecordBook({ store, clock: { now: () => now } }, { mesh: MESH, rootFingerprint: mesh.root.id, self, enrols })
    const joined = bookOf(own.peer, false)
    for (const record of [mesh.root, own.grant, own.binding]) await joined.offer(record.bytes)
    expect(joined.isNewcomer()).toBe(true)
    const maker = bookOf(own.peer, true)
    await maker.load()
    expect(maker.isNewcomer()).toBe(false)
    expect(bookOf(undefined, false).isNewcomer()).toBe(false)
    for (const record of [other.grant, other.binding]) await joined.offer(record.bytes)
    expect(joined.isNewcomer()).toBe(false)
  })

  test('TRUST-7 two bindings of one grant quarantine both', async () => {
    await book.offer(mesh.root.bytes)
    const { grant, binding, joinKey, host, peer } = await enrolHost(mesh)
    const thief = await createKeyPair()
    await book.offer(grant.bytes)
    await book.offer(binding.bytes)
    expect(await refusal((await signBinding(grant.key, joinKey, thief)).bytes)).toBe('new')
    expect(book.member(peer)).toBeUndefined()
    expect(book.member(peerKeyOf(thief.publicKey))).toBeUndefined()
    expect(await refusal((await signStatus(host, 1)).bytes)).toBe('unjudged NOT_A_MEMBER')
  })

  test('TRUST-8 a reinstalled machine takes its name back with a later grant', async () => {
    await book.offer(mesh.root.bytes)
    const old = await enrolHost(mesh, '44'.repeat(16))
    const next = await enrolHost(mesh, '55'.repeat(16), { issuedAtMs: NOW_MS + 1 })
    for (const r of [old.grant, old.binding, next.grant]) await book.offer(r.bytes)
    expect(book.member(old.peer)).toBeDefined()
    await book.offer(next.binding.bytes)
    expect(book.member(old.peer)).toBeUndefined()
    expect(book.member(next.peer)).toBeDefined()
    expect([...book.members()]).toHaveLength(1)
  })

  test('TRUST-9 lower versions and second versions change nothing', async () => {
    await book.offer(mesh.root.bytes)
    await book.offer((await signHead(5, mesh.publisher)).bytes)
    expect(await refusal((await signHead(4, mesh.publisher)).bytes)).toBe('known HEAD_ROLLBACK')
    expect(await refusal((await signHead(5, mesh.publisher, { message: 'another' })).bytes)).toBe(
      'rejected RECORD_EQUIVOCATION',
    )
    expect(book.head('web')?.body.message).toBe('first')
    expect(await store.history.keys({ gte: 'equivocation!', lt: 'equivocation"' }).all()).toHaveLength(1)
    const forged = await signHead(5, await createKeyPair(), { message: 'forged' })
    expect(await refusal(forged.bytes)).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
  })

  test('TRUST-10 a head from the future waits', async () => {
    await book.offer(mesh.root.bytes)
    const head = await signHead(1, mesh.publisher, { publishedAtMs: NOW_MS + DAY_MS })
    expect(await refusal(head.bytes)).toBe('unjudged RECORD_EXPIRED')
    now = NOW_MS + DAY_MS
    expect(await refusal(head.bytes)).toBe('new')
  })

  test('STORE-1 records survive a reopen', async () => {
    const { grant, binding, peer } = await enrolHost(mesh)
    for (const r of [mesh.root, grant, binding, await signHead(1, mesh.publisher), await signHead(2, mesh.publisher)]) {
      expect(await refusal(r.bytes)).toBe('new')
    }
    const again = new RecordBook(
      { store, clock: { now: () => now } },
      { mesh: MESH, rootFingerprint: mesh.root.id, self: peer },
    )
    await again.load()
    expect([...again.summaries()]).toEqual(expect.arrayContaining([...book.summaries()]))
    expect(again.member(peer)).toEqual(book.member(peer))
    const bytesOf = (list: readonly Uint8Array[]) => list.map((bytes) => Buffer.from(bytes).toString('hex'))
    expect(bytesOf(again.ownProof())).toEqual(bytesOf([mesh.root.bytes, grant.bytes, binding.bytes]))
    expect((await again.heads('web')).map((h) => h.version)).toEqual([1, 2])
  })
})
