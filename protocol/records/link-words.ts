import { z } from 'zod'
import { parseSiteName, type SiteName } from '../ids/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { LINK_CONNECTIONS, type LinkRate, RATE_AGES, type SiteLink } from './link-types.ts'
import { named } from './named.ts'

/**
 * A link on the wire, 16 bits from the highest: relayed (1), connections less one (2), round trip (5), rate (6), age of the rate (2). Round trip and rate
 * count steps of √2 from 1 ms and 1 KiB/s up; 0 is none.
 */
const AT = { relayed: 15, connections: 13, roundTrip: 8, rate: 2, age: 0 } as const
const ROUND_TRIP_STEPS = 31
const RATE_STEPS = 63
const RATE_UNIT = 1024

/** The step of a value, from 1. */
const stepOf = (value: number, steps: number): number =>
  Math.min(steps, Math.max(1, 1 + Math.round(2 * Math.log2(Math.max(value, 1)))))

const atStep = (step: number): number => 2 ** ((step - 1) / 2)

/** A round trip as it is told: one digit after the point while it is short. */
function roundTripAt(step: number): number {
  const ms = atStep(step)
  return ms < 20 ? Math.round(ms * 10) / 10 : Math.round(ms)
}

/** The nearest number that a report can tell, milliseconds. Pure. */
export const roundRoundTrip = (ms: number): number => roundTripAt(stepOf(ms, ROUND_TRIP_STEPS))

/** The nearest number that a report can tell, bytes a second. Pure. */
export const roundRate = (bytesPerSecond: number): number =>
  Math.round(RATE_UNIT * atStep(stepOf(bytesPerSecond / RATE_UNIT, RATE_STEPS)))

function wordOf({ relayed, connections, roundTripMs, rate }: SiteLink): number {
  const trip = roundTripMs === undefined ? 0 : stepOf(roundTripMs, ROUND_TRIP_STEPS)
  const speed = rate === undefined ? 0 : stepOf(rate.bytesPerSecond / RATE_UNIT, RATE_STEPS)
  const age = rate === undefined ? 0 : RATE_AGES.indexOf(rate.age)
  return (
    (Number(relayed) << AT.relayed) |
    ((Math.min(connections, LINK_CONNECTIONS) - 1) << AT.connections) |
    (trip << AT.roundTrip) |
    (speed << AT.rate) |
    (age << AT.age)
  )
}

function linkOf(site: SiteLink['site'], word: number): SiteLink {
  const bits = (at: number, width: number): number => (word >>> at) & (2 ** width - 1)
  const [trip, speed] = [bits(AT.roundTrip, 5), bits(AT.rate, 6)]
  return {
    site,
    connections: bits(AT.connections, 2) + 1,
    relayed: bits(AT.relayed, 1) === 1,
    roundTripMs: trip === 0 ? undefined : roundTripAt(trip),
    rate: speed === 0 ? undefined : rateAt(speed, bits(AT.age, 2)),
  }
}

const rateAt = (step: number, age: number): LinkRate => ({
  bytesPerSecond: Math.round(RATE_UNIT * atStep(step)),
  age: RATE_AGES[age] ?? 'older',
})

const word = z
  .number()
  .int()
  .min(0)
  .max(0xffff)
  // No word tells the age of a rate that it does not have.
  .refine((bits) => ((bits >>> AT.rate) & RATE_STEPS) > 0 || (bits & 3) === 0)

const siteLink = z.codec(z.tuple([named(parseSiteName), word]), z.custom<SiteLink>(), {
  decode: ([site, bits]) => linkOf(site, bits),
  encode: (link): [SiteName, number] => [link.site, wordOf(link)],
})

const report = z.strictObject({
  neighbours: z.number().int().nonnegative(),
  sites: z
    .array(siteLink)
    .max(LIMITS.sitesPerStatus)
    .refine((links) => links.every(({ site }, i) => i === 0 || (links[i - 1]?.site ?? '') < site)),
})

/** The number of neighbours, then a name and a word for each site, by name: a status is sent often, over thin links. */
const flat = z
  .array(z.union([z.number(), z.string()]))
  .min(1)
  .max(1 + 2 * LIMITS.sitesPerStatus)

/** A report of links between its form on the wire and its typed form. */
export const linkReport = z.codec(flat, report, {
  decode: ([neighbours, ...rest]) => ({ neighbours, sites: pairs(rest) }) as z.input<typeof report>,
  encode: ({ neighbours, sites }) => [neighbours, ...sites.flat()],
})

/** Two and two; what is left over makes a pair that no schema takes. */
const pairs = (list: readonly unknown[]): readonly unknown[] =>
  Array.from({ length: Math.ceil(list.length / 2) }, (_, i) => list.slice(2 * i, 2 * i + 2))
