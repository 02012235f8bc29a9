import { RateMeter } from '../traffic/index.ts'
import { LineMeasure } from './line-measure.ts'
import type { ConnectionTraffic } from './types.ts'

/** Counts what the streams of one connection carry. Times in milliseconds of a clock that never goes back. */
export class TrafficMeter {
  readonly #down = new RateMeter()
  readonly #up = new RateMeter()
  readonly #measure = new LineMeasure()
  #receivedBytes = 0
  #sentBytes = 0

  add(receivedBytes: number, sentBytes: number, nowMs: number): void {
    this.#receivedBytes += receivedBytes
    this.#sentBytes += sentBytes
    this.#down.add(receivedBytes, nowMs)
    this.#up.add(sentBytes, nowMs)
    if (receivedBytes > 0) this.#measure.see(this.#down.rate(nowMs), nowMs)
  }

  read(nowMs: number): ConnectionTraffic {
    const measured = this.#measure.read(nowMs)
    return {
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      receiveRate: this.#down.rate(nowMs),
      sendRate: this.#up.rate(nowMs),
      ...(measured && { measured }),
    }
  }
}
