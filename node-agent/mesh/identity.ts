import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type Digest,
  fromHex,
  type KeyPair,
  keyPairFromSeed,
  type MeshId,
  parseDigest,
  parseMeshId,
  ShoalError,
  toHex,
} from '../../protocol/index.ts'
import { readIfThere, writePrivate } from './private-file.ts'

/** Roles of the keys that a home may hold. Every member has `host`; the home that made the mesh has all of them. */
export const KEY_ROLES = ['host', 'root', 'publisher', 'enroller'] as const
export type KeyRole = (typeof KEY_ROLES)[number]

/** What a home knows of its mesh before any record is read. */
export interface MeshIdentity {
  readonly mesh: MeshId
  readonly name: string
  /** Id of root version 1. */
  readonly rootFingerprint: Digest
  /** Multiaddrs from the ticket. */
  readonly bootstrap: readonly string[]
}

const identitySchema = z.strictObject({
  mesh: z.string(),
  name: z.string(),
  rootFingerprint: z.string(),
  bootstrap: z.array(z.string()),
})

const identityPath = (home: string): string => join(home, 'mesh.json')
const keyPath = (home: string, role: KeyRole): string => join(home, 'keys', `${role}.key`)

/** The mesh of a home; undefined before `mesh create` or `join`. @throws STORE_CORRUPT */
export async function readIdentity(home: string): Promise<MeshIdentity | undefined> {
  const text = await readIfThere(identityPath(home))
  if (text === undefined) return undefined
  try {
    const parsed = identitySchema.parse(JSON.parse(text))
    return { ...parsed, mesh: parseMeshId(parsed.mesh), rootFingerprint: parseDigest(parsed.rootFingerprint) }
  } catch (err) {
    throw new ShoalError('STORE_CORRUPT', 'mesh.json in the home cannot be read; nothing was changed', { cause: err })
  }
}

/** Written last when a home enters a mesh: its presence means that keys and records are complete. */
export const writeIdentity = (home: string, identity: MeshIdentity): Promise<void> =>
  writePrivate(identityPath(home), `${JSON.stringify(identity, undefined, 2)}\n`)

/** A key of this home; undefined when it has none for that role. @throws STORE_CORRUPT */
export async function readKey(home: string, role: KeyRole): Promise<KeyPair | undefined> {
  const text = await readIfThere(keyPath(home, role))
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}\n$/.test(text)) {
    throw new ShoalError('STORE_CORRUPT', `the ${role} key in the home is damaged; restore it from a copy`)
  }
  return keyPairFromSeed(fromHex(text.trim()))
}

export async function writeKey(home: string, role: KeyRole, pair: KeyPair): Promise<void> {
  await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 })
  await writePrivate(keyPath(home, role), `${toHex(pair.seed)}\n`)
}
