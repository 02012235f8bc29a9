import { type Digest, parseDigest, ShoalError } from '../../protocol/index.ts'
import type { Store } from './store.ts'

/** Where a chunk stands. */
export interface Place {
  readonly pack: number
  readonly offset: number
  readonly length: number
}

const PLACE_BYTES = 14

/** Pack (u32), offset (u48), length (u32), big endian. */
export function encodePlace({ pack, offset, length }: Place): Uint8Array {
  const bytes = Buffer.alloc(PLACE_BYTES)
  bytes.writeUInt32BE(pack, 0)
  bytes.writeUIntBE(offset, 4, 6)
  bytes.writeUInt32BE(length, 10)
  return bytes
}

/** @throws STORE_CORRUPT */
export function decodePlace(value: Uint8Array): Place {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length !== PLACE_BYTES)
    throw new ShoalError('STORE_CORRUPT', `a pack index entry has ${PLACE_BYTES} bytes, not ${bytes.length}`)
  return { pack: bytes.readUInt32BE(0), offset: bytes.readUIntBE(4, 6), length: bytes.readUInt32BE(10) }
}

/** What of the packs is still needed. */
export interface Tally {
  /** By pack: bytes and chunks that are kept. */
  readonly live: ReadonlyMap<number, { readonly bytes: number; readonly digests: readonly Digest[] }>
  readonly dead: readonly Digest[]
}

/** Reads the whole index, as far as packs up to `last` go. @throws CANCELLED */
export async function tallyPacks(
  store: Store,
  last: number,
  kept: ReadonlySet<Digest>,
  signal: AbortSignal,
): Promise<Tally> {
  const live = new Map<number, { bytes: number; digests: Digest[] }>()
  const dead: Digest[] = []
  for await (const [key, value] of store.packs.iterator()) {
    if (signal.aborted) throw new ShoalError('CANCELLED', 'collecting garbage was cancelled')
    const { pack, length } = decodePlace(value)
    if (pack > last) continue
    const digest = parseDigest(key)
    if (!kept.has(digest)) {
      dead.push(digest)
      continue
    }
    const tally = live.get(pack) ?? { bytes: 0, digests: [] }
    live.set(pack, tally)
    tally.bytes += length
    tally.digests.push(digest)
  }
  return { live, dead }
}
