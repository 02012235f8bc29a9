import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compressBody, decompressBody } from '../../../node-agent/fetch/compress.ts'

const text = new TextEncoder().encode('a line of some configuration file\n'.repeat(4_000))

describe('bodies', () => {
  test('FETCH-6 what compresses is compressed, and reads back', () => {
    for (const level of [1, 2, 3]) {
      const { encoding, body } = compressBody(text, level)
      expect(encoding).toBe('zstd')
      expect(body.length).toBeLessThan(text.length / 10)
      expect(Buffer.from(decompressBody(encoding, body, text.length)).equals(text)).toBe(true)
    }
  })

  test('FETCH-6 what does not compress, or must not, is sent as it is', () => {
    for (const bytes of [randomBytes(100_000), new Uint8Array(0), Uint8Array.of(1)]) {
      expect(compressBody(bytes, 3)).toEqual({ encoding: 'none', body: bytes })
    }
    expect(compressBody(text, 0)).toEqual({ encoding: 'none', body: text })
  })

  test('FETCH-6 any bytes read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 0, max: 3 }), (bytes, level) => {
        const { encoding, body } = compressBody(bytes, level)
        expect(Buffer.from(decompressBody(encoding, body, Math.max(1, bytes.length))).equals(bytes)).toBe(true)
      }),
      { seed: 12, numRuns: 200 },
    )
  })

  test('EXCHANGE-6 a body that unpacks to more than belongs there is refused without being unpacked', () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(10_000)
    const before = process.memoryUsage().arrayBuffers
    expect(() => decompressBody('zstd', bomb, 256 * 1024)).toThrow(expect.objectContaining({ code: 'CHUNK_TOO_LARGE' }))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    expect(() => decompressBody('none', new Uint8Array(11), 10)).toThrow(
      expect.objectContaining({ code: 'CHUNK_TOO_LARGE' }),
    )
  })

  test('EXCHANGE-6 a body that is no zstd is malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decompressBody('zstd', bytes, 1_000)
        } catch (err) {
          expect(['WIRE_MALFORMED', 'CHUNK_TOO_LARGE']).toContain((err as { code: string }).code)
        }
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})
