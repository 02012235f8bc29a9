import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeDeltaTable,
  DELTA_BASE_BYTES,
  DELTA_NEXT_BYTES,
  encodeDeltaTable,
} from '../../../protocol/delta/index.ts'

const BOUNDS = { bytes: 1_000_000, baseManifestBytes: 500_000, nextManifestBytes: 0 }

const coded = fc.oneof(
  fc.record({ codec: fc.constantFrom('plain' as const, 'dictionary' as const), parts: fc.tuple(fc.nat(BOUNDS.bytes)) }),
  fc.record({ codec: fc.constant('patch' as const), parts: fc.tuple(fc.nat(BOUNDS.bytes), fc.nat(9), fc.nat(9)) }),
)
const runs = fc.array(fc.record({ start: fc.nat(2 ** 31), count: fc.integer({ min: 1, max: 100_000 }) }), {
  maxLength: 6,
})
const tables = fc.record({
  manifest: fc.array(
    fc.tuple(coded, fc.nat(BOUNDS.baseManifestBytes), fc.nat(DELTA_NEXT_BYTES)).map(([window, from, size]) => ({
      ...window,
      from,
      length: Math.min(DELTA_BASE_BYTES, BOUNDS.baseManifestBytes - from),
      size,
    })),
    { maxLength: 4 },
  ),
  content: fc.array(
    fc.tuple(coded, runs, runs).map(([window, base, next]) => ({ ...window, base, next })),
    { maxLength: 5 },
  ),
})
const sizeOf = (windows: readonly { readonly size: number }[]): number =>
  windows.reduce((sum, { size }) => sum + size, 0)

describe('table of a delta', () => {
  test('DELTA-5 what is encoded reads back as it was', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const bounds = { ...BOUNDS, nextManifestBytes: sizeOf(table.manifest) }
        expect(decodeDeltaTable(encodeDeltaTable(table), bounds)).toEqual(table)
      }),
      { seed: 44, numRuns: 300 },
    )
  })

  test('DELTA-2 bytes of any kind, and tables with a changed byte: a table within its bounds, or DELTA_INVALID', () => {
    const changed = fc.tuple(tables, fc.nat(), fc.nat(255)).map(([table, at, byte]) => {
      const bytes = encodeDeltaTable(table)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), changed), fc.nat(3), (bytes, nextManifestBytes) => {
        try {
          const { manifest } = decodeDeltaTable(bytes, { ...BOUNDS, nextManifestBytes })
          expect(sizeOf(manifest)).toBe(nextManifestBytes)
        } catch (err) {
          expect(err).toMatchObject({ code: 'DELTA_INVALID' })
        }
      }),
      { seed: 45, numRuns: 2000 },
    )
  })

  test('DELTA-2 a table that ends too late, or makes a manifest of another size', () => {
    const bytes = encodeDeltaTable({ manifest: [], content: [] })
    expect(() => decodeDeltaTable(Buffer.concat([bytes, bytes]), BOUNDS)).toThrow(/follow its end/)
    expect(() => decodeDeltaTable(bytes, { ...BOUNDS, nextManifestBytes: 1 })).toThrow(/another size/)
  })
})
