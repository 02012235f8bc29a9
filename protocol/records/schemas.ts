import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../errors/index.ts'
import {
  type Digest,
  digestFromBytes,
  fromHex,
  parseChannelName,
  parseHostName,
  parsePublicKey,
  parseSiteName,
  type PublicKey,
  toHex,
} from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { linkReport } from './link-words.ts'
import { named } from './named.ts'
import { controlSchema, retrySchema, rolloutSchema } from './rollout-schemas.ts'
import { HOST_STATES, LINK_CLASSES, SOURCE_KINDS, STALE_REASONS, WASTE_KINDS } from './status-types.ts'
import { type HeadBody, type RecordBodies, type RecordKind } from './types.ts'

/** Schemas between the CBOR form of a body (bytes, null) and its typed form (hex, undefined). Unknown keys are refused. */

const bytes32 = z.instanceof(Uint8Array).refine((b) => b.length === 32)
const digest = z.codec(bytes32, z.custom<Digest>(), { decode: (b) => digestFromBytes(b), encode: (d) => fromHex(d) })
const publicKey = z.codec(bytes32, z.custom<PublicKey>(), {
  decode: (b) => parsePublicKey(toHex(b)),
  encode: (k) => fromHex(k),
})

/** DAG-CBOR has null but no undefined. */
const maybe = <T extends z.ZodType>(schema: T) =>
  z.codec(z.union([z.null(), schema]), z.union([z.undefined(), z.custom<z.output<T>>()]), {
    decode: (value) => (value === null ? undefined : value) as z.output<T> | undefined,
    encode: (value) => (value === undefined ? null : value) as never,
  })

const text = z.string().max(LIMITS.textBytes)
const time = z.number().int().nonnegative()
const count = z.number().int().nonnegative()
const amount = z.number().nonnegative()

const role = { keys: z.array(publicKey).min(1).max(LIMITS.recordSignatures), threshold: z.number().int().min(1) }
const enoughKeys = (r: { readonly keys: readonly string[]; readonly threshold: number }): boolean =>
  r.threshold <= r.keys.length && new Set(r.keys).size === r.keys.length

const root = z.strictObject({
  name: text.min(1),
  root: z.strictObject(role).refine(enoughKeys),
  enroller: z.strictObject(role).refine(enoughKeys),
  publishers: z
    .array(
      z.strictObject({ ...role, channels: z.string().regex(/^(\*|[a-z0-9][a-z0-9._-]{0,62}\*?)$/) }).refine(enoughKeys),
    )
    .max(1024),
  expiresMs: time,
  holders: z
    .array(z.strictObject({ key: publicKey, name: z.string().min(1).max(64) }))
    .max(256)
    .optional(),
  revoked: z.array(publicKey).max(LIMITS.revokedKeys).optional(),
  heads: z
    .array(z.strictObject({ channel: named(parseChannelName), sequence: count.min(1), head: digest }))
    .max(LIMITS.headPins)
    .optional(),
})

const labels = z
  .record(z.string().max(64), z.string().max(256))
  .refine((l) => Object.keys(l).length <= LIMITS.labelsPerHost)

const grant = z.strictObject({
  host: named(parseHostName),
  site: named(parseSiteName),
  labels,
  issuedAtMs: time,
  expiresMs: time,
  joinKey: publicKey,
  hostKey: publicKey.optional(),
})

const binding = z.strictObject({ grant: z.string().regex(/^[0-9a-f]{32}$/), hostKey: publicKey, boundAtMs: time })

const revocation = z.strictObject({ host: named(parseHostName), atMs: time, reason: text })

const proposal = z.strictObject({
  record: z.instanceof(Uint8Array).refine((b) => b.length <= LIMITS.proposedBytes),
  atMs: time,
})

const headOnWire = z.strictObject({
  manifest: digest,
  manifestBytes: count.max(LIMITS.manifestBytes),
  manifestIndex: digest,
  entries: count.max(LIMITS.manifestEntries),
  treeBytes: count,
  publishedAtMs: time,
  expiresMs: time,
  message: text,
  deltas: z.array(z.strictObject({ from: digest, blob: digest, bytes: count })).max(LIMITS.deltasPerHead),
  rollout: rolloutSchema.optional(),
})

/** A head without waves has no key for them, as before there were any. */
const head = z.codec(headOnWire, z.custom<HeadBody>(), {
  decode: ({ rollout, ...body }) => ({ ...body, rollout }),
  encode: ({ rollout, deltas, ...body }) => ({ ...body, deltas: [...deltas], ...(rollout && { rollout }) }),
})

const errorCode = z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERRORS, code))

const processes = z
  .array(
    z.strictObject({
      pid: count,
      why: z.enum(STALE_REASONS),
      startedAtMs: time,
      unit: text,
      command: text,
      paths: z.array(text).max(16),
    }),
  )
  .max(LIMITS.processesPerStatus)

/** Counts by kind travel as a list in the order of the kinds: a status is sent often, over thin links. */
const counts = <K extends string>(kinds: readonly K[]) =>
  z.codec(z.array(count).length(kinds.length), z.custom<Readonly<Record<K, number>>>(), {
    decode: (list) => Object.fromEntries(kinds.map((kind, i) => [kind, list[i]])) as Record<K, number>,
    encode: (record) => kinds.map((kind) => record[kind]),
  })

const receivedBy = z.strictObject({
  links: counts(LINK_CLASSES),
  sources: counts(SOURCE_KINDS),
  wasted: counts(WASTE_KINDS),
})

const channelStatus = z.strictObject({
  channel: named(parseChannelName),
  sequence: count,
  manifest: maybe(digest),
  state: z.enum(HOST_STATES),
  proved: z.boolean(),
  provedAtMs: time,
  progress: z.number().min(0).max(1),
  targetSequence: count,
  received: z.strictObject({
    wireBytes: count,
    sameSiteBytes: count,
    otherSiteBytes: count,
    wastedBytes: count,
    reusedBytes: count,
  }),
  receivedBy: receivedBy.exactOptional(),
  transfer: z.strictObject({ leftBytes: count, bytesPerSecond: count }).exactOptional(),
  commit: maybe(
    z.strictObject({
      strategy: z.enum(['in-place', 'swap', 'generations']),
      operations: count,
      windowMs: amount,
      atMs: time,
      groups: z.array(z.strictObject({ name: text, operations: count, windowMs: amount })).max(LIMITS.groupsPerStatus),
      weaker: z.array(text).max(16),
    }),
  ),
  retained: z.strictObject({ releases: count, bytes: count, heldBytes: count }),
  staleProcesses: processes,
  atRisk: processes,
  error: maybe(z.strictObject({ code: errorCode, message: text })),
})

const status = z.strictObject({
  host: named(parseHostName),
  site: named(parseSiteName),
  atMs: time,
  agentVersion: z.string().max(64),
  addresses: z.array(z.string().max(256)).max(LIMITS.addressesPerPeer),
  channels: z.array(channelStatus).max(1024),
  publishes: z.array(named(parseChannelName)).max(1024).exactOptional(),
  links: linkReport.exactOptional(),
})

/** Body schema of every record kind: `z.decode` reads what CBOR gave, `z.encode` makes what CBOR takes. */
export const BODY_SCHEMAS = {
  root,
  grant,
  binding,
  revocation,
  head,
  proposal,
  control: controlSchema,
  retry: retrySchema,
  status,
} as const satisfies {
  [K in RecordKind]: z.ZodType<RecordBodies[K]>
}
