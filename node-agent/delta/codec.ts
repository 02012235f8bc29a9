import { constants, zstdCompressSync, zstdDecompressSync, type ZstdOptions } from 'node:zlib'
import { applyPatch, type DeltaCodec, makePatch } from '../../protocol/delta/index.ts'
import { ShoalError } from '../../protocol/index.ts'

/** One window's new bytes as zstd frames: one, or three of a patch. */
export interface Coded {
  readonly codec: DeltaCodec
  readonly parts: readonly Uint8Array[]
}

const LEVEL = 19
/** Half of what the level would take: costs nothing in size at a window's size, and saves 100 MiB an encoder. */
const CHAIN_LOG = 23
const HASH_LOG = 21
/** Covers the largest window and its base; what is smaller is coded with less memory. */
const WINDOW_LOG = 25
/** Share of zero bytes from which content counts as machine code or tables: there a dictionary has never won by much and costs four times as much. */
const BINARY_SHARE = 0.02
/** Content that keeps this share at the fastest level is packed already; asked only of so much that it matters. */
const PACKED_SHARE = 0.98
const QUICK_BYTES = 64 * 1024
/** A patch that leaves this share is not good: the dictionary may be better after all. */
const POOR_SHARE = 0.5

/** Codes a window in the way that gives the fewest bytes; both are at most a window of a delta. */
export function encodeWindow(base: Uint8Array, next: Uint8Array): Coded {
  if (base.length === 0) return { codec: 'plain', parts: [compress(next)] }
  const { control, differences, inserts } = makePatch(base, next)
  const patch: Coded = { codec: 'patch', parts: [compress(control), compress(differences), compress(inserts)] }
  // Neither the base nor itself says anything of it.
  if (codedBytes(patch) > PACKED_SHARE * next.length) return patch
  if (isBinary(next) && codedBytes(patch) < POOR_SHARE * next.length) return patch
  const dictionary: Coded = { codec: 'dictionary', parts: [compress(next, base)] }
  return codedBytes(dictionary) < codedBytes(patch) ? dictionary : patch
}

export const codedBytes = ({ parts }: Coded): number => parts.reduce((sum, part) => sum + part.length, 0)

/**
 * The new bytes of a window, exactly `size`. Reads hostile frames: never more than that is unpacked.
 * @throws DELTA_INVALID
 */
export function decodeWindow(base: Uint8Array, { codec, parts }: Coded, size: number): Uint8Array {
  const [first = new Uint8Array(), second = new Uint8Array(), third = new Uint8Array()] = parts
  if (codec === 'patch') {
    // A step takes at most 18 bytes and, but for the first, makes at least one byte or is not worth its place.
    const control = decompress(first, 20 * size + 64)
    return applyPatch(base, { control, differences: decompress(second, size), inserts: decompress(third, size) }, size)
  }
  const next = decompress(first, size, codec === 'dictionary' ? base : undefined)
  if (next.length !== size) throw new ShoalError('DELTA_INVALID', 'a delta’s window has another size than it states')
  return next
}

/** One zstd frame. What is packed already (images, archives) shows at the fastest level, and no more time is spent on it. */
export function compress(bytes: Uint8Array, dictionary?: Uint8Array): Uint8Array {
  if (dictionary !== undefined) return compressAt(LEVEL, bytes, dictionary)
  const quick = bytes.length < QUICK_BYTES ? undefined : compressAt(1, bytes)
  return quick !== undefined && quick.length > PACKED_SHARE * bytes.length ? quick : compressAt(LEVEL, bytes)
}

function compressAt(level: number, bytes: Uint8Array, dictionary?: Uint8Array): Uint8Array {
  const options: ZstdOptions = {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: windowLog(bytes.length + (dictionary?.length ?? 0)),
      [constants.ZSTD_c_chainLog]: CHAIN_LOG,
      [constants.ZSTD_c_hashLog]: HASH_LOG,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 0,
    },
    pledgedSrcSize: bytes.length,
  }
  return zstdCompressSync(bytes, dictionary === undefined ? options : { ...options, dictionary })
}

const windowLog = (bytes: number): number => Math.max(10, Math.min(WINDOW_LOG, 32 - Math.clz32(bytes)))

/** @throws DELTA_INVALID, also when more than `most` bytes come out */
export function decompress(frame: Uint8Array, most: number, dictionary?: Uint8Array): Uint8Array {
  const options: ZstdOptions = {
    maxOutputLength: Math.max(1, most),
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
  }
  try {
    const bytes = zstdDecompressSync(frame, dictionary === undefined ? options : { ...options, dictionary })
    if (bytes.length > most) throw new RangeError('too many bytes')
    return bytes
  } catch (err) {
    throw new ShoalError('DELTA_INVALID', 'a part of a delta does not unpack', { cause: err })
  }
}

function isBinary(bytes: Uint8Array): boolean {
  let zeros = 0
  for (const byte of bytes) if (byte === 0) zeros++
  return zeros > BINARY_SHARE * bytes.length
}
