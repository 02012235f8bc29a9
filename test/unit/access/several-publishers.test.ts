import { describe, expect, test } from 'vitest'
import { signRecord } from '../../../protocol/index.ts'
import { type AccessHome, aFolder, publishFrom, share, twoHolders } from '../../support/access-homes.ts'
import { signHead } from '../../support/mesh-fixture.ts'
import { tempDir } from '../../support/temp-dir.ts'

const access = (home: AccessHome) => home.client.call('access', {})

describe('a release of several publishers', () => {
  test('ACCESS-9 is proposed by one, no release to anybody, and the head once another approves', async () => {
    const { admin, ben } = await twoHolders()
    const folder = await tempDir()
    const result = await publishFrom(admin, aFolder(folder, 'one'))
    expect(result.proposal).toMatchObject({
      kind: 'head',
      channel: 'web',
      version: 1,
      missing: [{ role: 'publishers of *', have: 1, need: 2 }],
      release: { entries: 2, atOnce: true },
      summary: ['release 1 of web, after none', 'to every host at once'],
    })
    await share(admin, ben)
    for (const home of [admin, ben]) expect(home.core.mesh.book.head('web')).toBeUndefined()
    const [row] = (await access(ben)).proposals
    expect(result.proposal).toMatchObject({ canApprove: false, completes: false })
    expect(row).toMatchObject({ id: result.proposal?.id, canApprove: true, completes: true, signed: [{ mine: false }] })
    expect(
      await ben.client.call('approve', { id: row?.id.slice(0, 8) ?? '', instead: false, dryRun: false }),
    ).toMatchObject({
      done: true,
    })
    expect(ben.announced.some(({ kind }) => kind === 'head')).toBe(true)
    await share(ben, admin)
    expect(admin.core.mesh.book.head('web')?.signatures).toHaveLength(2)
    expect((await access(admin)).proposals).toEqual([])
  })

  test('ACCESS-9 who signs it is told in which waves it goes', async () => {
    const { admin } = await twoHolders()
    const folder = await tempDir()
    const { proposal } = await publishFrom(admin, aFolder(folder, 'one'), 'web', ['site:oslo:approve'])
    expect(proposal).toMatchObject({
      release: { atOnce: false },
      summary: ['release 1 of web, after none', expect.stringMatching(/^in waves: site:oslo \(\d hosts?\), then all/)],
    })
  })

  test('TRUST-20 no home signs two releases of one sequence; the next proposal takes the next, and both can count', async () => {
    const { admin, ben } = await twoHolders()
    const folder = await tempDir()
    const first = await publishFrom(admin, aFolder(folder, 'one'))
    const second = await publishFrom(ben, aFolder(folder, 'two'))
    await share(admin, ben)
    await share(ben, admin)
    const approve = (home: AccessHome, result: typeof first, instead = false) =>
      home.client.call('approve', { id: result.proposal?.id ?? '', instead, dryRun: false })
    for (const instead of [false, true]) {
      await expect(approve(admin, second, instead)).rejects.toMatchObject({ code: 'SIGNED_ANOTHER' })
      await expect(approve(ben, first, instead)).rejects.toMatchObject({ code: 'SIGNED_ANOTHER' })
    }
    const third = await publishFrom(ben, aFolder(folder, 'three'))
    expect([first.sequence, second.sequence, third.sequence]).toEqual([1, 1, 2])
    await share(ben, admin)
    expect(await approve(admin, third)).toMatchObject({ done: true })
    await share(admin, ben)
    for (const home of [admin, ben]) expect(home.core.mesh.book.head('web')?.version).toBe(2)
    await expect(approve(ben, first)).rejects.toMatchObject({ code: 'NO_SUCH_PROPOSAL' })
  })

  test('TRUST-20 a sequence far ahead is not signed, and does not lift the next one', async () => {
    const { admin, ben } = await twoHolders()
    const [key] = await ben.core.keyring.signers('publisher')
    if (key === undefined) throw new Error('no key')
    const far = await signHead(Number.MAX_SAFE_INTEGER, key)
    const { mesh } = admin.core.mesh.identity
    const inner = await signRecord({ ...far, mesh }, [key])
    const init = { mesh, kind: 'proposal', key: `head/web.${key.publicKey}`, version: 1 } as const
    const proposal = await signRecord({ ...init, body: { record: inner.bytes, atMs: 1 } }, [key])
    expect(await admin.core.mesh.book.offer(proposal.bytes)).toMatchObject({ outcome: 'new' })
    await expect(admin.client.call('approve', { id: inner.id, instead: false, dryRun: false })).rejects.toMatchObject({
      code: 'HEAD_ROLLBACK',
    })
    expect(await publishFrom(admin, aFolder(await tempDir(), 'one'))).toMatchObject({ sequence: 1 })
  })

  test('ACCESS-9 what is proposed is not collected meanwhile', async () => {
    const { admin } = await twoHolders()
    const folder = await tempDir()
    const { manifest } = await publishFrom(admin, aFolder(folder, 'one'))
    const { neededManifests } = await import('../../../node-agent/collect/keep.ts')
    expect([...(await neededManifests(admin.core))]).toContain(manifest.slice('sha256-'.length))
  })
})
