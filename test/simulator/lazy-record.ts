import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import {
  type Digest,
  digestFromBytes,
  fromHex,
  type MeshId,
  parsePublicKey,
  type PublicKey,
  type RecordBodies,
  type RecordKind,
  type Signature,
  toHex,
} from '../../protocol/index.ts'
import { BODY_SCHEMAS } from '../../protocol/records/schemas.ts'

/** What record signatures begin with; `SIM-2` compares it with the real thing. */
const DOMAIN = new TextEncoder().encode('shoal/record/1\0')
/** PKCS #8 header of an Ed25519 private key (RFC 8410); the 32-byte seed follows. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')

/** A simulated machine's key: ten thousand of them are made in a second. */
export interface FastKey {
  readonly publicKey: PublicKey
  sign(message: Uint8Array): Uint8Array
}

/** The pair of a 32-byte seed. */
export function fastKey(seed: Uint8Array): FastKey {
  const base64 = Buffer.concat([PKCS8_PREFIX, seed]).toString('base64')
  const pem = `-----BEGIN PRIVATE KEY-----
${base64}
-----END PRIVATE KEY-----
`
  const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' })
  let key: KeyObject | undefined
  return {
    publicKey: parsePublicKey(toHex(spki.subarray(spki.length - 32))),
    sign: (message) => new Uint8Array(sign(null, message, (key ??= createPrivateKey(pem)))),
  }
}

export interface LazyInit<K extends RecordKind> {
  readonly mesh: MeshId
  readonly kind: K
  readonly key: string
  readonly version: number
  readonly body: RecordBodies[K]
}

/**
 * A record that is encoded and signed when somebody looks at it: its signatures are as good as any, but of ten thousand hosts that speak all the time
 * only what is looked at costs anything.
 */
export class LazyRecord<K extends RecordKind> {
  readonly mesh: MeshId
  readonly kind: K
  readonly key: string
  readonly version: number
  readonly body: RecordBodies[K]
  readonly #keys: readonly FastKey[]
  #signatures: readonly Signature[] | undefined
  #payload: Uint8Array | undefined
  #bytes: Uint8Array | undefined
  #id: Digest | undefined

  constructor({ mesh, kind, key, version, body }: LazyInit<K>, keys: readonly FastKey[]) {
    this.mesh = mesh
    this.kind = kind
    this.key = key
    this.version = version
    this.body = body
    this.#keys = keys
  }

  get signatures(): readonly Signature[] {
    return (this.#signatures ??= this.#keys.map((own) => new LazySignature(own, () => this.#digest())))
  }

  get payload(): Uint8Array {
    const schema: z.ZodType = BODY_SCHEMAS[this.kind]
    const { mesh, kind, key, version, body } = this
    return (this.#payload ??= cbor.encode({ mesh: fromHex(mesh), kind, key, version, body: z.encode(schema, body) }))
  }

  get bytes(): Uint8Array {
    const sorted = this.signatures.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    const signatures = sorted.map(({ key, bytes }) => [fromHex(key), bytes])
    return (this.#bytes ??= cbor.encode({ payload: this.payload, signatures }))
  }

  get id(): Digest {
    return (this.#id ??= digestFromBytes(createHash('sha256').update(this.payload).digest()))
  }

  #digest(): Uint8Array {
    return createHash('sha256').update(DOMAIN).update(this.payload).digest()
  }
}

class LazySignature implements Signature {
  readonly #key: FastKey
  readonly #digest: () => Uint8Array
  #bytes: Uint8Array | undefined

  constructor(key: FastKey, digest: () => Uint8Array) {
    this.#key = key
    this.#digest = digest
  }

  get key(): PublicKey {
    return this.#key.publicKey
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= this.#key.sign(this.#digest()))
  }
}
