import { z } from 'zod'
import { globFault, LIMITS } from '../../protocol/index.ts'

const glob = z
  .string('must be a glob in quotes')
  .max(LIMITS.globBytes, `must have at most ${LIMITS.globBytes} characters`)
  .superRefine((text, ctx) => {
    const fault = globFault(text)
    if (fault !== undefined) ctx.addIssue({ code: 'custom', message: `the glob ${fault}` })
  })
const globs = z.array(glob, 'must be a list of globs').max(LIMITS.globsPerSetting)
const name = z.string('must be a name in quotes').min(1, 'must not be empty').max(64, 'must have at most 64 characters')

/** Form of shoal.toml. */
export const RELEASE_SCHEMA = z.strictObject({
  maxWindowMs: z.int('must be a whole number of milliseconds').min(1, 'must be 1 or more').optional(),
  watch: globs.default([]),
  suggest: z.array(name, 'must be a list of names of actions').max(LIMITS.suggestedActions).default([]),
  group: z
    .array(z.strictObject({ name, globs: globs.min(1, 'must have a glob') }))
    .max(LIMITS.consistencyGroups)
    .default([]),
})
