import { CODE_P2P, CODE_P2P_CIRCUIT, multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { LIMITS, parsePeerKey, type PeerKey, ShoalError } from '../../protocol/index.ts'

/** Names of the components of an address that this version can listen on or dial. */
const DIALABLE = /^(?:(?:ip4|ip6|ip6zone\/ip6|dns|dns4|dns6)\/tcp|memory)(?:\/p2p(?:\/p2p-circuit(?:\/p2p)?)?)?$/

/** A parsed multiaddr and the peer it names, if it does. */
export interface PeerAddress {
  readonly address: Multiaddr
  /** Without the peer that is to be reached there: what names a relay stays. */
  readonly place: string
  readonly peer: PeerKey | undefined
}

/** @throws ADDRESS_INVALID unless a TCP (or, for tests, memory) multiaddr with at most an Ed25519 peer id, or a place at a relay */
export function parseAddress(text: string): PeerAddress {
  try {
    const address = multiaddr(text)
    const last = address.getComponents().at(-1)
    const id = last?.code === CODE_P2P ? last.value : undefined
    if (
      !DIALABLE.test(
        address
          .getComponents()
          .map(({ name }) => name)
          .join('/'),
      )
    )
      throw new TypeError('not a TCP address')
    const place = id === undefined ? address.toString() : address.toString().slice(0, -`/p2p/${id}`.length)
    return { address, place, peer: id === undefined ? undefined : parsePeerKey(id) }
  } catch (err) {
    const shown = JSON.stringify(text.slice(0, 256))
    throw new ShoalError(
      'ADDRESS_INVALID',
      `${shown} is no address like /ip4/192.0.2.1/tcp/4001 or /dns4/name/tcp/4001/p2p/ID`,
      {
        cause: err,
      },
    )
  }
}

/** The addresses of one peer that can be dialled, without their peer id, no more than LIMITS.addressesPerPeer; the rest is dropped. */
export function usableAddresses(peer: PeerKey, texts: readonly string[]): string[] {
  const usable = new Set<string>()
  for (const text of texts) {
    if (usable.size >= LIMITS.addressesPerPeer) break
    try {
      const { place, peer: named } = parseAddress(text)
      if (named === undefined || named === peer) usable.add(place)
    } catch {
      // An address of a kind this version cannot dial is no fault of the peer.
    }
  }
  return [...usable]
}

/** Addresses to dial one peer at. */
export const withPeer = (addresses: readonly string[], peer: PeerKey): Multiaddr[] =>
  addresses.map((address) => multiaddr(`${address}/p2p/${peer}`))

export const isRelayed = (address: Multiaddr): boolean =>
  address.getComponents().some(({ code }) => code === CODE_P2P_CIRCUIT)

/**
 * Where to dial a peer this time. One on another site that names relays stands behind a NAT: it is sought there first, and every other time at its own addresses.
 */
export function dialPlaces(
  { addresses, failures }: { readonly addresses: readonly string[]; readonly failures: number },
  sameSite: boolean,
): readonly string[] {
  const relayed = addresses.filter((address) => address.includes('/p2p-circuit'))
  const direct = addresses.filter((address) => !address.includes('/p2p-circuit'))
  if (relayed.length === 0 || direct.length === 0) return addresses
  return (failures % 2 === 0) === sameSite ? direct : relayed
}

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/)/

/** Own addresses as told to others: loopback ones only where there are no others. */
export function reachable(addresses: readonly string[]): string[] {
  const elsewhere = addresses.filter((address) => !LOOPBACK.test(address))
  return elsewhere.length > 0 ? elsewhere : [...addresses]
}
