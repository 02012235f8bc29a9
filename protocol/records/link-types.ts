import type { SiteName } from '../ids/index.ts'

/** Connections of one link that are told apart. */
export const LINK_CONNECTIONS = 4

/** How long ago a rate was measured: `now` while it goes on, a quarter of an hour at most, four hours at most, or longer. */
export const RATE_AGES = ['now', 'minutes', 'hours', 'older'] as const
export type RateAge = (typeof RATE_AGES)[number]

/** What came over a link: bytes a second, in steps of √2. */
export interface LinkRate {
  readonly bytesPerSecond: number
  readonly age: RateAge
}

/** A host's links to the members of one other site. */
export interface SiteLink {
  readonly site: SiteName
  /** Members there that it is connected to; the largest number (`LINK_CONNECTIONS`) stands for more, too. */
  readonly connections: number
  /** All of them only through another member. */
  readonly relayed: boolean
  /** Of the best of them, in steps of √2; undefined until it was measured. */
  readonly roundTripMs: number | undefined
  /** Received from there; undefined when nothing that measures a line ever was. */
  readonly rate: LinkRate | undefined
}

/** What a host says of its own links. Its numbers are rounded, so that a report costs few bytes and noise changes none of them. */
export interface LinkReport {
  /** Members of its own site that it is connected to. */
  readonly neighbours: number
  /** By name, each site once; at most `LIMITS.sitesPerStatus`. */
  readonly sites: readonly SiteLink[]
}
