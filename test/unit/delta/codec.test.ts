import { describe, expect, test } from 'vitest'
import { codedBytes, compress, decodeWindow, decompress, encodeWindow } from '../../../node-agent/delta/codec.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'

const words = (seed: number, count: number): Uint8Array =>
  Buffer.from(Array.from(seededBytes(count, seed), (byte) => `word${byte} `).join(''))

/** Like machine code: many zero bytes, and addresses that all move a little. */
function machineCode(moved: number): Uint8Array {
  const bytes = seededBytes(200_000, 9)
  for (let i = 0; i < bytes.length; i += 20) bytes.set([(i + moved) & 0xff, (i + moved) >> 8, 0, 0], i)
  return bytes
}

describe('windows of a delta, coded', () => {
  test('DELTA-6 text is coded by a dictionary, code by a patch, new content by neither', () => {
    const text = words(1, 20_000)
    const edited = Buffer.concat(
      Array.from({ length: 300 }, (_, i) => text.subarray((i * 7919) % 90_000, ((i * 7919) % 90_000) + 90)),
    )
    for (const [base, next, codec, most] of [
      [text, edited, 'dictionary', 4000],
      [machineCode(0), machineCode(0x40), 'patch', 4000],
      [new Uint8Array(), text, 'plain', 60_000],
    ] as const) {
      const coded = encodeWindow(base, next)
      expect(coded.codec).toBe(codec)
      expect(codedBytes(coded)).toBeLessThan(most)
      expect(Buffer.from(decodeWindow(base, coded, next.length)).equals(next)).toBe(true)
    }
  })

  test('DELTA-6 content that resembles nothing is coded in hardly more than its own bytes', () => {
    const [base, next] = [seededBytes(300_000, 1), seededBytes(300_000, 2)]
    const coded = encodeWindow(base, next)
    expect(codedBytes(coded)).toBeLessThan(next.length + 200)
    expect(Buffer.from(decodeWindow(base, coded, next.length)).equals(next)).toBe(true)
  })

  test('DELTA-2 a frame that unpacks to more than is stated is refused, however small it is', () => {
    const bomb = compress(new Uint8Array(50_000_000))
    expect(bomb.length).toBeLessThan(5000)
    const invalid = expect.objectContaining({ code: 'DELTA_INVALID' })
    expect(() => decompress(bomb, 1000)).toThrow(invalid)
    const parts = [compress(new Uint8Array()), bomb, bomb]
    expect(() => decodeWindow(new Uint8Array(10), { codec: 'patch', parts }, 1000)).toThrow(invalid)
    expect(() => decodeWindow(new Uint8Array(10), { codec: 'dictionary', parts: [bomb] }, 1000)).toThrow(invalid)
    expect(() => decodeWindow(new Uint8Array(10), { codec: 'plain', parts: [] }, 1000)).toThrow(invalid)
    expect(() =>
      decodeWindow(new Uint8Array(10), { codec: 'plain', parts: [compress(Buffer.from('short'))] }, 1000),
    ).toThrow(invalid)
  })
})
