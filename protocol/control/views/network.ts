import type { LinkRate } from '../../records/index.ts'
import type { ConditionCounts } from './common.ts'

/** How releases spread: what the hosts of all sites say of their links. */
export interface NetworkUpdate {
  readonly nowMs: number
  readonly selfSite: string | null
  readonly sites: readonly NetworkSite[]
  /** Between sites, each pair once, by name. */
  readonly links: readonly NetworkLink[]
  /** Sites that reach one another, this node's part first, then the largest; more than one part is a partition. Sites that never said anything and that nobody reaches are in none. */
  readonly parts: readonly NetworkPart[]
}

export interface NetworkPart {
  /** By name. */
  readonly sites: readonly string[]
  readonly hosts: number
  readonly heardMs: number | null
  /**
   * Hosts of the first part that told lately which sites they reach, and named none of these. With 0 nothing is known but the silence. 0 for the
   * first part itself.
   */
  readonly deniedBy: number
}

export interface NetworkSite {
  readonly site: string
  readonly hosts: number
  readonly counts: ConditionCounts
  /** Hosts heard of lately. */
  readonly heard: number
  /** Of `heard`, those that told of their links: older agents do not. */
  readonly telling: number
  /** Of `telling`, those that reach other sites only through a relay. */
  readonly relayedOnly: number
  /** Of `telling`, those that are connected to no neighbour, although others of the site are heard of: what they fetch crosses the uplink. */
  readonly lone: number
  readonly heardMs: number | null
}

export interface NetworkLink {
  readonly a: string
  readonly b: string
  /** Hosts of either side that tell of it, and those of them that reach the other only through a relay. */
  readonly hosts: number
  readonly relayed: number
  /** Between all of them, at least. */
  readonly connections: number
  /** Least one that is told. */
  readonly roundTripMs: number | null
  /** What comes now, bytes a second, from a to b and the other way; null when nobody tells of any. */
  readonly rateToB: number | null
  readonly rateToA: number | null
  /** The newest measure of it: the most that one host received. */
  readonly measured: LinkRate | null
  /** The newest word of it. */
  readonly heardMs: number
  /** Nobody told of it lately: these are the last words of hosts that are silent. */
  readonly stale: boolean
}

export interface NetworkPathRequest {
  readonly from: string
  readonly to: string
}

/** How two hosts reach each other, site by site. */
export interface NetworkPath {
  readonly fromSite: string
  readonly toSite: string
  /** Empty when no way is known, and within a site. */
  readonly hops: readonly NetworkHop[]
}

export interface NetworkHop extends Omit<NetworkLink, 'a' | 'b' | 'rateToA' | 'rateToB'> {
  readonly fromSite: string
  readonly toSite: string
  /** What comes now in this direction, bytes a second. */
  readonly rate: number | null
  /** Hosts at either end that tell of it: the host asked for first when it is one of them; at most `CONTROL_LIMITS.hopHosts`. */
  readonly leave: readonly string[]
  readonly arrive: readonly string[]
}
