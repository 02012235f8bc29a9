import { z } from 'zod'
import { digestBytes, messageCodec, u32 } from './codec.ts'
import { LIMITS } from './limits.ts'

/** How a frame's body is encoded. */
const encoding = z.enum(['none', 'zstd'])
export type BodyEncoding = z.output<typeof encoding>

/** The requester follows a manifest: answered with `have`, then with `haveMore` until `forget`. */
const interest = z.strictObject({ t: z.literal('interest'), manifest: digestBytes })
const forget = z.strictObject({ t: z.literal('forget'), manifest: digestBytes })

/**
 * Asks for chunks, to be answered in order, each by a `chunk`, as part of a `pack`, or by a `lack`. `compression` is the highest zstd level that is worth its time on
 * the link, as the requester measures it; 0 forbids compressed bodies.
 */
const want = z.strictObject({
  t: z.literal('want'),
  id: u32,
  digests: z.array(digestBytes).min(1).max(LIMITS.chunksPerWant),
  compression: z.number().int().min(0).max(9),
})

/** Takes back some digests of a want, or with none given all. What has left already still arrives. */
const cancel = z.strictObject({
  t: z.literal('cancel'),
  id: u32,
  digests: z.array(digestBytes).max(LIMITS.chunksPerWant),
})

/** One page of the bitmap of a manifest's distinct chunks, in the frame's body: bit i of byte i>>3 is 1 << (i & 7). Not `known`: no body. */
const have = z.strictObject({
  t: z.literal('have'),
  manifest: digestBytes,
  known: z.boolean(),
  /** Byte of the bitmap at which this page begins. */
  offset: u32.max(LIMITS.haveChunks / 8),
  encoding,
  last: z.boolean(),
})

/** Chunks that became available since. */
const haveMore = z.strictObject({
  t: z.literal('haveMore'),
  manifest: digestBytes,
  indices: z.array(u32.max(LIMITS.haveChunks)).min(1).max(LIMITS.haveIndicesPerMessage),
})

/** A chunk; its bytes are the frame's body. */
const chunk = z.strictObject({ t: z.literal('chunk'), id: u32, digest: digestBytes, encoding })

/**
 * Small chunks of one want, one after another in the frame's body and compressed together: each by its place in the want's list and its plain
 * bytes, LIMITS.chunkBytes at most in all.
 */
const pack = z.strictObject({
  t: z.literal('pack'),
  id: u32,
  chunks: z
    .array(z.tuple([u32.max(LIMITS.chunksPerWant - 1), u32.min(1).max(LIMITS.chunkBytes)]))
    .min(2)
    .max(LIMITS.chunksPerWant),
  encoding,
})

/** The answering side does not have it (any more). */
const lack = z.strictObject({ t: z.literal('lack'), id: u32, digest: digestBytes })

/** What a requester sends on a stream of `/shoal/exchange/1.0.0` that it opened. */
export const requestCodec = messageCodec('/shoal/exchange', z.discriminatedUnion('t', [interest, forget, want, cancel]))
export type ExchangeRequest = ReturnType<typeof requestCodec.decode>

/** What the other side answers on the same stream. */
export const answerCodec = messageCodec(
  '/shoal/exchange',
  z.discriminatedUnion('t', [have, haveMore, chunk, pack, lack]),
)
export type ExchangeAnswer = ReturnType<typeof answerCodec.decode>
