import { z } from 'zod'
import { parseChannelName } from '../../protocol/ids/index.ts'
import { DEFAULTS } from './defaults.ts'
import { parseDuration } from './units.ts'

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
})

/** Shortest status interval: below it an idle host would not stay under its 2 kbit/s. */
const MIN_STATUS_MS = 1_000

export const CONFIG_SCHEMA = z.strictObject({
  listen: addresses.default([]),
  bootstrap: addresses.default([]),
  mdns: z.boolean('must be true or false').default(DEFAULTS.mdns),
  statusInterval: duration
    .refine((ms) => ms >= MIN_STATUS_MS, 'must be at least 1s')
    .default(DEFAULTS.statusIntervalMs),
  target: z.array(target).max(1024).default([]),
})
