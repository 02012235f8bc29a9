import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createKeyPair, toHex } from '../../../protocol/index.ts'
import { Keyring } from '../../../node-agent/mesh/index.ts'
import { accessMesh, aFolder, publishFrom } from '../../support/access-homes.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const PASSPHRASE = 'correct horse battery staple'

async function ring() {
  const home = await tempDir()
  const clock = new ManualClock()
  const keyring = new Keyring(home, clock)
  const pairs = [await createKeyPair(), await createKeyPair()] as const
  await keyring.add('root', pairs[0])
  await keyring.add('root', pairs[1])
  await keyring.add('publisher', await createKeyPair())
  const contents = () => readdirSync(join(home, 'keys')).map((name) => readFileSync(join(home, 'keys', name), 'utf8'))
  return { home, clock, keyring, pairs, contents }
}

const publicKeys = (pairs: readonly { readonly publicKey: string }[]) =>
  pairs.map(({ publicKey }) => publicKey).toSorted()

describe('the keys of a home', () => {
  test('KEYS-1 lie in plain until a passphrase is asked for, then nowhere on disk', async () => {
    const { home, keyring, pairs, contents, clock } = await ring()
    expect(await keyring.state()).toMatchObject({ state: 'open' })
    expect(contents().join()).toContain(toHex(pairs[0].seed))
    await keyring.lock(PASSPHRASE)
    for (const text of contents()) for (const { seed } of pairs) expect(text).not.toContain(toHex(seed))
    for (const name of readdirSync(join(home, 'keys'))) {
      expect(statSync(join(home, 'keys', name)).mode & 0o777).toBe(0o600)
    }
    const again = new Keyring(home, clock)
    expect(await again.state()).toMatchObject({ state: 'locked' })
    await again.unlock(PASSPHRASE, 1000)
    expect(publicKeys(await again.signers('root'))).toEqual(publicKeys(pairs))
  })

  test('KEYS-2 locked, nothing is signed; what they are is known all the same', async () => {
    const { keyring, pairs } = await ring()
    await keyring.lock(PASSPHRASE)
    await expect(keyring.signers('root')).rejects.toMatchObject({ code: 'KEYS_LOCKED' })
    await expect(keyring.add('root', await createKeyPair())).rejects.toMatchObject({ code: 'KEYS_LOCKED' })
    await expect(keyring.lock('another')).rejects.toMatchObject({ code: 'KEYS_LOCKED' })
    expect(publicKeys(await keyring.list())).toEqual(expect.arrayContaining(publicKeys(pairs)))
    for (const wrong of ['', 'correct horse', `${PASSPHRASE} `]) {
      await expect(keyring.unlock(wrong, 1000)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' })
    }
    expect(await keyring.state()).toMatchObject({ state: 'locked' })
  })

  test('KEYS-3 lock again by themselves when they were not used for a while', async () => {
    const { keyring, clock } = await ring()
    await keyring.lock(PASSPHRASE)
    await keyring.unlock(PASSPHRASE, 1000)
    await clock.wind(900)
    await keyring.signers('root')
    await clock.wind(900)
    expect(await keyring.state()).toEqual({ state: 'unlocked', leftMs: 100 })
    await clock.wind(200)
    expect(await keyring.state()).toMatchObject({ state: 'locked' })
    await keyring.unlock(PASSPHRASE, 1000)
    await keyring.lock(undefined)
    await expect(keyring.signers('root')).rejects.toMatchObject({ code: 'KEYS_LOCKED' })
  })

  test('KEYS-4 a new passphrase takes the place of the old one; keys added meanwhile are sealed, too', async () => {
    const { keyring, contents } = await ring()
    await keyring.lock(PASSPHRASE)
    await keyring.unlock(PASSPHRASE, 1000)
    const added = await createKeyPair()
    await keyring.add('enroller', added)
    expect(contents().join()).not.toContain(toHex(added.seed))
    await keyring.lock('another')
    await expect(keyring.unlock(PASSPHRASE, 1000)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' })
    await keyring.unlock('another', 1000)
    expect(publicKeys(await keyring.signers('enroller'))).toEqual([added.publicKey])
  })

  test('KEYS-5 a damaged file, a key in the place of another and absurd parameters are STORE_CORRUPT', async () => {
    const { home, keyring } = await ring()
    await keyring.lock(PASSPHRASE)
    await keyring.unlock(PASSPHRASE, 1e9)
    const path = (name: string) => join(home, 'keys', name)
    const publisher = readFileSync(path('publisher.key'), 'utf8')
    writeFileSync(path('enroller.key'), publisher)
    await expect(keyring.signers('enroller')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    writeFileSync(
      path('publisher.key'),
      publisher.replace(/.\n$/, (end) => (end === '0\n' ? '1\n' : '0\n')),
    )
    await expect(keyring.signers('publisher')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    writeFileSync(path('root.key'), 'x\n')
    await expect(keyring.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    const lock = JSON.parse(readFileSync(path('lock.json'), 'utf8'))
    writeFileSync(path('lock.json'), JSON.stringify({ ...lock, n: 2 ** 30 }))
    await expect(keyring.unlock(PASSPHRASE, 1)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  test('KEYS-6 a lock that was cut off half way is finished by the next unlock', async () => {
    const { home, keyring, contents, pairs } = await ring()
    const plain = readFileSync(join(home, 'keys', 'root.key'), 'utf8')
    await keyring.lock(PASSPHRASE)
    writeFileSync(join(home, 'keys', 'root.key'), plain)
    await expect(keyring.signers('root')).rejects.toMatchObject({ code: 'KEYS_LOCKED' })
    await keyring.unlock(PASSPHRASE, 1000)
    for (const { seed } of pairs) expect(contents().join()).not.toContain(toHex(seed))
    expect(publicKeys(await keyring.signers('root'))).toEqual(publicKeys(pairs))
  })
})

describe('an agent with locked keys', () => {
  test('KEYS-2 refuses to invite, publish, revoke and change roots, and changes nothing; a dry run works', async () => {
    const { admin } = await accessMesh('oslo-1')
    const dir = aFolder(await tempDir(), 'one')
    expect(await admin.client.call('keysLock', { passphrase: PASSPHRASE })).toEqual({ state: 'locked', locksAt: null })
    const before = [...admin.core.mesh.book.summaries()].map(({ slot }) => slot)
    const locked = { code: 'KEYS_LOCKED' }
    await expect(publishFrom(admin, dir)).rejects.toMatchObject(locked)
    await expect(
      admin.client.call('meshInvite', { host: 'a', site: 'oslo', labels: {}, lifetimeMs: 1 }),
    ).rejects.toMatchObject(locked)
    await expect(admin.client.call('hostRevoke', { host: 'oslo-1', reason: '', dryRun: false })).rejects.toMatchObject(
      locked,
    )
    await expect(admin.client.call('keyRotate', { key: 'publisher', dryRun: false })).rejects.toMatchObject(locked)
    await expect(admin.client.call('keyMake', { role: 'root' })).rejects.toMatchObject(locked)
    expect([...admin.core.mesh.book.summaries()].map(({ slot }) => slot)).toEqual(before)
    for (const dryRun of [true])
      expect(await admin.client.call('hostRevoke', { host: 'oslo-1', reason: '', dryRun })).toMatchObject({
        done: false,
      })
    expect(await admin.client.call('keyRotate', { key: 'publisher', dryRun: true })).toMatchObject({ done: false })
    expect((await admin.client.call('access', {})).me.keys).toHaveLength(3)
    await expect(admin.client.call('keysUnlock', { passphrase: 'x', idleMs: 1 })).rejects.toMatchObject({
      code: 'PASSPHRASE_WRONG',
    })
    expect(await admin.client.call('keysUnlock', { passphrase: PASSPHRASE, idleMs: 60_000 })).toMatchObject({
      state: 'unlocked',
    })
    expect(await publishFrom(admin, dir)).toMatchObject({ sequence: 1, proposal: null })
  })
})
