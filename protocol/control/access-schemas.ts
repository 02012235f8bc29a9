import { z } from 'zod'
import { LIMITS } from '../wire/limits.ts'
import type { AccessMethods } from './access-methods.ts'
import { CONTROL_LIMITS } from './limits.ts'
import { channel, host, hosts, lifetimeMs, none, sequence, text } from './fields.ts'

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `is not ${digits} hex digits`)
const key = hex(64)
const role = z.enum(['root', 'enroller', 'publisher'])
const pattern = z.string().regex(/^(\*|[a-z0-9][a-z0-9._-]{0,62}\*?)$/, 'is not a channel, or a prefix followed by *')
const channels = z.union([pattern, z.null()])
const dryRun = z.boolean()
const instead = z.boolean()
const proposal = z.string().regex(/^[0-9a-f]{8,64}$/, 'is not the id of a proposal')
const passphrase = text(CONTROL_LIMITS.passphrase).min(1)

const change = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('add'),
    role,
    channels,
    key,
    holder: z.union([text(64).min(1), z.null()]),
  }),
  z.strictObject({ change: z.literal('remove'), role, channels, key }),
  z.strictObject({
    change: z.literal('threshold'),
    role,
    channels,
    threshold: z.number().int().min(1).max(LIMITS.recordSignatures),
  }),
  z.strictObject({ change: z.literal('revoke'), key }),
  z.strictObject({ change: z.literal('expiry'), lifetimeMs }),
  z.strictObject({ change: z.literal('head'), channel, sequence: z.union([sequence, z.null()]) }),
])

/** Requests of keys and access. */
export const ACCESS_SCHEMAS: { readonly [K in keyof AccessMethods]: z.ZodType<AccessMethods[K]['req']> } = {
  access: none,
  hostRevoke: z.strictObject({ host, reason: text(LIMITS.textBytes), dryRun }),
  hostsRevoke: z.strictObject({ hosts, reason: text(LIMITS.textBytes), dryRun }),
  quarantineResolve: z.strictObject({ grant: hex(32), keep: text(64).min(1), dryRun }),
  keyMake: z.strictObject({ role }),
  keyRotate: z.strictObject({ key: z.union([role, key]), dryRun }),
  keyRevoke: z.strictObject({ key: z.union([role, key]), dryRun }),
  rootPropose: z.strictObject({ changes: z.array(change).min(1).max(CONTROL_LIMITS.rootChanges), instead, dryRun }),
  rootProposalExport: z.strictObject({ id: proposal }),
  rootProposalImport: z.strictObject({ text: text(LIMITS.stepChars).min(1) }),
  approve: z.strictObject({ id: proposal, instead, dryRun }),
  keysLock: z.strictObject({ passphrase: z.union([passphrase, z.null()]) }),
  keysUnlock: z.strictObject({ passphrase, idleMs: lifetimeMs }),
}
