import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { ShoalError } from '../../protocol/index.ts'

/** Encryption of a home's keys: scrypt makes a key of the passphrase, that key wraps the home's own, and the home's own key seals each key file. */

/** RFC 7914. 64 MiB and about a third of a second: what OWASP recommends for a passphrase. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 2 } as const
/** Above it a damaged file would ask for more memory than a host has. */
const SCRYPT_MAX_N = 2 ** 20

const hex = z.string().regex(/^([0-9a-f]{2})+$/)
const sealedSchema = z.strictObject({ iv: hex, data: hex, tag: hex })
const lockSchema = z.strictObject({
  format: z.literal(1),
  n: z.number().int().min(2).max(SCRYPT_MAX_N),
  r: z.number().int().min(1).max(32),
  p: z.number().int().min(1).max(16),
  salt: hex,
  key: sealedSchema,
})

/** `HOME/keys/lock.json`. */
export type LockFile = z.infer<typeof lockSchema>
/** AES-256-GCM; hex. */
export type Sealed = z.infer<typeof sealedSchema>

/** @throws STORE_CORRUPT */
export function parseLockFile(text: string): LockFile {
  try {
    return lockSchema.parse(JSON.parse(text))
  } catch (err) {
    throw new ShoalError('STORE_CORRUPT', 'keys/lock.json in the home is damaged; restore it from a copy', {
      cause: err,
    })
  }
}

/** Wraps the home's key under a passphrase. */
export async function makeLockFile(passphrase: string, homeKey: Uint8Array): Promise<LockFile> {
  const salt = randomBytes(32).toString('hex')
  const parameters = { n: SCRYPT.N, r: SCRYPT.r, p: SCRYPT.p, salt }
  return { format: 1, ...parameters, key: seal(await derive(passphrase, parameters), homeKey, 'home') }
}

/** The home's key. @throws PASSPHRASE_WRONG */
export async function openLockFile(passphrase: string, file: LockFile): Promise<Uint8Array> {
  const homeKey = unseal(await derive(passphrase, file), file.key, 'home')
  if (homeKey === undefined) throw new ShoalError('PASSPHRASE_WRONG', 'the passphrase is wrong; the keys stay locked')
  return homeKey
}

function derive(passphrase: string, { n, r, p, salt }: Omit<LockFile, 'format' | 'key'>): Promise<Uint8Array> {
  const options = { N: n, r, p, maxmem: 256 * n * r }
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'hex'), 32, options, (err, key) => {
      if (err === null) resolve(key)
      else reject(err)
    })
  })
}

/** Encrypts bytes that belong to one name: under another they cannot be opened. */
export function seal(key: Uint8Array, bytes: Uint8Array, name: string): Sealed {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(associated(name))
  const data = Buffer.concat([cipher.update(bytes), cipher.final()])
  return { iv: iv.toString('hex'), data: data.toString('hex'), tag: cipher.getAuthTag().toString('hex') }
}

/** undefined when the key, the name or the bytes are others. */
export function unseal(key: Uint8Array, { iv, data, tag }: Sealed, name: string): Uint8Array | undefined {
  try {
    const options = { authTagLength: 16 }
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'hex'), options)
    decipher.setAAD(associated(name)).setAuthTag(Buffer.from(tag, 'hex'))
    return new Uint8Array(Buffer.concat([decipher.update(Buffer.from(data, 'hex')), decipher.final()]))
  } catch {
    return undefined
  }
}

const associated = (name: string): Uint8Array => Buffer.from(`shoal/home/1\0${name}`)

/** One line: `sealed1 PUBLIC IV DATA TAG`. */
export const sealedLine = (publicKey: string, { iv, data, tag }: Sealed): string =>
  `sealed1 ${publicKey} ${iv} ${data} ${tag}\n`

export function parseSealedLine(text: string): { readonly publicKey: string; readonly sealed: Sealed } | undefined {
  const [, publicKey, iv, data, tag] =
    /^sealed1 ([0-9a-f]{64}) ([0-9a-f]{24}) ([0-9a-f]{64}) ([0-9a-f]{32})\n$/.exec(text) ?? []
  if (publicKey === undefined || iv === undefined || data === undefined || tag === undefined) return undefined
  return { publicKey, sealed: { iv, data, tag } }
}
