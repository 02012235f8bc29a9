import { describe, expect, test } from 'vitest'
import { parseAddress, reachable, usableAddresses, withPeer } from '../../../node-agent/net/addresses.ts'
import { listenError } from '../../../node-agent/net/listen-error.ts'
import { peerKeyOfPrivate, readPrivateKey } from '../../../node-agent/net/private-key.ts'
import { keyPairFromSeed, LIMITS, peerKeyOf, ShoalError } from '../../../protocol/index.ts'
import { PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { testSeed } from '../../support/fake-book.ts'

describe('addresses', () => {
  test.each([
    '/ip4/192.0.2.1/tcp/4001',
    '/ip6/2001:db8::1/tcp/4001',
    '/dns4/host.example/tcp/4001',
    `/dns/host.example/tcp/4001/p2p/${PEER_A}`,
    '/memory/x',
  ])('NET-12 %s is an address', (text) => {
    expect(parseAddress(text).address.toString()).toBe(text)
  })

  test.each([
    '',
    'host.example:4001',
    '/ip4/192.0.2.1',
    '/ip4/300.0.2.1/tcp/4001',
    '/ip4/192.0.2.1/tcp/70000',
    '/ip4/192.0.2.1/udp/4001/quic-v1',
    '/ip4/192.0.2.1/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    '/ip4/192.0.2.1/tcp/4001/ws',
    '/unix/tmp',
    '\u001b[31m/ip4',
  ])('NET-12 %j is refused with ADDRESS_INVALID', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }))
  })

  test('NET-13 of the addresses that a peer states, those that can be dialled are kept, without its id, and no more than the limit', () => {
    const stated = [
      `/ip4/192.0.2.1/tcp/1/p2p/${PEER_A}`,
      '/ip4/192.0.2.1/tcp/1',
      'nonsense',
      `/ip4/192.0.2.2/tcp/2/p2p/${PEER_B}`,
    ]
    expect(usableAddresses(PEER_A, stated)).toEqual(['/ip4/192.0.2.1/tcp/1'])
    const many = Array.from({ length: 40 }, (_, i) => `/ip4/192.0.2.${i}/tcp/1`)
    expect(usableAddresses(PEER_A, many)).toHaveLength(LIMITS.addressesPerPeer)
    expect(withPeer(['/ip4/192.0.2.1/tcp/1'], PEER_A).map(String)).toEqual([`/ip4/192.0.2.1/tcp/1/p2p/${PEER_A}`])
  })

  test('NET-13 loopback addresses are told to others only where there are no others', () => {
    expect(reachable(['/ip4/127.0.0.1/tcp/1', '/ip4/192.0.2.1/tcp/1', '/ip6/::1/tcp/1'])).toEqual([
      '/ip4/192.0.2.1/tcp/1',
    ])
    expect(reachable(['/ip4/127.0.0.1/tcp/1'])).toEqual(['/ip4/127.0.0.1/tcp/1'])
  })

  test('NET-11 what libp2p says of a failed listen becomes a code', () => {
    const failure = (text: string): Error => Object.assign(new Error(text), { name: 'UnsupportedListenAddressesError' })
    const listen = ['/ip4/127.0.0.1/tcp/80']
    expect(listenError(failure('listen EADDRINUSE: address already in use 127.0.0.1:80'), listen)).toMatchObject({
      code: 'ADDRESS_IN_USE',
    })
    expect(listenError(failure('listen EADDRNOTAVAIL: 192.0.2.1:80'), listen)).toMatchObject({
      code: 'ADDRESS_INVALID',
    })
    expect(listenError(failure('listen EACCES: permission denied'), listen)).toMatchObject({ code: 'ADDRESS_INVALID' })
    const own = new ShoalError('INTERNAL', 'other')
    expect(listenError(own, listen)).toBe(own)
  })
})

describe('private keys', () => {
  test('NET-14 a 32-byte seed gives the peer id of the host key', async () => {
    const { publicKey } = await keyPairFromSeed(testSeed(1))
    expect(peerKeyOfPrivate(readPrivateKey(testSeed(1)))).toBe(peerKeyOf(publicKey))
  })

  test.each([0, 31, 33, 64])('NET-14 %i bytes of anything else are no key', (length) => {
    expect(() => readPrivateKey(new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})
