/** What was not used is saved up for this long, so that a pause of the reader costs nothing and a burst stays short. */
const SAVED_MS = 1_000

/**
 * A rate over time: filled steadily, and whoever takes more than there is leaves a debt that is paid off first. Over any time the bytes taken
 * stay below the rate, one saved-up second and one debt aside (LIMIT-2).
 */
export class TokenBucket {
  readonly #clock: { monotonic(): number }
  readonly #rate: number
  #tokens: number
  #atMs: number

  /** @param rate bytes a second, above 0 */
  constructor(clock: { monotonic(): number }, rate: number) {
    this.#clock = clock
    this.#rate = rate
    this.#tokens = this.#most
    this.#atMs = clock.monotonic()
  }

  get #most(): number {
    return (this.#rate * SAVED_MS) / 1000
  }

  /** Bytes that may be taken now; below 0 while there is a debt. */
  get available(): number {
    const nowMs = this.#clock.monotonic()
    this.#tokens = Math.min(this.#most, this.#tokens + (this.#rate * (nowMs - this.#atMs)) / 1000)
    this.#atMs = nowMs
    return this.#tokens
  }

  take(bytes: number): void {
    this.#tokens = this.available - bytes
  }

  /** Less was used than had been taken. */
  giveBack(bytes: number): void {
    this.#tokens = Math.min(this.#most, this.available + bytes)
  }

  /** Milliseconds until anything may be taken. */
  get waitMs(): number {
    const { available } = this
    return available > 0 ? 0 : Math.ceil(((1 - available) / this.#rate) * 1000)
  }
}
