import { createPrivateKey, createPublicKey } from 'node:crypto'
import { privateKeyFromProtobuf, privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { fromHex, parsePublicKey, type PeerKey, peerKeyOf, ShoalError, toHex } from '../../protocol/index.ts'

/** PKCS #8 header of an Ed25519 private key (RFC 8410); the 32-byte seed follows. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420')
const SPKI_PREFIX_BYTES = 12

/** Reads a 32-byte Ed25519 seed or a libp2p protobuf of an Ed25519 private key. @throws STORE_CORRUPT */
export function readPrivateKey(bytes: Uint8Array): PrivateKey {
  try {
    const key = bytes.length === 32 ? privateKeyFromRaw(withPublicHalf(bytes)) : privateKeyFromProtobuf(bytes)
    if (key.type !== 'Ed25519') throw new TypeError(`a ${key.type} key`)
    return key
  } catch (err) {
    throw new ShoalError('STORE_CORRUPT', "the host's private key cannot be read", { cause: err })
  }
}

/** The peer id of a key. */
export const peerKeyOfPrivate = (key: PrivateKey): PeerKey => peerKeyOf(parsePublicKey(toHex(key.publicKey.raw)))

function withPublicHalf(seed: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicHalf = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES)
  return Buffer.concat([seed, publicHalf])
}
