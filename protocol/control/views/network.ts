import type { ConditionCounts } from './common.ts'

/** How releases spread. */
export interface NetworkUpdate {
  readonly nowMs: number
  readonly selfSite: string | null
  readonly sites: readonly NetworkSite[]
  /** Between sites, each pair once, by name; what the hosts of either side report. */
  readonly links: readonly NetworkLink[]
  /** Sites that reach one another, largest part first; more than one part is a partition. */
  readonly parts: readonly (readonly string[])[]
}

export interface NetworkSite {
  readonly site: string
  readonly hosts: number
  readonly counts: ConditionCounts
  /** Hosts heard of lately, and those of them that no member of another site reaches but through a relay. */
  readonly heard: number
  readonly relayedOnly: number
  readonly heardMs: number | null
}

export interface NetworkLink {
  readonly a: string
  readonly b: string
  /** Connections between their hosts, and how many of them go through a relay. */
  readonly connections: number
  readonly relayed: number
  readonly roundTripMs: number | null
  /** Received lately, bytes a second, from a by b and the other way. */
  readonly rateToB: number | null
  readonly rateToA: number | null
  /** The newest report of it. */
  readonly heardMs: number
}

export interface NetworkPathRequest {
  readonly from: string
  readonly to: string
}

/** How two hosts reach each other, site by site; empty when no way is known. */
export interface NetworkPath {
  readonly hops: readonly NetworkHop[]
}

export interface NetworkHop {
  readonly fromSite: string
  readonly toSite: string
  readonly relayed: boolean
  readonly roundTripMs: number | null
  readonly rate: number | null
  readonly heardMs: number
}
