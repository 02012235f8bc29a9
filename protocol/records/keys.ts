import { base58btc } from 'multiformats/bases/base58'
import { ShoalError } from '../errors/index.ts'
import { fromHex, parsePeerKey, parsePublicKey, type PeerKey, type PublicKey, toHex } from '../ids/index.ts'

/** Ed25519 (RFC 8032) through WebCrypto, which Node 24, Electron and Chromium share. */
const ED25519 = { name: 'Ed25519' } as const
/** PKCS #8 header of an Ed25519 private key (RFC 8410); the 32-byte seed follows. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')
/** libp2p peer id of an Ed25519 key: identity multihash (0x00, 36 bytes) of the key's protobuf (type 1, 32 bytes of data). */
const PEER_ID_PREFIX = fromHex('002408011220')

/** A key pair. `seed` is the 32-byte RFC 8032 private key: it never leaves the home. */
export interface KeyPair {
  readonly publicKey: PublicKey
  readonly seed: Uint8Array
}

/** Makes the pair of a 32-byte seed. @throws RECORD_MALFORMED on another length */
export async function keyPairFromSeed(seed: Uint8Array): Promise<KeyPair> {
  const jwk = await crypto.subtle.exportKey('jwk', await importSeed(seed, true))
  return { publicKey: parsePublicKey(toHex(fromBase64Url(jwk.x ?? ''))), seed }
}

/** A new random pair. */
export const createKeyPair = (): Promise<KeyPair> => keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))

async function importSeed(seed: Uint8Array, extractable = false) {
  if (seed.length !== 32) throw new ShoalError('RECORD_MALFORMED', `a key seed has 32 bytes, not ${seed.length}`)
  const pkcs8 = new Uint8Array(48)
  pkcs8.set(PKCS8_PREFIX)
  pkcs8.set(seed, 16)
  return crypto.subtle.importKey('pkcs8', pkcs8, ED25519, extractable, ['sign'])
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

/** 64-byte signature of `message`. */
export async function signBytes(pair: KeyPair, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(ED25519, await importSeed(pair.seed), message))
}

/** True when `signature` is `key`'s over `message`; false for anything else, malformed keys included. */
export async function verifyBytes(
  key: PublicKey,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', fromHex(key), ED25519, false, ['verify'])
    return await crypto.subtle.verify(ED25519, imported, new Uint8Array(signature), message)
  } catch {
    return false
  }
}

/** The libp2p peer id that belongs to a host key. */
export function peerKeyOf(key: PublicKey): PeerKey {
  const bytes = new Uint8Array(38)
  bytes.set(PEER_ID_PREFIX)
  bytes.set(fromHex(key), 6)
  return parsePeerKey(base58btc.baseEncode(bytes))
}

/** SHA-256 through WebCrypto. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
