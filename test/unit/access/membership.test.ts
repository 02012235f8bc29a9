import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createKeyPair, peerKeyOf, signRecord } from '../../../protocol/index.ts'
import { type AccessHome, accessMesh, aFolder, publishFrom, share } from '../../support/access-homes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const access = (home: AccessHome) => home.client.call('access', {})
const peerOf = ({ core }: AccessHome) => core.mesh.peer

describe('taking a host out', () => {
  test('ACCESS-1 the effect that is shown first is what then happens', async () => {
    const { admin, joined } = await accessMesh('oslo-1', 'oslo-2')
    const [one, two] = joined
    if (one === undefined || two === undefined) throw new Error('no hosts')
    admin.connected.push(peerOf(one))
    const request = { host: 'oslo-1', reason: 'stolen' }
    const shown = await admin.client.call('hostRevoke', { ...request, dryRun: true })
    expect(shown).toMatchObject({
      done: false,
      effect: { leaving: [{ host: 'oslo-1', peerId: peerOf(one), connected: true }], connections: 1, joining: [] },
    })
    expect(shown.effect.warnings.join()).toContain('1 host would leave the mesh for good')
    expect((await access(admin)).members.map(({ host }) => host)).toContain('oslo-1')
    expect(admin.announced.filter(({ kind }) => kind === 'revocation')).toEqual([])
    const done = await admin.client.call('hostRevoke', { ...request, dryRun: false })
    expect(done).toEqual({ ...shown, done: true })
    expect(admin.announced.filter(({ kind }) => kind === 'revocation')).toHaveLength(1)
    const document = await access(admin)
    expect(document.members.map(({ host }) => host)).not.toContain('oslo-1')
    expect(document.revoked).toMatchObject([{ host: 'oslo-1', peerIds: [peerOf(one)], reason: 'stolen' }])
    await share(admin, two)
    expect(two.core.mesh.book.member(peerOf(one))).toBeUndefined()
    await expect(admin.client.call('hostRevoke', { ...request, dryRun: true })).rejects.toMatchObject({
      code: 'NO_SUCH_HOST',
    })
  })

  test('ACCESS-10 several hosts are taken out in one step, with the effect of all together; names that are none are told', async () => {
    const { admin, joined } = await accessMesh('oslo-1', 'oslo-2', 'oslo-3')
    const [, , three] = joined
    if (three === undefined) throw new Error('no hosts')
    const request = { hosts: ['oslo-1', 'nobody', 'oslo-2'], reason: 'sold' }
    const shown = await admin.client.call('hostsRevoke', { ...request, dryRun: true })
    expect(shown).toMatchObject({ hosts: ['oslo-1', 'oslo-2'], missing: ['nobody'], done: false })
    expect(shown.effect.leaving.map(({ host }) => host)).toEqual(['oslo-1', 'oslo-2'])
    expect(shown.effect.warnings.join()).toContain('2 hosts would leave the mesh for good')
    expect(admin.announced.filter(({ kind }) => kind === 'revocation')).toEqual([])
    expect(await admin.client.call('hostsRevoke', { ...request, dryRun: false })).toEqual({ ...shown, done: true })
    expect((await access(admin)).revoked.map(({ host, reason }) => [host, reason])).toEqual([
      ['oslo-1', 'sold'],
      ['oslo-2', 'sold'],
    ])
    await share(admin, three)
    expect([...three.core.mesh.book.members()].map(({ host }) => host)).not.toContain('oslo-1')
    await expect(admin.client.call('hostsRevoke', { ...request, dryRun: false })).rejects.toMatchObject({
      code: 'NO_SUCH_HOST',
    })
    const twice = { hosts: ['oslo-3', 'oslo-3'], reason: '', dryRun: true }
    await expect(admin.client.call('hostsRevoke', twice)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('ACCESS-1 ACCESS-2 an open invite is revoked with the host, and a ticket that was not used is dead', async () => {
    const { admin } = await accessMesh()
    const invite = { host: 'oslo-9', site: 'oslo', labels: {}, lifetimeMs: 60_000 }
    await admin.client.call('meshInvite', invite)
    expect((await access(admin)).pending).toMatchObject([{ host: 'oslo-9', expired: false }])
    const shown = await admin.client.call('hostRevoke', { host: 'oslo-9', reason: '', dryRun: true })
    expect(shown.effect).toMatchObject({ leaving: [], invites: ['oslo-9'] })
    await admin.client.call('hostRevoke', { host: 'oslo-9', reason: '', dryRun: false })
    expect(await access(admin)).toMatchObject({ pending: [], revoked: [{ host: 'oslo-9', peerIds: [] }] })
  })

  test('ACCESS-3 only a home with an enroller key can; the others are told which is missing', async () => {
    const { joined, admin } = await accessMesh('oslo-1')
    const [one] = joined
    const request = { host: 'oslo-1', reason: '', dryRun: false }
    await expect(one?.client.call('hostRevoke', request)).rejects.toMatchObject({ code: 'KEY_MISSING' })
    await expect(
      one?.client.call('meshInvite', { host: 'x', site: 'oslo', labels: {}, lifetimeMs: 1 }),
    ).rejects.toMatchObject({ code: 'KEY_MISSING' })
    await expect(admin.client.call('hostRevoke', { ...request, host: 'nobody' })).rejects.toMatchObject({
      code: 'NO_SUCH_HOST',
    })
  })

  test('ACCESS-1 a node that would shut itself out is warned', async () => {
    const { admin } = await accessMesh()
    const self = (await access(admin)).me.host ?? ''
    const shown = await admin.client.call('hostRevoke', { host: self, reason: '', dryRun: true })
    expect(shown.effect.warnings[0]).toContain('this node itself')
  })
})

test('BUNDLE-5 a bundle carries revocations to a site with no link', async () => {
  const { admin, joined } = await accessMesh('oslo-1', 'oslo-2')
  const [one, two] = joined
  if (one === undefined || two === undefined) throw new Error('no hosts')
  const folder = await tempDir()
  await publishFrom(admin, aFolder(folder, 'one'))
  await admin.client.call('hostRevoke', { host: 'oslo-1', reason: 'stolen', dryRun: false })
  const file = join(folder, 'bundle')
  const drain = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _event of events);
  }
  await drain(admin.client.stream('bundleExport', { channel: 'web', file, sites: [] }))
  await drain(two.client.stream('bundleImport', { file }))
  expect(two.core.mesh.book.member(peerOf(one))).toBeUndefined()
  expect((await access(two)).revoked).toMatchObject([{ host: 'oslo-1', reason: 'stolen' }])
  expect(two.core.mesh.book.head('web')?.version).toBe(1)
})

describe('a quarantined grant', () => {
  test('ACCESS-4 is listed with its claims, and resolved by keeping one', async () => {
    const { admin, clock } = await accessMesh()
    const joinKey = await createKeyPair()
    const [enroller] = await admin.core.keyring.signers('enroller')
    if (enroller === undefined) throw new Error('no enroller')
    const { mesh } = admin.core.mesh.identity
    const init = { mesh, kind: 'grant', key: 'ab'.repeat(16), version: 1 } as const
    const self = admin.core.mesh.book.member(peerOf(admin))
    if (self === undefined) throw new Error('no member')
    const body = {
      host: self.host,
      site: self.site,
      labels: {},
      issuedAtMs: clock.now() + 1,
      expiresMs: clock.now() + 1e6,
      joinKey: joinKey.publicKey,
    }
    const grant = await signRecord({ ...init, body }, [enroller])
    const hosts = [await createKeyPair(), await createKeyPair()]
    const bindings = await Promise.all(
      hosts.map((host) =>
        signRecord(
          {
            mesh,
            kind: 'binding',
            key: `${grant.key}.${host.publicKey}`,
            version: 1,
            body: { grant: grant.key, hostKey: host.publicKey, boundAtMs: clock.now() },
          },
          [joinKey, host],
        ),
      ),
    )
    for (const record of [grant, ...bindings]) await admin.core.mesh.book.offer(record.bytes)
    const peers = hosts.map(({ publicKey }) => peerKeyOf(publicKey))
    const before = await access(admin)
    expect(before.quarantined).toMatchObject([
      { grant: grant.key, claims: [{ peerId: peers[0] }, { peerId: peers[1] }] },
    ])
    const request = { grant: grant.key, keep: peers[1] ?? '' }
    const shown = await admin.client.call('quarantineResolve', { ...request, dryRun: true })
    expect(shown.effect.joining).toMatchObject([{ peerId: peers[1] }])
    expect((await access(admin)).quarantined).toHaveLength(1)
    await admin.client.call('quarantineResolve', { ...request, dryRun: false })
    const after = await access(admin)
    expect(after.quarantined).toEqual([])
    expect(after.members.map(({ peerId }) => peerId)).toContain(peers[1])
    expect(after.members.map(({ peerId }) => peerId)).not.toContain(peers[0])
    const stranger = { grant: grant.key, keep: peerOf(admin), dryRun: false }
    await expect(admin.client.call('quarantineResolve', stranger)).rejects.toMatchObject({ code: 'NO_SUCH_HOST' })
    await expect(admin.client.call('quarantineResolve', { ...stranger, keep: 'x' })).rejects.toMatchObject({
      code: 'NO_SUCH_HOST',
    })
  })
})
