import { z } from 'zod'
import { bytesOf, bytesUpTo, messageCodec } from './codec.ts'
import { LIMITS } from './limits.ts'

/** Buckets over which a node's records are spread. */
export const BUCKETS = 256
/** Bytes of a bucket's digest on the wire. */
export const BUCKET_DIGEST_BYTES = 8
/** Bytes of one summary: 8 of the salted slot hash, 6 of the version, 8 of the record id. */
export const SUMMARY_BYTES = 22
/** Bytes of one slot hash. */
export const SLOT_HASH_BYTES = 8

const wholeItems = (size: number) => (bytes: Uint8Array) => bytes.length % size === 0

/** Opens a session: digest over everything the sender keeps, and the salt of this session's slot hashes. */
const total = z.strictObject({ t: z.literal('total'), digest: bytesOf(32), salt: bytesOf(8) })

/** The totals agree: nothing to do. */
const same = z.strictObject({ t: z.literal('same') })

/** The answering side has too many sessions: try again later. */
const busy = z.strictObject({ t: z.literal('busy') })

/** The totals differ: first bytes of every bucket's digest. */
const buckets = z.strictObject({ t: z.literal('buckets'), digests: bytesOf(BUCKETS * BUCKET_DIGEST_BYTES) })

/** What the opening side keeps in the buckets that differ: `buckets` are complete once `last` is true. */
const summaries = z.strictObject({
  t: z.literal('summaries'),
  /** Numbers of the buckets that differ; only the first page names them. */
  buckets: bytesUpTo(BUCKETS),
  items: bytesUpTo(LIMITS.recordsMessageBytes / 2).refine(wholeItems(SUMMARY_BYTES)),
  last: z.boolean(),
})

/** Slot hashes of the summaries whose records the answering side lacks. */
const want = z.strictObject({
  t: z.literal('want'),
  slots: bytesUpTo(LIMITS.recordsMessageBytes / 2).refine(wholeItems(SLOT_HASH_BYTES)),
  last: z.boolean(),
})

/** Envelopes, in an order in which each can be judged when it arrives. */
const records = z.strictObject({
  t: z.literal('records'),
  records: z.array(bytesUpTo(LIMITS.recordBytes)).max(LIMITS.recordsPerMessage),
  last: z.boolean(),
})

/**
 * `/shoal/records/1.0.0`, one session a stream (RECONCILE-1): `total` → `same` | `busy` | `buckets` → `summaries`… → `records`… and
 * `want`… → `records`…
 */
export const reconcileCodec = messageCodec(
  '/shoal/records',
  z.discriminatedUnion('t', [total, same, busy, buckets, summaries, want, records]),
)
export type ReconcileMessage = ReturnType<typeof reconcileCodec.decode>
