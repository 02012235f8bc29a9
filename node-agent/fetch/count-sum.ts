import type { FetchCounts } from './types.ts'

const NOTHING: FetchCounts = { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0 }

const plus = (a: FetchCounts, b: FetchCounts): FetchCounts => ({
  wireBytes: a.wireBytes + b.wireBytes,
  sameSiteBytes: a.sameSiteBytes + b.sameSiteBytes,
  otherSiteBytes: a.otherSiteBytes + b.otherSiteBytes,
  wastedBytes: a.wastedBytes + b.wastedBytes,
})

/** Adds up the counts of fetches that follow each other for one purpose. */
export class CountSum {
  readonly #tell: (sum: FetchCounts) => void
  #sum = NOTHING

  constructor(tell: (sum: FetchCounts) => void) {
    this.#tell = tell
  }

  /** A fetch begins: takes its counts, the whole of them each time. */
  next(): (counts: FetchCounts) => void {
    const before = this.#sum
    return (counts) => {
      this.#sum = plus(before, counts)
      this.#tell(this.#sum)
    }
  }
}
