import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'
import { LIMITS } from '../wire/limits.ts'
import type { ManifestHeader, ReleaseSettings } from './types.ts'

const name = z.string().min(1).max(256)
const globs = z.array(z.string().min(1).max(LIMITS.globBytes)).max(LIMITS.globsPerSetting)
const id = z.number().int().min(0).max(0xfffffffe)

const ascending = (rows: readonly (readonly [number, string])[]): boolean =>
  rows.every(([value], i) => i === 0 || value > (rows[i - 1]?.[0] ?? -1))
const owners = z
  .array(z.tuple([id, name]))
  .max(65_536)
  .refine(ascending)

/** Settings that do not apply are absent, so that a plain release's header is a few bytes. */
const settings = z.strictObject({
  consistencyGroups: z
    .array(z.strictObject({ name, globs: globs.min(1) }))
    .min(1)
    .max(LIMITS.consistencyGroups)
    .optional(),
  maxWindowMs: z.number().int().min(1).optional(),
  watch: globs.min(1).optional(),
  suggest: z.array(name).min(1).max(LIMITS.suggestedActions).optional(),
})

const header = z.strictObject({ format: z.literal(1), users: owners, groups: owners, settings })

/** The header's CBOR value. @throws MANIFEST_MALFORMED when a field is out of its bounds */
export function encodeHeader({ users, groups, settings: s }: ManifestHeader): unknown {
  const value = {
    format: 1,
    users: users.map((o) => [o.id, o.name]),
    groups: groups.map((o) => [o.id, o.name]),
    settings: {
      ...(s.consistencyGroups.length > 0 && { consistencyGroups: s.consistencyGroups }),
      ...(s.maxWindowMs !== undefined && { maxWindowMs: s.maxWindowMs }),
      ...(s.watch.length > 0 && { watch: s.watch }),
      ...(s.suggest.length > 0 && { suggest: s.suggest }),
    },
  }
  decodeHeader(value)
  return value
}

/** @throws MANIFEST_MALFORMED */
export function decodeHeader(value: unknown): ManifestHeader {
  const parsed = header.safeParse(value)
  if (!parsed.success) {
    throw new ShoalError('MANIFEST_MALFORMED', 'this manifest’s header does not have the form of format 1', {
      cause: parsed.error,
    })
  }
  const { users, groups, settings: s } = parsed.data
  const release: ReleaseSettings = {
    consistencyGroups: s.consistencyGroups ?? [],
    maxWindowMs: s.maxWindowMs,
    watch: s.watch ?? [],
    suggest: s.suggest ?? [],
  }
  return {
    format: 1,
    users: users.map(([ownerId, ownerName]) => ({ id: ownerId, name: ownerName })),
    groups: groups.map(([ownerId, ownerName]) => ({ id: ownerId, name: ownerName })),
    settings: release,
  }
}
