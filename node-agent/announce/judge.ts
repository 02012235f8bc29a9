import { LIMITS, ShoalError, type ShoalRecord } from '../../protocol/index.ts'
import { isForgery } from './forgery.ts'
import type { OfferResult, RecordBook } from './types.ts'

/**
 * Offers the records of one reconciliation to the book: some at once, in their order of kinds, and those that could not be judged once more
 * when the rest has arrived.
 */
export class Judge {
  readonly #book: Pick<RecordBook, 'offer'>
  readonly #learned: ShoalRecord[] = []
  readonly #unjudged: Uint8Array[] = []
  #forged = 0

  constructor(book: Pick<RecordBook, 'offer'>) {
    this.#book = book
  }

  /** @throws the error of the last record once too many were forged */
  async judge(envelopes: readonly Uint8Array[]): Promise<void> {
    for (let at = 0; at < envelopes.length; at += LIMITS.recordsJudgedAtOnce) {
      const batch = envelopes.slice(at, at + LIMITS.recordsJudgedAtOnce)
      const results = await Promise.all(batch.map((bytes) => this.#book.offer(bytes)))
      results.forEach((result, i) => this.#take(result, batch[i]))
    }
  }

  /** Judges what is left and returns all that was new. */
  async finish(): Promise<readonly ShoalRecord[]> {
    // As often as it helps: a chain of roots may have arrived in any order.
    for (let before = -1; this.#unjudged.length > 0 && before !== this.#learned.length;) {
      before = this.#learned.length
      await this.judge(this.#unjudged.splice(0))
    }
    return this.#learned
  }

  #take(result: OfferResult, bytes: Uint8Array | undefined): void {
    if (result.outcome === 'new') this.#learned.push(result.record)
    else if (result.outcome === 'unjudged') {
      if (bytes !== undefined && this.#unjudged.length < LIMITS.recordsUnjudged) this.#unjudged.push(bytes)
    } else if (result.outcome === 'rejected' && isForgery(result.error)) {
      this.#forged++
      if (this.#forged >= LIMITS.recordsRejected) {
        throw new ShoalError(result.error.code, `the peer sends forged records: ${result.error.message}`)
      }
    }
  }
}
