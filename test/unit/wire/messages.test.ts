import { readFileSync } from 'node:fs'
import * as cbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  answerCodec,
  deltasCodec,
  punchCodec,
  encodeFrame,
  helloCodec,
  LIMITS,
  type MessageCodec,
  reconcileCodec,
  recordsTopic,
  requestCodec,
  toHex,
} from '../../../protocol/index.ts'
import * as protocol from '../../../protocol/index.ts'

const d = (fill: number, length = 32) => new Uint8Array(length).fill(fill)

/** One of every message. */
const MESSAGES = {
  hello: [
    helloCodec,
    [
      { t: 'hello', mesh: 'ab'.repeat(16), proof: [d(1, 40), d(2, 50)], addresses: ['/ip4/192.0.2.1/tcp/4001'] },
      { t: 'accepted' },
      { t: 'refused', code: 'GRANT_EXPIRED', message: 'the grant expired' },
    ],
  ],
  records: [
    reconcileCodec,
    [
      { t: 'total', digest: d(1), salt: d(2, 8) },
      { t: 'same' },
      { t: 'busy' },
      { t: 'buckets', digests: d(3, 2048) },
      { t: 'summaries', buckets: d(4, 3), items: d(5, 44), last: false },
      { t: 'want', slots: d(6, 16), last: true },
      { t: 'records', records: [d(7, 10)], last: true },
    ],
  ],
  request: [
    requestCodec,
    [
      { t: 'interest', manifest: d(1) },
      { t: 'forget', manifest: d(1) },
      { t: 'want', id: 7, digests: [d(2), d(3)], compression: 3 },
      { t: 'cancel', id: 7, digests: [] },
    ],
  ],
  answer: [
    answerCodec,
    [
      { t: 'have', manifest: d(1), known: true, offset: 0, encoding: 'zstd', last: true },
      { t: 'haveMore', manifest: d(1), indices: [0, 5, 70_000] },
      { t: 'chunk', id: 7, digest: d(2), encoding: 'none' },
      {
        t: 'pack',
        id: 7,
        chunks: [
          [0, 10],
          [63, 262_144],
        ],
        encoding: 'zstd',
      },
      { t: 'lack', id: 7, digest: d(3) },
    ],
  ],
  punch: [punchCodec, [{ t: 'places', addresses: ['/ip4/192.0.2.1/tcp/4001'] }, { t: 'now' }]],
  deltas: [
    deltasCodec,
    [
      { t: 'chain', from: d(1), to: d(2), make: true },
      { t: 'steps', steps: [{ to: d(3), manifestBytes: 5, blob: d(4), bytes: 6 }] },
    ],
  ],
} as const

const each = Object.entries(MESSAGES).flatMap(([name, [codec, messages]]) =>
  messages.map((message) => ({
    name: `${name} ${message.t}`,
    codec: codec as unknown as MessageCodec<unknown>,
    message,
  })),
)

const golden: unknown = JSON.parse(readFileSync(new URL('../../fixtures/wire/v1.json', import.meta.url), 'utf8'))

describe('messages', () => {
  test.each(each)('WIRE-2 $name reads back as it was written', ({ codec, message }) => {
    expect(codec.decode(codec.encode(message))).toEqual(message)
  })

  test('WIRE-5 the bytes of every message are those of version 1', () => {
    const now = Object.fromEntries(each.map(({ name, codec, message }) => [name, toHex(codec.encode(message))]))
    expect(now).toEqual(golden)
  })

  test.each(each)('WIRE-2 $name with an unknown key, or a missing one, is refused', ({ codec, message }) => {
    const malformed = expect.objectContaining({ code: 'WIRE_MALFORMED' })
    expect(() => codec.decode(cbor.encode({ ...message, extra: 1 }))).toThrow(malformed)
    const { t: _, ...rest } = message
    expect(() => codec.decode(cbor.encode(rest))).toThrow(malformed)
  })

  test('WIRE-2 bytes after a message are refused', () => {
    const bytes = requestCodec.encode({ t: 'interest', manifest: d(1) })
    expect(() => requestCodec.decode(Uint8Array.of(...bytes, 0))).toThrow(
      expect.objectContaining({ code: 'WIRE_MALFORMED' }),
    )
  })

  test('WIRE-6 counts and sizes beyond the limits are refused', () => {
    const malformed = expect.objectContaining({ code: 'WIRE_MALFORMED' })
    const over = [
      [
        requestCodec,
        { t: 'want', id: 1, digests: Array.from({ length: LIMITS.chunksPerWant + 1 }, () => d(1)), compression: 0 },
      ],
      [requestCodec, { t: 'want', id: 1, digests: [d(1)], compression: 19 }],
      [requestCodec, { t: 'want', id: -1, digests: [d(1)], compression: 0 }],
      [
        answerCodec,
        { t: 'haveMore', manifest: d(1), indices: Array.from({ length: LIMITS.haveIndicesPerMessage + 1 }, () => 1) },
      ],
      [answerCodec, { t: 'haveMore', manifest: d(1), indices: [1.5] }],
      [answerCodec, { t: 'lack', id: 1, digest: d(1, 31) }],
      [
        helloCodec,
        { t: 'hello', mesh: '', proof: [], addresses: Array.from({ length: LIMITS.addressesPerPeer + 1 }, () => 'a') },
      ],
      [helloCodec, { t: 'hello', mesh: '', proof: [d(1, LIMITS.recordBytes + 1)], addresses: [] }],
      [
        reconcileCodec,
        { t: 'records', records: Array.from({ length: LIMITS.recordsPerMessage + 1 }, () => d(1, 1)), last: true },
      ],
      [reconcileCodec, { t: 'summaries', buckets: d(1, 1), items: d(1, 23), last: true }],
    ] as const
    for (const [codec, message] of over) expect(() => codec.decode(cbor.encode(message))).toThrow(malformed)
  })

  test('WIRE-4 no bytes make a codec do anything but decode or refuse', () => {
    const codecs = [helloCodec, reconcileCodec, requestCodec, answerCodec, deltasCodec, punchCodec]
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .constantFrom(...each.map(({ codec, message }) => codec.encode(message)))
        .chain((valid) => fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => valid.with(at, byte))),
      fc.integer({ min: 1, max: 100_000 }).map((depth) => new Uint8Array(depth).fill(0x81)),
    )
    fc.assert(
      fc.property(hostile, fc.constantFrom(...codecs), (bytes, codec) => {
        try {
          codec.decode(bytes)
        } catch (err) {
          expect((err as { code: string }).code).toBe('WIRE_MALFORMED')
        }
      }),
      { seed: 3, numRuns: 2_000 },
    )
  })

  test('WIRE-7 protocol ids and topic are those of version 1', () => {
    const { HELLO_PROTOCOL, RECORDS_PROTOCOL, EXCHANGE_PROTOCOL, DELTAS_PROTOCOL, PUNCH_PROTOCOL } = protocol
    const others = [EXCHANGE_PROTOCOL, DELTAS_PROTOCOL, PUNCH_PROTOCOL]
    expect([HELLO_PROTOCOL, RECORDS_PROTOCOL, ...others, recordsTopic('m')]).toEqual([
      '/shoal/hello/1.0.0',
      '/shoal/records/1.0.0',
      '/shoal/exchange/1.0.0',
      '/shoal/deltas/1.0.0',
      '/shoal/punch/1.0.0',
      '/shoal/m/records/1',
    ])
  })

  test('WIRE-6 the largest chunk and its header fit one message', () => {
    const header = answerCodec.encode({ t: 'chunk', id: 0xffff_ffff, digest: d(1), encoding: 'none' })
    expect(encodeFrame(header, new Uint8Array(LIMITS.chunkBytes)).length).toBeLessThan(LIMITS.exchangeMessageBytes)
  })
})
