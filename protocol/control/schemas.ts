import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { ACCESS_SCHEMAS } from './access-schemas.ts'
import type { ControlMethods, ControlStreams, MethodName, StreamName } from './contract.ts'
import { channel, directory, host, labels, lifetimeMs, message, none, sequence, site, text } from './fields.ts'
import { CONTROL_LIMITS } from './limits.ts'
import { ROLLOUT_SCHEMAS, waves } from './rollout-schemas.ts'
import { VIEW_SCHEMAS } from './views/schemas.ts'

type Requests = { [K in MethodName]: ControlMethods[K]['req'] } & { [K in StreamName]: ControlStreams[K]['req'] }

/** One strict schema a request: unknown fields are refused, so that a misspelt option can never be ignored (CTL-2). */
export const REQUEST_SCHEMAS: { readonly [K in keyof Requests]: z.ZodType<Requests[K]> } = {
  ...VIEW_SCHEMAS,
  ...ACCESS_SCHEMAS,
  ...ROLLOUT_SCHEMAS,
  meshCreate: z.strictObject({ name: text(LIMITS.textBytes).min(1) }),
  meshInvite: z.strictObject({ host, site, labels, lifetimeMs }),
  join: z.strictObject({ ticket: text(CONTROL_LIMITS.ticketText).min(1) }),
  targetAdd: z.strictObject({
    channel,
    root: directory,
    strategy: z.enum(['in-place', 'swap', 'generations']),
    graceMs: z.number().int().min(0).max(CONTROL_LIMITS.lifetimeMs),
    keep: z.number().int().min(0).max(1000),
  }),
  targetList: none,
  targetRemove: z.strictObject({ channel }),
  targetRetry: z.strictObject({ channel }),
  targetConsent: z.strictObject({ channel }),
  rollback: z.strictObject({ channel, to: sequence, message, lifetimeMs, waves }),
  releases: z.strictObject({ channel }),
  hosts: none,
  status: none,
  publish: z.strictObject({
    dir: directory,
    channel,
    message,
    lifetimeMs,
    dryRun: z.boolean(),
    checksum: z.boolean(),
    waves,
  }),
  show: z.strictObject({ channel, sequence: z.union([sequence, z.null()]) }),
  watchStatus: none,
  diff: z.strictObject({ dir: directory, channel }),
  bundleExport: z.strictObject({ channel, file: directory, sites: z.array(site).max(1024) }),
  bundleImport: z.strictObject({ file: directory }),
  verify: z.strictObject({ channel: z.union([channel, z.null()]), deep: z.boolean() }),
}

/** Checks a request of unknown shape. */
export type RequestParser = <K extends keyof Requests>(method: K, req: unknown) => Requests[K]

/**
 * The checked request.
 * @throws BAD_REQUEST naming the method, the field and what is wrong with it
 */
export const parseRequest: RequestParser = (method, req) => {
  const parsed = REQUEST_SCHEMAS[method].safeParse(req)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? 'request' : issue.path.map(String).join('.')
  throw new ShoalError(
    'BAD_REQUEST',
    `${method}: ${field.slice(0, 200)}: ${(issue?.message ?? 'invalid').slice(0, 500)}`,
  )
}
