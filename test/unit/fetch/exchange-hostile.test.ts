import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { serveExchange } from '../../../node-agent/fetch/exchange-server.ts'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import { type ExchangeRequest, fromHex, LIMITS, requestCodec } from '../../../protocol/index.ts'
import { channelPair } from '../../support/channel-pair.ts'
import { everything, FakeSource } from '../../support/fake-chunks.ts'
import { until } from '../../support/test-mesh.ts'
import { bytesOf, content, first, impersonate, log, second, talk } from '../../support/exchange-ends.ts'

describe('whoever breaks the exchange', () => {
  const wrong = new Uint8Array(first.size)
  const hostile: readonly (readonly [string, string, (say: ReturnType<typeof impersonate>['say']) => unknown])[] = [
    [
      'other bytes',
      'CHUNK_DIGEST_MISMATCH',
      (say) => say({ t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'none' }, wrong),
    ],
    [
      'too many bytes',
      'CHUNK_TOO_LARGE',
      (say) =>
        say({ t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'none' }, new Uint8Array(first.size + 1)),
    ],
    [
      'a bomb',
      'CHUNK_TOO_LARGE',
      (say) =>
        say(
          { t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'zstd' },
          zstdCompressSync(Buffer.alloc(1e7)),
        ),
    ],
    [
      'a broken body',
      'WIRE_MALFORMED',
      (say) => say({ t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'zstd' }, wrong),
    ],
    [
      'an unasked chunk',
      'WIRE_MALFORMED',
      (say) => say({ t: 'chunk', id: 1, digest: fromHex(second.digest), encoding: 'none' }, bytesOf(second.digest)),
    ],
    ['an unasked lack', 'WIRE_MALFORMED', (say) => say({ t: 'lack', id: 1, digest: fromHex(second.digest) })],
    [
      'a page out of order',
      'WIRE_MALFORMED',
      (say) =>
        say(
          { t: 'have', manifest: fromHex(content.manifest), known: true, offset: 7, encoding: 'none', last: true },
          wrong,
        ),
    ],
  ]
  test.each(hostile)('EXCHANGE-7 %s ends the stream with %s', async (_, code, act) => {
    const { client, heard, say } = impersonate()
    client.interest(content.manifest)
    client.want([first], 'job')
    act(say)
    await until('the client has ended', () => heard.error !== undefined)
    expect(heard.error?.code).toBe(code)
    expect(heard.chunks.size).toBe(0)
  })

  test('EXCHANGE-7 wrong bytes are counted as wasted', async () => {
    const { client, heard, say } = impersonate()
    client.want([first], 'job')
    say({ t: 'chunk', id: 1, digest: fromHex(first.digest), encoding: 'none' }, wrong)
    await until('the client has ended', () => heard.error !== undefined)
    expect(heard.wasted).toEqual(['CHUNK_DIGEST_MISMATCH'])
    expect(heard.wastedBytes).toBeGreaterThan(first.size)
  })

  const manifest = (n: number): Uint8Array => new Uint8Array(32).fill(n)
  const ask: ExchangeRequest = { t: 'want', id: 1, digests: [fromHex(first.digest)], compression: 0 }
  const abusive: readonly (readonly [string, string, readonly ExchangeRequest[]])[] = [
    ['a want with the id of another', 'WIRE_MALFORMED', [ask, ask]],
    [
      'too many manifests',
      'WIRE_TOO_LARGE',
      Array.from({ length: LIMITS.interestsPerPeer + 1 }, (_, n) => ({ t: 'interest', manifest: manifest(n) })),
    ],
  ]
  test.each(abusive)('EXCHANGE-7 %s ends the service with %s', async (_, code, requests) => {
    const source = FakeSource.of(content)
    source.answer = () => new Promise(() => {})
    const [toServer, toClient] = channelPair()
    const served = serveExchange({ source, clock: systemClock, log }, toClient, { sameSite: true, relayed: false })
    for (const request of requests) toServer.send(requestCodec.encode(request))
    await expect(served).rejects.toMatchObject({ code })
  })

  test('EXCHANGE-6 a liar that claims everything and has nothing costs a lack each', async () => {
    const source = new FakeSource()
    source.claim = () => everything(content)
    const { client, heard, toServer } = talk(source)
    client.want(content.chunks, 'job')
    await until('all is answered', () => client.inFlight === 0)
    expect(heard.lacks.length).toBe(20)
    expect(toServer.receivedBytes).toBeLessThan(20 * 80)
  })
})
