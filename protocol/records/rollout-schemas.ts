import { z } from 'zod'
import { type Digest, digestFromBytes, fromHex } from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import type { ControlBody, RetryBody, Rollout } from './rollout-types.ts'

const time = z.number().int().nonnegative()
const count = z.number().int().nonnegative()
const sequence = z.number().int().min(1)
const digest = z.codec(
  z.instanceof(Uint8Array).refine((b) => b.length === 32),
  z.custom<Digest>(),
  { decode: (b) => digestFromBytes(b), encode: (d) => fromHex(d) },
)
const text = z.string().max(LIMITS.textBytes)
const percent = z.number().positive().max(100)
const wave = z
  .number()
  .int()
  .min(0)
  .max(LIMITS.wavesPerHead + 1)

/** Absent is written as null. */
const orNull = (schema: z.ZodType<number, number>) =>
  z.codec(z.union([z.null(), schema]), z.union([z.undefined(), z.number()]), {
    decode: (value) => value ?? undefined,
    encode: (value) => value ?? null,
  })

export const rolloutSchema: z.ZodType<Rollout> = z.strictObject({
  salt: count.max(0xffff),
  waves: z
    .array(
      z.strictObject({
        select: z.string().min(1).max(LIMITS.selectorBytes),
        gates: z.strictObject({ healthyPercent: orNull(percent), afterMs: orNull(time), approve: z.boolean() }),
        hosts: count,
        late: z.boolean(),
      }),
    )
    .min(1)
    .max(LIMITS.wavesPerHead),
})

export const controlSchema: z.ZodType<ControlBody> = z.strictObject({
  sequence,
  head: digest,
  pause: z.strictObject({ fromWave: wave, order: count, atMs: time, message: text }),
  promote: z.strictObject({ wave, atMs: time, message: text }),
})

export const retrySchema: z.ZodType<RetryBody> = z.strictObject({ sequence, head: digest, atMs: time })
