import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'
import {
  digestFromBytes,
  fromHex,
  type MeshId,
  parseMeshId,
  parsePublicKey,
  type PublicKey,
  toHex,
} from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { type KeyPair, sha256, signBytes, verifyBytes } from './keys.ts'
import { BODY_SCHEMAS } from './schemas.ts'
import {
  RECORD_KINDS,
  type RecordBodies,
  type RecordKind,
  type RecordOf,
  type ShoalRecord,
  type Signature,
} from './types.ts'

/** Domain of record signatures: nothing else that Shoal signs begins with these bytes (RECORD-2). */
const DOMAIN = new TextEncoder().encode('shoal/record/1\0')

const bytes = z.instanceof(Uint8Array)
const payloadSchema = z.strictObject({
  mesh: bytes.refine((b) => b.length === 16),
  kind: z.enum(RECORD_KINDS),
  key: z.string().min(1).max(256),
  version: z.number().int().min(1),
  body: z.unknown(),
})
const envelopeSchema = z.strictObject({
  payload: bytes,
  signatures: z
    .array(z.tuple([bytes.refine((b) => b.length === 32), bytes.refine((b) => b.length === 64)]))
    .max(LIMITS.recordSignatures),
})

/** What identifies a record in the store and between peers: `kind/key`. */
export const slotOf = (record: { readonly kind: RecordKind; readonly key: string }): string =>
  `${record.kind}/${record.key}`

/** What is to be signed: SHA-256 over the domain and the payload bytes. */
async function signedDigest(payload: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const message = new Uint8Array(DOMAIN.length + payload.length)
  message.set(DOMAIN)
  message.set(payload, DOMAIN.length)
  return sha256(message)
}

/** One record to be made: everything but signatures. */
export interface RecordInit<K extends RecordKind> {
  readonly mesh: MeshId
  readonly kind: K
  readonly key: string
  readonly version: number
  readonly body: RecordBodies[K]
}

/** Encodes and signs a record with every given key. */
export async function signRecord<K extends RecordKind>(
  init: RecordInit<K>,
  keys: readonly KeyPair[],
): Promise<RecordOf<K>> {
  const { mesh, kind, key, version } = init
  const schema: z.ZodType = BODY_SCHEMAS[kind]
  const payload = cbor.encode({ mesh: fromHex(mesh), kind, key, version, body: z.encode(schema, init.body) })
  return addSignatures(payload, [], keys) as Promise<RecordOf<K>>
}

/** Adds signatures to a record's exact payload: a threshold of keys signs one after another. */
export const countersignRecord = (record: ShoalRecord, keys: readonly KeyPair[]): Promise<ShoalRecord> =>
  addSignatures(record.payload, record.signatures, keys)

/** The record with the signatures of others of the very same payload added, as they are: whoever takes it in verifies them. */
export function joinSignatures(record: ShoalRecord, more: readonly Signature[]): Promise<ShoalRecord> {
  const byKey = new Map([...record.signatures, ...more].map((s) => [s.key, s.bytes]))
  return decodeRecord(envelopeOf(record.payload, byKey))
}

const envelopeOf = (payload: Uint8Array, byKey: ReadonlyMap<PublicKey, Uint8Array>): Uint8Array => {
  const signatures = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, sig]) => [fromHex(key), sig])
  return cbor.encode({ payload, signatures })
}

async function addSignatures(
  payload: Uint8Array,
  present: readonly Signature[],
  keys: readonly KeyPair[],
): Promise<ShoalRecord> {
  const digest = await signedDigest(payload)
  const byKey = new Map(present.map((s) => [s.key, s.bytes]))
  for (const pair of keys) byKey.set(pair.publicKey, await signBytes(pair, digest))
  return decodeRecord(envelopeOf(payload, byKey))
}

/**
 * Reads one record from its envelope bytes. Checks form and limits only; signatures and trust are judged apart.
 * @throws RECORD_TOO_LARGE, RECORD_MALFORMED
 */
export async function decodeRecord(envelope: Uint8Array): Promise<ShoalRecord> {
  if (envelope.length > LIMITS.recordBytes) {
    throw new ShoalError(
      'RECORD_TOO_LARGE',
      `a record has at most ${LIMITS.recordBytes} bytes, this one ${envelope.length}`,
    )
  }
  const { payload, signatures } = parse(envelopeSchema, envelope, 'envelope')
  const { mesh, kind, key, version, body } = parse(payloadSchema, payload, 'payload')
  const decoded = z.safeDecode(BODY_SCHEMAS[kind] as z.ZodType, body)
  if (!decoded.success) throw malformed(`${kind} body`, decoded.error)
  const keys = signatures.map(([signer]) => toHex(signer))
  if (keys.some((signer, i) => i > 0 && signer <= (keys[i - 1] ?? '')))
    throw malformed('signatures', 'not sorted by key')
  return {
    mesh: parseMeshId(toHex(mesh)),
    kind,
    key,
    version,
    body: decoded.data,
    payload,
    signatures: signatures.map(([signer, sig]) => ({ key: parsePublicKey(toHex(signer)), bytes: sig })),
    bytes: envelope,
    id: digestFromBytes(await sha256(new Uint8Array(payload))),
  } as ShoalRecord
}

function parse<T>(schema: z.ZodType<T>, encoded: Uint8Array, what: string): T {
  let value: unknown
  try {
    value = cbor.decode(encoded)
  } catch (err) {
    throw new ShoalError('RECORD_MALFORMED', `the record's ${what} is not DAG-CBOR`, { cause: err })
  }
  const result = schema.safeParse(value)
  if (!result.success) throw malformed(what, result.error)
  return result.data
}

const malformed = (what: string, cause: unknown): ShoalError =>
  new ShoalError('RECORD_MALFORMED', `the record's ${what} does not have the form of its kind`, { cause })

/**
 * Checks every signature of a record and returns the keys that signed it.
 * @throws RECORD_UNSIGNED without any signature, RECORD_SIGNATURE_INVALID when one does not verify
 */
export async function verifySignatures(record: ShoalRecord): Promise<ReadonlySet<string>> {
  if (record.signatures.length === 0) throw new ShoalError('RECORD_UNSIGNED', `${slotOf(record)} carries no signature`)
  const digest = await signedDigest(record.payload)
  for (const { key, bytes: signature } of record.signatures) {
    if (!(await verifyBytes(key, digest, signature))) {
      throw new ShoalError('RECORD_SIGNATURE_INVALID', `a signature on ${slotOf(record)} does not verify`)
    }
  }
  return new Set(record.signatures.map((s) => s.key))
}
