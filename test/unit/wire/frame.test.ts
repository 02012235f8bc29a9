import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame, FRAME_PREFIX_BYTES, FrameReader } from '../../../protocol/index.ts'

const bytes = (max: number) => fc.uint8Array({ maxLength: max })
const frameParts = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), bytes(200))

/** Cuts bytes at the given places. */
function pieces(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].toSorted((a, b) => a - b)
  return places.slice(1).map((to, i) => whole.slice(places[i], to))
}

describe('frames', () => {
  test('WIRE-1 a frame is two lengths, header and body', () => {
    const frame = encodeFrame(Uint8Array.of(1, 2, 3), Uint8Array.of(9))
    expect([...frame]).toEqual([0, 0, 0, 3, 0, 0, 0, 1, 1, 2, 3, 9])
    expect(frame.length).toBe(FRAME_PREFIX_BYTES + 4)
  })

  test('WIRE-1 whatever pieces the stream arrives in, the same frames come out', () => {
    fc.assert(
      fc.property(fc.array(frameParts, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
        const whole = Buffer.concat(frames.map(([header, body]) => encodeFrame(header, body)))
        const reader = new FrameReader(1_000)
        const got = pieces(whole, cuts).flatMap((piece) => reader.push(piece))
        expect(got.map(({ header, body }) => [[...header], [...body]])).toEqual(
          frames.map(([header, body]) => [[...header], [...body]]),
        )
        expect(got.reduce((sum, { wireBytes }) => sum + wireBytes, 0)).toBe(whole.length)
        expect(reader.idle).toBe(true)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('WIRE-3 a frame beyond the limit is refused before its bytes arrive', () => {
    const reader = new FrameReader(100)
    expect(() => reader.push(encodeFrame(new Uint8Array(50), new Uint8Array(51)).subarray(0, 8))).toThrow(
      expect.objectContaining({ code: 'WIRE_TOO_LARGE' }),
    )
    expect(new FrameReader(101).push(encodeFrame(new Uint8Array(50), new Uint8Array(51)))).toHaveLength(1)
  })

  test('WIRE-3 lengths that add up beyond 32 bits are refused, not wrapped', () => {
    const reader = new FrameReader(0xffff_ffff)
    expect(() => reader.push(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255))).toThrow(
      expect.objectContaining({ code: 'WIRE_TOO_LARGE' }),
    )
  })

  test('WIRE-4 a frame without a header is malformed', () => {
    expect(() => new FrameReader(100).push(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1))).toThrow(
      expect.objectContaining({ code: 'WIRE_MALFORMED' }),
    )
  })

  test('WIRE-4 no bytes make the reader do anything but return frames or throw its two errors', () => {
    fc.assert(
      fc.property(fc.array(bytes(60), { maxLength: 10 }), (stream) => {
        const reader = new FrameReader(64)
        try {
          for (const piece of stream) reader.push(piece)
        } catch (err) {
          expect(['WIRE_TOO_LARGE', 'WIRE_MALFORMED']).toContain((err as { code: string }).code)
        }
      }),
      { seed: 2, numRuns: 500 },
    )
  })
})
