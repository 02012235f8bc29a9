import { readFile, rm } from 'node:fs/promises'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { KeyringState } from '../../protocol/console/index.ts'
import { writeWhole } from '../settings/store.ts'

/** What is needed of Electron's safeStorage: its calls that do not block. */
export interface SecretStorage {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(text: string): Promise<Buffer>
  decryptStringAsync(sealed: Buffer): Promise<{ readonly result: string; readonly shouldReEncrypt: boolean }>
  /** Linux only. */
  getSelectedStorageBackend?(): string
}

/** Backends of Linux that keep no secret: the first has its key in the program's text, the second is not known before the app is ready. */
const NO_KEYRING = new Set(['basic_text', 'unknown'])

export interface KeyringInit {
  /** The sealed passphrase. */
  readonly path: string
  readonly platform: string
}

/** The passphrase of the keys, sealed by the system's keyring; it leaves this process only towards the agent's. */
export class Keyring {
  readonly #storage: SecretStorage
  readonly #init: KeyringInit

  constructor(storage: SecretStorage, init: KeyringInit) {
    this.#storage = storage
    this.#init = init
  }

  async state(): Promise<KeyringState> {
    return { available: await this.#available(), remembered: (await this.#sealed()) !== undefined }
  }

  /** @throws KEYRING_UNAVAILABLE */
  async remember(passphrase: string): Promise<KeyringState> {
    if (!(await this.#available())) {
      const what = 'this system has no keyring that keeps a secret; type the passphrase each time'
      throw new ShoalError('KEYRING_UNAVAILABLE', `${what}. Nothing was kept.`)
    }
    writeWhole(this.#init.path, await this.#storage.encryptStringAsync(passphrase))
    return this.state()
  }

  async forget(): Promise<KeyringState> {
    await rm(this.#init.path, { force: true })
    return this.state()
  }

  /** The passphrase; undefined when none is kept, or when this keyring cannot open it any more. */
  async recall(): Promise<string | undefined> {
    const sealed = await this.#sealed()
    if (sealed === undefined || !(await this.#available())) return undefined
    try {
      const { result, shouldReEncrypt } = await this.#storage.decryptStringAsync(sealed)
      // The system has changed its key: what was sealed under the old one will not open for long.
      if (shouldReEncrypt) await this.remember(result)
      return result
    } catch {
      return undefined
    }
  }

  async #available(): Promise<boolean> {
    if (this.#init.platform === 'linux' && NO_KEYRING.has(this.#storage.getSelectedStorageBackend?.() ?? 'unknown'))
      return false
    return this.#storage.isAsyncEncryptionAvailable()
  }

  async #sealed(): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#init.path)
    } catch (err) {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
      throw err
    }
  }
}
