import { z } from 'zod'
import { digestBytes, messageCodec, u32 } from './codec.ts'

const count = z.number().int().min(0)

/** First of a bundle: whose, and what follows it: records, then chunks. `items` is the digest over the names of all chunks in order: equal for equal bundles. */
const bundle = z.strictObject({
  t: z.literal('bundle'),
  mesh: z.string().max(64),
  channel: z.string().max(64),
  sequence: count,
  manifest: digestBytes,
  records: u32,
  chunks: u32,
  /** Plain bytes of all chunks. */
  bytes: count,
  items: digestBytes,
})

/** A record; its envelope is the frame's body. The head comes last. */
const record = z.strictObject({ t: z.literal('record') })

/** A chunk; its bytes are the frame's body. The manifest's list and chunks come first. */
const chunk = z.strictObject({ t: z.literal('chunk'), digest: digestBytes, encoding: z.enum(['none', 'zstd']) })

/** The last frame: SHA-256 over every byte of the file before it. */
const end = z.strictObject({ t: z.literal('end'), digest: digestBytes })

/** Frames of a bundle file, after its magic `SHOALBN1` (docs/spec/bundle.md). */
export const bundleCodec = messageCodec('a bundle', z.discriminatedUnion('t', [bundle, record, chunk, end]))
export type BundleMessage = ReturnType<typeof bundleCodec.decode>
export type BundleHeader = Extract<BundleMessage, { t: 'bundle' }>
