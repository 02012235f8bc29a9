import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type BodyEncoding, ShoalError } from '../../protocol/index.ts'

/** Bytes in the middle of a chunk that tell whether it compresses. */
const SAMPLE_BYTES = 4 * 1024
/** A compressed form must save this share, or the time is better spent otherwise. */
const WORTH = 0.95

/** Compresses a body if that helps; what is packed already (images, archives) shows in a small sample and is left alone. */
export function compressBody(
  bytes: Uint8Array,
  level: number,
): { readonly encoding: BodyEncoding; readonly body: Uint8Array } {
  const plain = { encoding: 'none', body: bytes } as const
  if (level === 0) return plain
  if (bytes.length > 4 * SAMPLE_BYTES) {
    const from = (bytes.length - SAMPLE_BYTES) >> 1
    if (zstd(bytes.subarray(from, from + SAMPLE_BYTES), 1).length > SAMPLE_BYTES * WORTH) return plain
  }
  const body = zstd(bytes, level)
  return body.length > bytes.length * WORTH ? plain : { encoding: 'zstd', body }
}

const zstd = (bytes: Uint8Array, level: number): Uint8Array =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })

/**
 * The plain bytes of a body.
 *
 * @param maxBytes most that it may grow to: a small body must not unpack to gigabytes
 * @throws CHUNK_TOO_LARGE, WIRE_MALFORMED
 */
export function decompressBody(encoding: BodyEncoding, body: Uint8Array, maxBytes: number): Uint8Array {
  if (encoding === 'none') {
    if (body.length > maxBytes)
      throw new ShoalError('CHUNK_TOO_LARGE', `${body.length} bytes where at most ${maxBytes} belong`)
    return body
  }
  try {
    return zstdDecompressSync(body, { maxOutputLength: Math.max(1, maxBytes) })
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ShoalError('CHUNK_TOO_LARGE', `a body unpacks to more than ${maxBytes} bytes`, { cause: err })
    }
    throw new ShoalError('WIRE_MALFORMED', 'a body does not unpack', { cause: err })
  }
}
