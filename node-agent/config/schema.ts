import { z } from 'zod'
import { parseChannelName } from '../../protocol/ids/index.ts'
import { globFault } from '../../protocol/manifest/index.ts'
import { DEFAULTS, NO_CLASS_LIMITS } from './defaults.ts'
import type { ClassLimits } from './types.ts'
import { parseDuration } from '../../protocol/units/index.ts'
import { parseHours, parseSize } from './units.ts'

/** A value that a parser takes or refuses with words. */
const parsed = <T>(parse: (text: string) => T, words: string) =>
  z.string(words).transform((text, ctx): T => {
    try {
      return parse(text)
    } catch {
      ctx.issues.push({ code: 'custom', input: text, message: words })
      return z.NEVER
    }
  })

const duration = parsed((text) => {
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error('no duration')
  return ms
}, 'must be a duration in quotes, such as "10m", "24h", "90d"')

const absolute = z.string().refine((path) => path.startsWith('/') && !path.includes('\0'), 'must be an absolute path')
const address = z.string().startsWith('/', 'must be a multiaddr, such as "/ip4/0.0.0.0/tcp/4001"').max(1024)
const addresses = z.array(address).max(64)

const size = parsed((text) => {
  const bytes = parseSize(text)
  if (bytes === undefined) throw new Error('no size')
  return bytes
}, 'must be a size in quotes, such as "512MiB", "8GiB"')

const glob = z.string('must be a glob in quotes').superRefine((text, ctx) => {
  const fault = globFault(text)
  if (fault !== undefined) ctx.addIssue({ code: 'custom', message: `the glob ${fault}` })
})
const globs = z.array(glob, 'must be a list of globs').max(1024).default([])
const actionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z 0-9 . _ - and start with a letter or digit')
const actionNames = z.array(actionName, 'must be a list of names of actions').max(64).default([])
const unit = z.string().regex(/^[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]{0,254}$/, 'must be the name of a systemd unit')

const SYSTEMCTL = '/usr/bin/systemctl'

/** What may run, in one of three forms. */
const action = z
  .strictObject({
    name: actionName,
    run: z
      .array(z.string().max(4096), 'must be a list: the program, then its arguments')
      .min(1, 'must name a program')
      .max(256)
      .refine(([program]) => program?.startsWith('/') === true, 'must start with the absolute path of a program')
      .refine((words) => words.every((word) => !word.includes('\0')), 'must not hold a NUL')
      .optional(),
    restart: unit.optional(),
    reload: unit.optional(),
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user')
      .optional(),
    timeout: duration.default(DEFAULTS.actionTimeoutMs),
  })
  .refine(({ run, restart, reload }) => [run, restart, reload].filter((how) => how !== undefined).length === 1, {
    error: 'must have exactly one of run, restart and reload',
  })
  .transform(({ name, run, restart, reload, user, timeout }) => ({
    name,
    argv: run ?? [SYSTEMCTL, ...(restart === undefined ? ['reload', '--', reload ?? ''] : ['restart', '--', restart])],
    user,
    timeoutMs: timeout,
  }))

const target = z.strictObject({
  channel: parsed(parseChannelName, 'must be 1 to 64 of a-z 0-9 . _ - and start with a letter or digit'),
  root: absolute,
  strategy: z
    .enum(['in-place', 'swap', 'generations'], 'must be "in-place", "swap" or "generations"')
    .default(DEFAULTS.strategy),
  grace: duration.default(DEFAULTS.graceMs),
  keep: z
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(1000, 'must be 1000 or less')
    .default(DEFAULTS.keep),
  networkGrace: duration.default(DEFAULTS.networkGraceMs),
  retained: size.default(DEFAULTS.retainedBytes),
  protect: globs,
  local: z
    .array(
      z.strictObject({ glob, policy: z.enum(['overwrite', 'keep', 'fail'], 'must be "overwrite", "keep" or "fail"') }),
    )
    .max(1024)
    .default([]),
  beforeCommit: actionNames,
  afterCommit: actionNames,
  health: actionNames,
  accept: actionNames,
  stale: z.enum(['report', 'restart', 'reload'], 'must be "report", "restart" or "reload"').default('report'),
})

/** Below it one chunk takes longer than a peer waits for it. */
const MIN_RATE = 4 * 1024

const hours = parsed((text) => {
  const part = parseHours(text)
  if (part === undefined) throw new Error('no hours')
  return part
}, 'must be a part of the day in quotes, such as "22:00-06:00"')

const classLimits = z
  .strictObject({
    rate: size.refine((bytes) => bytes >= MIN_RATE, 'must be at least "4KiB" a second').optional(),
    perDay: size.optional(),
    perRelease: size.optional(),
    quietHours: z.array(hours, 'must be a list of parts of the day').max(64).default([]),
  })
  .transform(({ rate, perDay, perRelease, quietHours }): ClassLimits => ({
    rate,
    perDayBytes: perDay,
    perReleaseBytes: perRelease,
    quietHours,
  }))
  .default(NO_CLASS_LIMITS)

const limits = z.strictObject({
  sameSite: classLimits,
  otherSite: classLimits,
  relayed: classLimits,
  metered: classLimits,
})

/** Shortest status interval: below it an idle host would not stay under its 2 kbit/s. */
const MIN_STATUS_MS = 1_000

/** Folders of releases that one machine keeps. */
const MOST_ROOTS = 64

export const CONFIG_SCHEMA = z.strictObject({
  listen: addresses.default([]),
  bootstrap: addresses.default([]),
  mdns: z.boolean('must be true or false').default(DEFAULTS.mdns),
  relay: z.boolean('must be true or false').default(DEFAULTS.relay),
  pace: z.boolean('must be true or false').default(DEFAULTS.pace),
  metered: z.boolean('must be true or false').default(DEFAULTS.metered),
  limits: limits.prefault({}),
  statusInterval: duration
    .refine((ms) => ms >= MIN_STATUS_MS, 'must be at least 1s')
    .default(DEFAULTS.statusIntervalMs),
  target: z.array(target).max(1024).default([]),
  action: z.array(action).max(256).default([]),
  store: z
    .strictObject({
      keep: z
        .int('must be a whole number')
        .min(0, 'must be 0 or more')
        .max(1000, 'must be 1000 or less')
        .default(DEFAULTS.keepReleases),
    })
    .default({ keep: DEFAULTS.keepReleases }),
  web: z
    .strictObject({ roots: z.array(absolute, 'must be a list of absolute paths').max(MOST_ROOTS).default([]) })
    .default({ roots: [] }),
})
