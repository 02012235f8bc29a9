import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  fromHex,
  type KeyPair,
  keyPairFromSeed,
  parsePublicKey,
  type PublicKey,
  type RootRole,
  ShoalError,
  toHex,
} from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import { readIfThere, syncDirectoryOf, writePrivate } from './private-file.ts'
import {
  type LockFile,
  makeLockFile,
  openLockFile,
  parseLockFile,
  parseSealedLine,
  seal,
  sealedLine,
  unseal,
} from './sealing.ts'

/** A key of this home that is not the host's. */
export interface RingKey {
  readonly role: RootRole
  readonly publicKey: PublicKey
}

interface Entry extends RingKey {
  readonly file: string
  readonly text: string
}

interface Unlocked {
  readonly homeKey: Uint8Array
  readonly idleMs: number
  /** By the monotonic clock. */
  untilMs: number
  readonly timer: AbortController
}

const FILE = /^(root|publisher|enroller)(?:-[0-9a-f]{16})?\.key$/

/**
 * The keys with which this home acts for the mesh: `HOME/keys/ROLE.key`, further ones of a role as `ROLE-DIGITS.key`. In plain, or sealed under a
 * passphrase (KEYS-1 to KEYS-6); the host's own key is not among them, since a host must come up by itself.
 */
export class Keyring {
  readonly #directory: string
  readonly #clock: Clock
  #unlocked: Unlocked | undefined

  constructor(home: string, clock: Clock) {
    this.#directory = join(home, 'keys')
    this.#clock = clock
  }

  /** Public halves, also while locked. @throws STORE_CORRUPT */
  async list(): Promise<readonly RingKey[]> {
    return (await this.#entries()).map(({ role, publicKey }) => ({ role, publicKey }))
  }

  /** Key pairs of a role, to sign with now. @throws KEYS_LOCKED, STORE_CORRUPT */
  async signers(role: RootRole): Promise<readonly KeyPair[]> {
    const entries = (await this.#entries()).filter((entry) => entry.role === role)
    const lock = await this.#lockFile()
    if (entries.length > 0 && lock !== undefined) this.#use()
    return Promise.all(entries.map((entry) => this.#open(entry)))
  }

  /** Adds a key, sealed where the others are. Durable when it resolves. @throws KEYS_LOCKED */
  async add(role: RootRole, pair: KeyPair): Promise<void> {
    if ((await this.#lockFile()) !== undefined) this.#use()
    const first = (await this.#entries()).every((entry) => entry.role !== role)
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const file = first ? `${role}.key` : `${role}-${pair.publicKey.slice(0, 16)}.key`
    await this.#write(file, role, pair)
  }

  /** Destroys the private half of a key. */
  async remove(publicKey: string): Promise<void> {
    for (const entry of await this.#entries()) {
      if (entry.publicKey !== publicKey) continue
      await rm(join(this.#directory, entry.file))
      await syncDirectoryOf(join(this.#directory, entry.file))
    }
  }

  async state(): Promise<{ readonly state: 'open' | 'unlocked' | 'locked'; readonly leftMs: number | undefined }> {
    if ((await this.#lockFile()) === undefined) return { state: 'open', leftMs: undefined }
    const unlocked = this.#current()
    return unlocked === undefined
      ? { state: 'locked', leftMs: undefined }
      : { state: 'unlocked', leftMs: unlocked.untilMs - this.#clock.monotonic() }
  }

  /**
   * Locks. With a passphrase the keys are sealed under it first, or under it instead of the one before.
   * @throws KEYS_LOCKED when another passphrase is asked for while locked; BAD_REQUEST when nothing is sealed and none is given
   */
  async lock(passphrase: string | undefined): Promise<void> {
    const sealedBefore = (await this.#lockFile()) !== undefined
    if (passphrase === undefined) {
      if (!sealedBefore)
        throw new ShoalError('BAD_REQUEST', 'the keys are not encrypted; give a passphrase to encrypt them')
      return this.forget()
    }
    const homeKey = sealedBefore ? this.#use().homeKey : randomBytes(32)
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    await this.#writeLock(await makeLockFile(passphrase, homeKey))
    await this.#sealAll(homeKey)
    this.forget()
  }

  /** @throws PASSPHRASE_WRONG, and BAD_REQUEST when nothing is sealed */
  async unlock(passphrase: string, idleMs: number): Promise<void> {
    const lock = await this.#lockFile()
    if (lock === undefined)
      throw new ShoalError('BAD_REQUEST', 'the keys are not encrypted; there is nothing to unlock')
    const homeKey = await openLockFile(passphrase, lock)
    this.forget()
    const timer = new AbortController()
    this.#unlocked = { homeKey, idleMs, untilMs: this.#clock.monotonic() + idleMs, timer }
    // A lock that a crash cut off left some in plain.
    await this.#sealAll(homeKey)
    void this.#forgetWhenIdle(this.#unlocked)
  }

  /** Wipes what unlocking gave. */
  forget(): void {
    this.#unlocked?.homeKey.fill(0)
    this.#unlocked?.timer.abort()
    this.#unlocked = undefined
  }

  async #forgetWhenIdle(unlocked: Unlocked): Promise<void> {
    while (this.#unlocked === unlocked) {
      const left = unlocked.untilMs - this.#clock.monotonic()
      if (left <= 0) return this.forget()
      try {
        await this.#clock.sleep(left, { signal: unlocked.timer.signal, unref: true })
      } catch {
        // Locked meanwhile.
        return
      }
    }
  }

  #current(): Unlocked | undefined {
    if (this.#unlocked !== undefined && this.#unlocked.untilMs <= this.#clock.monotonic()) this.forget()
    return this.#unlocked
  }

  /** Counts as use. @throws KEYS_LOCKED */
  #use(): Unlocked {
    const unlocked = this.#current()
    if (unlocked === undefined) {
      throw new ShoalError(
        'KEYS_LOCKED',
        'the keys of this home are locked, so nothing was signed and nothing was changed; unlock them with shoal keys unlock',
      )
    }
    unlocked.untilMs = this.#clock.monotonic() + unlocked.idleMs
    return unlocked
  }

  async #entries(): Promise<readonly Entry[]> {
    const names = await readdir(this.#directory).catch((err: unknown) => {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return []
      throw err
    })
    const entries: Entry[] = []
    for (const file of names.toSorted((a, b) => (a < b ? -1 : 1))) {
      const role = FILE.exec(file)?.[1]
      if (role !== 'root' && role !== 'publisher' && role !== 'enroller') continue
      const text = (await readIfThere(join(this.#directory, file))) ?? ''
      const publicKey = parseSealedLine(text)?.publicKey ?? (await plainPair(text))?.publicKey
      if (publicKey === undefined) throw damaged(file)
      entries.push({ role, file, text, publicKey: parsePublicKey(publicKey) })
    }
    return entries
  }

  async #open({ file, role, text, publicKey }: Entry): Promise<KeyPair> {
    const line = parseSealedLine(text)
    if (line === undefined) return (await plainPair(text)) ?? Promise.reject(damaged(file))
    const seed = unseal(this.#use().homeKey, line.sealed, sealName(role, publicKey))
    const pair = seed === undefined ? undefined : await keyPairFromSeed(seed)
    if (pair?.publicKey !== publicKey) throw damaged(file)
    return pair
  }

  async #sealAll(homeKey: Uint8Array): Promise<void> {
    for (const { file, role, text } of await this.#entries()) {
      const pair = await plainPair(text)
      if (pair !== undefined) await this.#write(file, role, pair, homeKey)
    }
  }

  async #write(file: string, role: RootRole, pair: KeyPair, homeKey = this.#current()?.homeKey): Promise<void> {
    const text =
      homeKey === undefined
        ? `${toHex(pair.seed)}\n`
        : sealedLine(pair.publicKey, seal(homeKey, pair.seed, sealName(role, pair.publicKey)))
    await writePrivate(join(this.#directory, file), text)
  }

  async #lockFile(): Promise<LockFile | undefined> {
    const text = await readIfThere(join(this.#directory, 'lock.json'))
    return text === undefined ? undefined : parseLockFile(text)
  }

  #writeLock(lock: LockFile): Promise<void> {
    return writePrivate(join(this.#directory, 'lock.json'), `${JSON.stringify(lock)}\n`)
  }
}

const sealName = (role: RootRole, publicKey: string): string => `${role} ${publicKey}`

async function plainPair(text: string): Promise<KeyPair | undefined> {
  return /^[0-9a-f]{64}\n$/.test(text) ? keyPairFromSeed(fromHex(text.trim())) : undefined
}

const damaged = (file: string): ShoalError =>
  new ShoalError('STORE_CORRUPT', `${file} in the home's keys is damaged; restore it from a copy`)
