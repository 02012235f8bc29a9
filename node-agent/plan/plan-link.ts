import type { PeerKey, SiteName } from '../../protocol/index.ts'

/** Who is at the other end of a link, and how it is reached. */
export interface LinkEnd {
  readonly peer: PeerKey
  readonly site: SiteName
  readonly sameSite: boolean
  /** Every connection to it goes through another member. */
  readonly relayed: boolean
}

/** The link to one peer as it is now: measured on a host, computed in a simulation. Sizes are plain bytes. */
export interface PlanLink {
  readonly peer: LinkEnd
  /** Nothing new is asked of it: there is no stream, or it answers nothing at the moment. */
  readonly closed: boolean
  /** Asked for and not yet answered. */
  readonly inFlight: number
  /** To keep asked for: what the link carries in a round trip, and some more. */
  readonly window: number
  /** Bytes a second; 0 while unknown. */
  readonly rate: number
  /** Milliseconds in which so many bytes in flight arrive; Infinity without a stream. */
  expectedMs(bytes: number): number
}
