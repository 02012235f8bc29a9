import { z } from 'zod'
import {
  type ChannelName,
  type CommitReport,
  type Digest,
  LINK_CLASSES,
  parseDigest,
  type ReceivedBy,
  type ReceivedBytes,
  ShoalError,
  SOURCE_KINDS,
  WASTE_KINDS,
} from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from './store.ts'

/** What a target's live tree is at: written after the commit's journal says committed. */
export interface CommittedRelease {
  readonly sequence: number
  readonly manifest: Digest
  /** Root it was committed to: a target moved elsewhere starts anew. */
  readonly root: string
  readonly commit: CommitReport
  readonly received: ReceivedBytes
  /** Absent where nothing was received, and in what older agents kept. */
  readonly receivedBy?: ReceivedBy
  /** When the observed tree last proved equal to the manifest; 0 when it never did. */
  readonly provedAtMs: number
  /** Hooks have run and the release is healthy, or none are wanted. */
  readonly settled: boolean
  /** The release before, to roll back to; null for none. */
  readonly before: { readonly sequence: number; readonly manifest: Digest } | null
}

const count = z.number().nonnegative()
const schema = z.strictObject({
  sequence: count,
  manifest: z.string(),
  root: z.string(),
  commit: z.strictObject({
    strategy: z.enum(['in-place', 'swap', 'generations']),
    operations: count,
    windowMs: count,
    atMs: count,
    groups: z.array(z.strictObject({ name: z.string(), operations: count, windowMs: count })),
    weaker: z.array(z.string()),
  }),
  received: z.strictObject({
    wireBytes: count,
    sameSiteBytes: count,
    otherSiteBytes: count,
    wastedBytes: count,
    reusedBytes: count,
  }),
  receivedBy: z
    .strictObject({
      links: z.record(z.enum(LINK_CLASSES), count),
      sources: z.record(z.enum(SOURCE_KINDS), count),
      wasted: z.record(z.enum(WASTE_KINDS), count),
    })
    .exactOptional(),
  provedAtMs: count,
  settled: z.boolean(),
  before: z.strictObject({ sequence: count, manifest: z.string() }).nullable(),
})

const keyOf = (channel: ChannelName): string => `committed!${channel}`

/** @throws STORE_CORRUPT */
export async function readCommitted(store: Store, channel: ChannelName): Promise<CommittedRelease | undefined> {
  const value = await readJson(store.meta, keyOf(channel))
  if (value === undefined) return undefined
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new ShoalError('STORE_CORRUPT', `what ${channel} was committed to cannot be read`)
  const { before, ...release } = parsed.data
  return {
    ...release,
    manifest: parseDigest(release.manifest),
    before: before && { ...before, manifest: parseDigest(before.manifest) },
  }
}

/** Durable when it resolves. */
export const writeCommitted = (store: Store, channel: ChannelName, release: CommittedRelease): Promise<void> =>
  writeJson(store, store.meta, keyOf(channel), release)
