import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'
import { LIMITS } from '../wire/limits.ts'
import type { ControlMethods, ControlStreams, MethodName, StreamName } from './contract.ts'
import { CONTROL_LIMITS } from './limits.ts'

type Requests = { [K in MethodName]: ControlMethods[K]['req'] } & { [K in StreamName]: ControlStreams[K]['req'] }

/** Text that survives UTF-8 (no lone surrogates) and cannot cut a C string. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is not clean text')

const name = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9][a-z0-9._-]*$/, 'is not a name')
const channel = name(64)
const host = name(253)
const site = name(64)
const directory = text(CONTROL_LIMITS.directoryBytes).startsWith('/', 'is not an absolute path')
const sequence = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const lifetimeMs = z.number().int().min(1).max(CONTROL_LIMITS.lifetimeMs)
const none = z.strictObject({})

const labels = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, 'is not a label'), text(256))
  .refine((all) => Object.keys(all).length <= LIMITS.labelsPerHost, `has more than ${LIMITS.labelsPerHost} labels`)

/** One strict schema a request: unknown fields are refused, so that a misspelt option can never be ignored (CTL-2). */
export const REQUEST_SCHEMAS: { readonly [K in keyof Requests]: z.ZodType<Requests[K]> } = {
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
  rollback: z.strictObject({ channel, to: sequence, message: text(LIMITS.textBytes), lifetimeMs }),
  releases: z.strictObject({ channel }),
  hosts: none,
  status: none,
  publish: z.strictObject({
    dir: directory,
    channel,
    message: text(LIMITS.textBytes),
    lifetimeMs,
    dryRun: z.boolean(),
    checksum: z.boolean(),
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
