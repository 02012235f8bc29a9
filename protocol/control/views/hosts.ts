import type { HostCondition } from '../../status/index.ts'
import type { ChannelChoice, ConditionCounts, RowWindow } from './common.ts'

/** Columns by which hosts can be sorted; by name within equals. */
export const HOST_SORTS = [
  'host',
  'site',
  'release',
  'state',
  'progress',
  'left',
  'rate',
  'time-left',
  'heard',
] as const
export type HostSort = (typeof HOST_SORTS)[number]

export interface HostsQuery extends ChannelChoice {
  /** In the grammar of protocol/query; empty for all. A wrong one is QUERY_INVALID, with the place in the message. */
  readonly query: string
}

export interface HostsRequest extends HostsQuery, RowWindow {
  readonly sort: HostSort
  readonly descending: boolean
  /** One byte a host is wanted, too: `HostsUpdate.states`. */
  readonly squares: boolean
}

/** Hosts that match a query: counts of all, one byte a host, and the rows that are in sight. */
export interface HostsUpdate {
  readonly nowMs: number
  /** Members of the mesh, or hosts of the channel. */
  readonly total: number
  readonly matching: number
  /** Of those that match. */
  readonly counts: ConditionCounts
  /** Of those that match, by name: `states` has the hosts of one after those of the other. Null when the same as in the picture before. */
  readonly sites: readonly { readonly site: string; readonly hosts: number }[] | null
  /** Of those that match: what is live there, most hosts first; at most `CONTROL_LIMITS.viewFacets`. `sequence` 0 is nothing. */
  readonly releases: readonly { readonly channel: string; readonly sequence: number; readonly hosts: number }[]
  /** An index into HOST_CONDITIONS a matching host, ordered by site, then name; null when it is not asked for, or the same as in the picture before. */
  readonly states: Uint8Array | null
  /** As asked, or less near the end. */
  readonly first: number
  readonly rows: readonly HostLine[]
}

/** One host in a table: its word on the channel asked for, or on the one where it stands worst. */
export interface HostLine {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  /** null for a host that has reported no target. */
  readonly channel: string | null
  /** Release that is live there; 0 for none. */
  readonly release: number
  /** Release that it should be at; 0 when none is known. */
  readonly want: number
  readonly state: HostCondition
  /** It signed that its tree equals `release`. */
  readonly proved: boolean
  /** 0 to 1 of the work on `want`; null when it does not work on it. */
  readonly progress: number | null
  /** Bytes that it has yet to get. */
  readonly left: number | null
  /** Bytes a second. */
  readonly rate: number | null
  readonly secondsLeft: number | null
  /** When it said all this. */
  readonly heardMs: number | null
  /** `CODE: message`. */
  readonly error: string | null
  /** Processes that run on an older release. */
  readonly stale: number
}

/** A host by its place among the bytes of `HostsUpdate.states`. */
export interface HostAtRequest extends HostsQuery {
  readonly index: number
}

/** Words that a query may use in this mesh, for completion; each list bounded by `CONTROL_LIMITS.viewFacets`, most frequent first. */
export interface QueryVocabulary {
  readonly sites: readonly string[]
  readonly channels: readonly string[]
  readonly releases: readonly number[]
  readonly labels: readonly { readonly key: string; readonly values: readonly string[] }[]
  readonly errors: readonly string[]
}
