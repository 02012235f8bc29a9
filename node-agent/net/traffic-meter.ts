import { RateMeter } from '../traffic/index.ts'
import type { ConnectionTraffic } from './types.ts'

/** Counts what the streams of one connection carry. Times in milliseconds of a clock that never goes back. */
export class TrafficMeter {
  readonly #down = new RateMeter()
  readonly #up = new RateMeter()
  #receivedBytes = 0
  #sentBytes = 0

  add(receivedBytes: number, sentBytes: number, nowMs: number): void {
    this.#receivedBytes += receivedBytes
    this.#sentBytes += sentBytes
    this.#down.add(receivedBytes, nowMs)
    this.#up.add(sentBytes, nowMs)
  }

  read(nowMs: number): ConnectionTraffic {
    return {
      receivedBytes: this.#receivedBytes,
      sentBytes: this.#sentBytes,
      receiveRate: this.#down.rate(nowMs),
      sendRate: this.#up.rate(nowMs),
    }
  }
}
