import { z } from 'zod'
import { LIMITS } from '../wire/limits.ts'
import { channel, host, hosts, message, text } from './fields.ts'
import { CONTROL_LIMITS } from './limits.ts'
import type { RolloutMethods } from './rollouts.ts'

const wave = z
  .number()
  .int()
  .min(1)
  .max(LIMITS.wavesPerHead + 1)

export const waves = z.array(text(CONTROL_LIMITS.waveText)).max(LIMITS.wavesPerHead)

/** Requests of rollouts. */
export const ROLLOUT_SCHEMAS: { readonly [K in keyof RolloutMethods]: z.ZodType<RolloutMethods[K]['req']> } = {
  pause: z.strictObject({ channel, fromWave: z.union([wave, z.null()]), message }),
  resume: z.strictObject({ channel, throughWave: z.union([wave, z.null()]), message }),
  promote: z.strictObject({ channel, wave: z.union([wave, z.enum(['next', 'all'])]), message }),
  retryHost: z.strictObject({ channel, host }),
  retryHosts: z.strictObject({ channel, hosts }),
  previewWaves: z.strictObject({ channel, waves }),
}
