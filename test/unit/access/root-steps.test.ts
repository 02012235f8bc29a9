import { describe, expect, test } from 'vitest'
import { createKeyPair } from '../../../protocol/index.ts'
import type { RootChange } from '../../../protocol/control/index.ts'
import { type AccessHome, accessMesh, aFolder, publishFrom, share, twoHolders } from '../../support/access-homes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const access = (home: AccessHome) => home.client.call('access', {})
const rootOf = ({ core }: AccessHome) => core.mesh.book.root?.version
const keysOf = async (home: AccessHome, role: string) => (await access(home)).me.keys.filter((key) => key.role === role)

describe('rotating a key', () => {
  test('ACCESS-6 KEYS-7 a publisher: the new key publishes at once, the old one is destroyed, the head stays', async () => {
    const { admin, joined } = await accessMesh('oslo-1')
    const folder = await tempDir()
    await publishFrom(admin, aFolder(folder, 'one'))
    const [old] = await keysOf(admin, 'publisher')
    const shown = await admin.client.call('keyRotate', { key: 'publisher', dryRun: true })
    expect(shown.effect.channels).toEqual([{ channel: 'web', sequence: 1, headStays: true, canPublish: true }])
    expect(shown.effect.leaving).toEqual([])
    expect(await keysOf(admin, 'publisher')).toEqual([old])
    const done = await admin.client.call('keyRotate', { key: 'publisher', dryRun: false })
    expect(done).toMatchObject({ done: true, rootVersion: 2, proposal: null })
    expect(await keysOf(admin, 'publisher')).toEqual([{ key: done.made, role: 'publisher', state: 'active' }])
    expect(admin.core.mesh.book.head('web')?.version).toBe(1)
    expect(await publishFrom(admin, aFolder(folder, 'two'))).toMatchObject({ sequence: 2 })
    await share(admin, ...joined)
    expect(joined[0]?.core.mesh.book.head('web')?.version).toBe(2)
  })

  test('ACCESS-6 the root key: the chain goes on with the new one', async () => {
    const { admin, joined } = await accessMesh('oslo-1')
    for (const version of [2, 3, 4]) {
      expect(await admin.client.call('keyRotate', { key: 'root', dryRun: false })).toMatchObject({
        done: true,
        rootVersion: version,
      })
    }
    expect(await keysOf(admin, 'root')).toHaveLength(1)
    await share(admin, ...joined)
    expect(joined.map(rootOf)).toEqual([4])
  })

  test('ACCESS-5 an enroller, then revoking the old one: members stay, for they are vouched for again', async () => {
    const { admin, joined } = await accessMesh('oslo-1', 'oslo-2')
    const [old] = await keysOf(admin, 'enroller')
    await admin.client.call('keyRotate', { key: 'enroller', dryRun: false })
    const request = { key: old?.key ?? '' }
    await admin.client.call('hostRevoke', { host: 'oslo-2', reason: '', dryRun: false })
    const shown = await admin.client.call('keyRevoke', { ...request, dryRun: true })
    expect(shown.effect).toMatchObject({ leaving: [], invites: [] })
    expect(await admin.client.call('keyRevoke', { ...request, dryRun: false })).toMatchObject({ done: true })
    const hosts = async (home: AccessHome) => (await access(home)).members.map(({ host }) => host)
    expect(await hosts(admin)).toContain('oslo-1')
    await share(admin, ...joined)
    await share(admin, ...joined)
    for (const home of joined) expect(await hosts(home)).toEqual(await hosts(admin))
    expect((await access(admin)).mesh.revokedKeys).toEqual([old?.key])
  })

  test('ACCESS-5 without another enroller the effect says who would leave', async () => {
    const { admin, joined } = await accessMesh('oslo-1')
    const { key } = (await joined[0]?.client.call('keyMake', { role: 'enroller' })) ?? { key: '' }
    const add: RootChange = { change: 'add', role: 'enroller', channels: null, key, holder: null }
    await admin.client.call('rootPropose', { changes: [add], instead: false, dryRun: false })
    const [old] = await keysOf(admin, 'enroller')
    const shown = await admin.client.call('keyRevoke', { key: old?.key ?? '', dryRun: true })
    expect(shown.effect.leaving.map(({ host }) => host)).toContain('oslo-1')
    expect(shown.effect.warnings.join()).toMatch(/this node itself.*2 hosts would leave/)
  })

  test('ACCESS-7 a step that leaves a role without enough keys, or makes no sense, is refused', async () => {
    const { admin, joined } = await accessMesh('oslo-1')
    const key = (await createKeyPair()).publicKey
    const [mine] = await keysOf(admin, 'publisher')
    const bad: readonly RootChange[][] = [
      [{ change: 'threshold', role: 'root', channels: null, threshold: 2 }],
      [{ change: 'remove', role: 'publisher', channels: '*', key: mine?.key ?? '' }],
      [{ change: 'remove', role: 'publisher', channels: 'web', key: mine?.key ?? '' }],
      [{ change: 'add', role: 'publisher', channels: null, key, holder: null }],
      [{ change: 'add', role: 'root', channels: 'web', key, holder: null }],
      [{ change: 'add', role: 'publisher', channels: '*', key: mine?.key ?? '', holder: null }],
      [{ change: 'revoke', key: mine?.key ?? '' }],
      [{ change: 'head', channel: 'web', sequence: 1 }],
    ]
    for (const changes of bad) {
      await expect(admin.client.call('rootPropose', { changes, instead: false, dryRun: false })).rejects.toMatchObject({
        code: 'ROOT_STEP_INVALID',
      })
    }
    const two: RootChange[] = [
      { change: 'add', role: 'enroller', channels: null, key, holder: null },
      { change: 'threshold', role: 'enroller', channels: null, threshold: 2 },
    ]
    await expect(
      admin.client.call('rootPropose', { changes: two, instead: false, dryRun: false }),
    ).rejects.toMatchObject({
      code: 'NOT_BUILT_YET',
    })
    for (const name of [key, 'root']) {
      const call = joined[0]?.client.call('keyRotate', { key: name as 'root', dryRun: false })
      await expect(call).rejects.toMatchObject({ code: 'NO_SUCH_KEY' })
    }
    const expiry: RootChange[] = [{ change: 'expiry', lifetimeMs: 1e9 }]
    await expect(
      joined[0]?.client.call('rootPropose', { changes: expiry, instead: false, dryRun: false }),
    ).rejects.toMatchObject({
      code: 'KEY_MISSING',
    })
    expect(rootOf(admin)).toBe(1)
    expect(await admin.client.call('rootPropose', { changes: expiry, instead: false, dryRun: false })).toMatchObject({
      done: true,
    })
  })
})

describe('a step of several holders', () => {
  test('ACCESS-8 by text, without a network: exported, imported, signed, and back', async () => {
    const { admin, ben } = await twoHolders()
    const changes: RootChange[] = [{ change: 'expiry', lifetimeMs: 1e9 }]
    const proposed = await admin.client.call('rootPropose', { changes, instead: false, dryRun: false })
    expect(proposed).toMatchObject({ done: false, rootVersion: 3 })
    const row = proposed.proposal
    expect(row).toMatchObject({ kind: 'root', version: 3, canApprove: false, missing: [{ have: 1, need: 2 }, {}] })
    expect(row?.summary.join()).toMatch(/^valid until /)
    const out = await admin.client.call('rootProposalExport', { id: row?.id.slice(0, 12) ?? '' })
    expect(out.text).toMatch(/^shoalstep1[A-Za-z0-9_-]+$/)
    const taken = await ben.client.call('rootProposalImport', { text: ` ${out.text}\n` })
    expect(taken).toMatchObject({ rootVersion: 2, proposal: { id: row?.id, canApprove: true } })
    expect(await ben.client.call('approve', { id: row?.id ?? '', instead: false, dryRun: true })).toMatchObject({
      done: false,
    })
    expect(rootOf(ben)).toBe(2)
    expect(await ben.client.call('approve', { id: row?.id ?? '', instead: false, dryRun: false })).toMatchObject({
      done: true,
    })
    // In force at Ben's; Ann's home learns it like any record. The text with his signature would do as well.
    await share(ben, admin)
    expect([rootOf(admin), rootOf(ben)]).toEqual([3, 3])
    await expect(
      ben.client.call('approve', { id: row?.id ?? '', instead: false, dryRun: false }),
    ).rejects.toMatchObject({
      code: 'NO_SUCH_PROPOSAL',
    })
  })

  test('ACCESS-8 signatures come back as text, too, and whoever was away gets the chain with it', async () => {
    const { admin, ben } = await twoHolders()
    const key = (await createKeyPair()).publicKey
    const three: RootChange[] = [
      { change: 'add', role: 'root', channels: null, key, holder: 'Cleo' },
      { change: 'threshold', role: 'root', channels: null, threshold: 3 },
    ]
    const { proposal } = await admin.client.call('rootPropose', { changes: three, instead: false, dryRun: false })
    const id = proposal?.id ?? ''
    await ben.client.call('rootProposalImport', await admin.client.call('rootProposalExport', { id }))
    expect(await ben.client.call('approve', { id, instead: false, dryRun: false })).toMatchObject({ done: false })
    const back = await admin.client.call('rootProposalImport', await ben.client.call('rootProposalExport', { id }))
    expect(back.proposal?.signed.map(({ holder }) => holder).toSorted()).toEqual(['Ben', null])
    expect(back.proposal?.missing).toEqual([{ role: 'root 3', have: 2, need: 3 }])
    expect(rootOf(admin)).toBe(2)
  })

  test('ACCESS-8 a text that is cut, mistyped, of another mesh or forged changes nothing', async () => {
    const { admin, ben } = await twoHolders()
    const changes: RootChange[] = [{ change: 'expiry', lifetimeMs: 1e9 }]
    const { proposal } = await admin.client.call('rootPropose', { changes, instead: false, dryRun: false })
    const { text } = await admin.client.call('rootProposalExport', { id: proposal?.id ?? '' })
    for (const bad of [
      text.slice(0, -3),
      text.slice(4),
      `${text.slice(0, 60)}A${text.slice(61)}B`,
      'shoalstep1',
      'x',
    ]) {
      await expect(ben.client.call('rootProposalImport', { text: bad })).rejects.toMatchObject({
        code: 'STEP_MALFORMED',
      })
    }
    const other = await twoHolders()
    await expect(other.ben.client.call('rootProposalImport', { text })).rejects.toMatchObject({
      code: 'RECORD_WRONG_MESH',
    })
    expect((await access(ben)).proposals).toEqual([])
  })
})

describe('two steps at once', () => {
  test('TRUST-20 a second root of one version is signed only when told, and then one of them counts', async () => {
    const { admin, ben } = await twoHolders()
    const propose = (home: AccessHome, lifetimeMs: number, instead: boolean) =>
      home.client.call('rootPropose', { changes: [{ change: 'expiry', lifetimeMs }], instead, dryRun: false })
    const first = await propose(admin, 1e9, false)
    const second = await propose(ben, 2e9, false)
    await expect(propose(admin, 3e9, false)).rejects.toMatchObject({ code: 'SIGNED_ANOTHER' })
    await share(ben, admin)
    const id = second.proposal?.id ?? ''
    await expect(admin.client.call('approve', { id, instead: false, dryRun: false })).rejects.toMatchObject({
      code: 'SIGNED_ANOTHER',
    })
    expect(await admin.client.call('approve', { id, instead: true, dryRun: false })).toMatchObject({ done: true })
    await share(admin, ben)
    expect([admin, ben].map(({ core }) => core.mesh.book.root?.id)).toEqual([id, id])
    expect((await access(admin)).proposals).toEqual([])
    expect(first.proposal?.id).not.toBe(id)
  })
})
