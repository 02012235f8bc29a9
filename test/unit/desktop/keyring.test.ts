import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Keyring, type SecretStorage } from '../../../main/keys/keyring.ts'
import { tempDir } from '../../support/temp-dir.ts'

const PASSPHRASE = 'correct horse battery staple'

const turned = (text: string): string => text.split('').toReversed().join('')

/** Seals by turning bytes around, under a generation of its key. */
function storage(backend: string, more: Partial<SecretStorage> = {}): SecretStorage & { generation: number } {
  return {
    generation: 1,
    isAsyncEncryptionAvailable: async () => true,
    getSelectedStorageBackend: () => backend,
    async encryptStringAsync(text) {
      return Buffer.from(`${this.generation}${turned(text)}`)
    },
    async decryptStringAsync(sealed) {
      const text = sealed.toString()
      if (!/^\d/.test(text)) throw new Error('not sealed here')
      return {
        result: turned(text.slice(1)),
        shouldReEncrypt: text[0] !== String(this.generation),
      }
    },
    ...more,
  }
}

describe('keyring', () => {
  test('SEC-7 the passphrase is kept sealed, readable by its owner alone, until it is forgotten', async () => {
    const path = join(await tempDir(), 'keyring.bin')
    const keyring = new Keyring(storage('gnome_libsecret'), { path, platform: 'linux' })
    expect(await keyring.state()).toEqual({ available: true, remembered: false })
    expect(await keyring.recall()).toBeUndefined()
    expect(await keyring.remember(PASSPHRASE)).toEqual({ available: true, remembered: true })
    expect((await readFile(path)).includes(PASSPHRASE)).toBe(false)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await keyring.recall()).toBe(PASSPHRASE)
    expect(await keyring.forget()).toEqual({ available: true, remembered: false })
    expect(await keyring.recall()).toBeUndefined()
  })

  test('SEC-7 a desktop without a keyring keeps nothing, and opens nothing that was kept', async () => {
    for (const backend of ['basic_text', 'unknown']) {
      const path = join(await tempDir(), 'keyring.bin')
      await new Keyring(storage('kwallet6'), { path, platform: 'linux' }).remember(PASSPHRASE)
      const keyring = new Keyring(storage(backend), { path, platform: 'linux' })
      await expect(keyring.remember(PASSPHRASE)).rejects.toMatchObject({ code: 'KEYRING_UNAVAILABLE' })
      expect(await keyring.recall()).toBeUndefined()
    }
    const path = join(await tempDir(), 'keyring.bin')
    const off = storage('gnome_libsecret', { isAsyncEncryptionAvailable: async () => false })
    await expect(new Keyring(off, { path, platform: 'linux' }).remember(PASSPHRASE)).rejects.toMatchObject({
      code: 'KEYRING_UNAVAILABLE',
    })
    // Only Linux has backends to choose from.
    const mac = new Keyring(storage('unknown'), { path, platform: 'darwin' })
    expect((await mac.remember(PASSPHRASE)).remembered).toBe(true)
  })

  test('SEC-7 what was sealed under an older key of the system is sealed again, what cannot be opened is none', async () => {
    const path = join(await tempDir(), 'keyring.bin')
    const sealing = storage('gnome_libsecret')
    const keyring = new Keyring(sealing, { path, platform: 'linux' })
    await keyring.remember(PASSPHRASE)
    sealing.generation = 2
    expect(await keyring.recall()).toBe(PASSPHRASE)
    expect((await readFile(path, 'utf8'))[0]).toBe('2')
    const other = storage('gnome_libsecret', {
      decryptStringAsync: async () => {
        throw new Error('another person’s keyring')
      },
    })
    expect(await new Keyring(other, { path, platform: 'linux' }).recall()).toBeUndefined()
  })
})
