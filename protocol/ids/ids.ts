import { ShoalError } from '../errors/index.ts'

declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** SHA-256 of some bytes: 64 lower-case hex digits. */
export type Digest = Brand<string, 'Digest'>
/** A named stream of releases: 1 to 64 of `a-z 0-9 . _ -`, starting with a letter or digit. */
export type ChannelName = Brand<string, 'ChannelName'>
/** An enrolled machine's name: same alphabet as a channel, up to 253 characters. */
export type HostName = Brand<string, 'HostName'>
/** Hosts that share a LAN and an uplink: same alphabet as a channel. */
export type SiteName = Brand<string, 'SiteName'>
/** Ed25519 public key: 64 lower-case hex digits. */
export type PublicKey = Brand<string, 'PublicKey'>
/** Random identity of a mesh: 32 lower-case hex digits. */
export type MeshId = Brand<string, 'MeshId'>
/** libp2p peer id in text (base58btc multihash of an Ed25519 key: `12D3Koo…`). */
export type PeerKey = Brand<string, 'PeerKey'>
/** Number of a release in its channel, 1 and up; a safe integer. */
export type Sequence = Brand<number, 'Sequence'>

const NAME = /^[a-z0-9][a-z0-9._-]*$/

function parseName<T extends string>(value: string, what: string, max: number): Brand<string, T> {
  if (value.length > max || !NAME.test(value)) {
    throw new ShoalError(
      'NAME_INVALID',
      `${what} ${JSON.stringify(value.slice(0, 80))} must be 1 to ${max} of a-z 0-9 . _ - and start with a letter or digit`,
    )
  }
  return value as Brand<string, T>
}

/** @throws NAME_INVALID */
export const parseChannelName = (value: string): ChannelName => parseName<'ChannelName'>(value, 'channel', 64)
/** @throws NAME_INVALID */
export const parseHostName = (value: string): HostName => parseName<'HostName'>(value, 'host', 253)
/** @throws NAME_INVALID */
export const parseSiteName = (value: string): SiteName => parseName<'SiteName'>(value, 'site', 64)

function parseHex<T extends string>(value: string, what: string, digits: number): Brand<string, T> {
  if (value.length !== digits || !/^[0-9a-f]*$/.test(value)) {
    throw new ShoalError('WIRE_MALFORMED', `${what} must be ${digits} lower-case hex digits`)
  }
  return value as Brand<string, T>
}

/** @throws WIRE_MALFORMED */
export const parseDigest = (value: string): Digest => parseHex<'Digest'>(value, 'digest', 64)
/** @throws WIRE_MALFORMED */
export const parsePublicKey = (value: string): PublicKey => parseHex<'PublicKey'>(value, 'public key', 64)
/** @throws WIRE_MALFORMED */
export const parseMeshId = (value: string): MeshId => parseHex<'MeshId'>(value, 'mesh id', 32)

/** @throws WIRE_MALFORMED unless `value` looks like the text of an Ed25519 peer id */
export function parsePeerKey(value: string): PeerKey {
  if (!/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.test(value)) {
    throw new ShoalError('WIRE_MALFORMED', `not the id of an Ed25519 peer: ${JSON.stringify(value.slice(0, 80))}`)
  }
  return value as PeerKey
}

/** @throws WIRE_MALFORMED unless a safe integer of 1 or more */
export function parseSequence(value: number): Sequence {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ShoalError('WIRE_MALFORMED', `a sequence is a whole number from 1, not ${value}`)
  }
  return value as Sequence
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

const DIGITS = new TextEncoder().encode('0123456789abcdef')

/** Lower-case hex of any bytes. */
export const toHex = (bytes: Uint8Array): string =>
  bytes.length > 64 ? Array.from(bytes, (byte) => HEX[byte]).join('') : hexOf(bytes, 0, bytes.length)

/** Hex of at most 64 bytes among others. */
function hexOf(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = []
  // An index loop and a plain array: a tenth of the time of iterators, and this is where reading a manifest spends it.
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    codes.push(DIGITS[byte >> 4] ?? 0, DIGITS[byte & 15] ?? 0)
  }
  // One flat string: appended pieces would stay a tree of strings.
  return String.fromCharCode(...codes)
}

/** Bytes of a hex string that one of the parsers above accepted. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)
  return out
}

/** Digest from its 32 raw bytes. @throws WIRE_MALFORMED on any other length */
export function digestFromBytes(bytes: Uint8Array): Digest {
  if (bytes.length !== 32) throw new ShoalError('WIRE_MALFORMED', `a digest has 32 bytes, not ${bytes.length}`)
  return toHex(bytes) as Digest
}

/** Digest from the 32 raw bytes that begin at `at`, which are there. */
export const digestAt = (bytes: Uint8Array, at: number): Digest => hexOf(bytes, at, at + 32) as Digest

/** The text form of a manifest id for people and JSON: `sha256-<hex>`. */
export const toManifestText = (id: Digest): string => `sha256-${id}`
