import type { ReceivedBy } from '../../protocol/index.ts'
import type { FetchCounts } from './types.ts'

export const NOTHING_BY: ReceivedBy = {
  links: { sameSite: 0, otherSite: 0, relayed: 0, metered: 0 },
  sources: { sameSite: 0, otherSites: 0, publisher: 0 },
  wasted: { duplicate: 0, bad: 0, cancelled: 0 },
}

const NOTHING: FetchCounts = {
  wireBytes: 0,
  sameSiteBytes: 0,
  otherSiteBytes: 0,
  wastedBytes: 0,
  by: NOTHING_BY,
  plainBytes: 0,
}

export const plusBy = (a: ReceivedBy, b: ReceivedBy): ReceivedBy => ({
  links: {
    sameSite: a.links.sameSite + b.links.sameSite,
    otherSite: a.links.otherSite + b.links.otherSite,
    relayed: a.links.relayed + b.links.relayed,
    metered: a.links.metered + b.links.metered,
  },
  sources: {
    sameSite: a.sources.sameSite + b.sources.sameSite,
    otherSites: a.sources.otherSites + b.sources.otherSites,
    publisher: a.sources.publisher + b.sources.publisher,
  },
  wasted: {
    duplicate: a.wasted.duplicate + b.wasted.duplicate,
    bad: a.wasted.bad + b.wasted.bad,
    cancelled: a.wasted.cancelled + b.wasted.cancelled,
  },
})

const plus = (a: FetchCounts, b: FetchCounts): FetchCounts => ({
  wireBytes: a.wireBytes + b.wireBytes,
  sameSiteBytes: a.sameSiteBytes + b.sameSiteBytes,
  otherSiteBytes: a.otherSiteBytes + b.otherSiteBytes,
  wastedBytes: a.wastedBytes + b.wastedBytes,
  by: plusBy(a.by, b.by),
  plainBytes: a.plainBytes + b.plainBytes,
})

/** Adds up the counts of fetches for one purpose. What was asked for and comes after its fetch has ended still counts. */
export class CountSum {
  readonly #tell: (sum: FetchCounts) => void
  readonly #parts: FetchCounts[] = []

  constructor(tell: (sum: FetchCounts) => void) {
    this.#tell = tell
  }

  /** A fetch begins: takes its counts, the whole of them each time. */
  next(): (counts: FetchCounts) => void {
    const place = this.#parts.push(NOTHING) - 1
    return (counts) => {
      this.#parts[place] = counts
      this.#tell(this.#parts.reduce(plus, NOTHING))
    }
  }
}
