import { AVERAGE_CHUNK_BYTES, LIMITS } from '../../protocol/index.ts'

/** State of the link when a request left; handed back when its answer arrives. */
export interface Departure {
  readonly atMs: number
  /** Bytes delivered so far. */
  readonly delivered: number
  /** Bytes asked for before it and not yet delivered. */
  readonly ahead: number
}

/** A sample and when it was taken. */
interface Sample {
  readonly atMs: number
  readonly value: number
}

/** Samples older than this say nothing about the link as it is now. */
const RATE_WINDOW_MS = 10_000
const ROUND_TRIP_WINDOW_MS = 60_000
/** A shortest round trip older than this is measured again, with few requests in flight: a full link hides it behind its queue. */
const PROBE_AFTER_MS = 30_000
const PROBE_SHARE = 0.75
/** Requests kept in flight, in bandwidth-delay products: twice, so that the rate found doubles every round trip until the link is full. */
const GAIN = 2
/** Time for which both ends work on what has arrived: on a LAN it is longer than the round trip, and the pipe must not run dry meanwhile. */
const WORK_MS = 25
/** Goodput from which compressing costs more time than it saves, and from which only the fastest level pays; bytes a second. */
const NO_COMPRESSION_RATE = 40e6
const FAST_COMPRESSION_RATE = 8e6
/** Below it (8 Mbit/s) the strongest level that still runs many times as fast as the link. */
const THIN_RATE = 1e6
const STRONGEST = 9

/**
 * Measures one link from its answers, as BBR does: rate of delivery (the best of the last seconds) and round trip (the shortest of the last
 * minute, one chunk's time on the link included). Pure: times are passed in, in milliseconds of a clock that never goes back.
 */
export class LinkMeter {
  readonly #firstPatienceMs: number
  #delivered = 0
  #rates: Sample[] = []
  #roundTrips: Sample[] = []
  #probing = false
  #wayMs: number | undefined
  #wireShare = 1

  /** @param firstPatienceMs how long the first answer may take, when nothing is known of the link yet */
  constructor(firstPatienceMs: number = LIMITS.chunkTimeoutMs) {
    this.#firstPatienceMs = firstPatienceMs
  }

  /** Delivered bytes a second; undefined before the first answer. */
  get rate(): number | undefined {
    return this.#rates[0]?.value
  }

  /** Round trip in milliseconds; undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#roundTrips[0]?.value
  }

  /**
   * A request leaves.
   *
   * @param ahead bytes asked for and not yet delivered, without this request
   * @param wayMs shortest round trip of the connection itself, where the system tells: whatever answers take beyond it, they waited for the peer or for other requests
   */
  depart(nowMs: number, ahead: number, wayMs?: number): Departure {
    this.#wayMs = wayMs
    return { atMs: nowMs, delivered: this.#delivered, ahead }
  }

  /**
   * An answer arrived.
   *
   * @param bytes plain bytes delivered
   * @param wireBytes bytes that crossed the wire for them
   */
  arrive(departure: Departure, bytes: number, wireBytes: number, nowMs: number): void {
    this.#delivered += bytes
    const tookMs = Math.max(nowMs - departure.atMs, 0.1)
    const rate = ((this.#delivered - departure.delivered) / tookMs) * 1000
    this.#rates = best(this.#rates, { atMs: nowMs, value: rate }, RATE_WINDOW_MS, (a, b) => a >= b)
    this.#takeRoundTrip({ atMs: nowMs, value: tookMs }, departure)
    if (bytes > 0) this.#wireShare += (wireBytes / bytes - this.#wireShare) / 8
  }

  #takeRoundTrip(sample: Sample, { ahead }: Departure): void {
    if (this.#probing && ahead <= this.#probeBytes) {
      // Nothing but the link itself was in the way: the truth of now, even where it is longer than before.
      this.#roundTrips = [sample]
      this.#probing = false
      return
    }
    // On a link so thin that a request takes a minute, a minute says nothing.
    const windowMs = Math.max(ROUND_TRIP_WINDOW_MS, 8 * sample.value)
    this.#roundTrips = best(this.#roundTrips, sample, windowMs, (a, b) => a <= b)
    const ageMs = sample.atMs - (this.#roundTrips[0]?.atMs ?? sample.atMs)
    this.#probing ||= ageMs > Math.max(PROBE_AFTER_MS, 4 * sample.value)
  }

  /** In flight while the round trip is measured again: less than the line holds, as far as it is known, so that no queue hides it, and not so little that the line runs dry. */
  get #probeBytes(): number {
    const product = ((this.rate ?? 0) * (this.roundTripMs ?? 0)) / 1000
    return Math.max(LIMITS.inFlightMinBytes, PROBE_SHARE * (product - AVERAGE_CHUNK_BYTES))
  }

  /** Bytes to keep asked for. */
  get window(): number {
    const { rate, roundTripMs } = this
    if (rate === undefined || roundTripMs === undefined) return LIMITS.inFlightMinBytes
    return Math.min(LIMITS.inFlightMaxBytes, Math.max(LIMITS.inFlightMinBytes, this.#product(rate, roundTripMs)))
  }

  #product(rate: number, roundTripMs: number): number {
    const held = (ms: number): number => (rate * (GAIN * ms + WORK_MS)) / 1000
    // One chunk on the line, and as much as comes while its answer and the next request are under way.
    if (this.#wayMs !== undefined) return AVERAGE_CHUNK_BYTES + held(this.#wayMs)
    return this.#probing ? this.#probeBytes : held(roundTripMs)
  }

  /** zstd level worth asking for: none where the CPU is the limit. */
  get compression(): number {
    if (this.rate === undefined) return 3
    const wireRate = this.rate * this.#wireShare
    if (wireRate >= NO_COMPRESSION_RATE) return 0
    if (wireRate >= FAST_COMPRESSION_RATE) return 1
    return wireRate >= THIN_RATE ? 3 : STRONGEST
  }

  /** How long `bytes` in flight may take before the link counts as stalled. */
  patienceMs(inFlight: number): number {
    const { rate, roundTripMs } = this
    if (rate === undefined || roundTripMs === undefined) return this.#firstPatienceMs
    const expectedMs = roundTripMs + (Math.min(inFlight, LIMITS.chunkBytes) / rate) * 1000
    return Math.min(LIMITS.chunkTimeoutMs, Math.max(MIN_PATIENCE_MS, PATIENCE * expectedMs))
  }

  /** When `bytes` more would have arrived, after what is in flight. */
  expectedMs(bytes: number): number {
    const { rate, roundTripMs } = this
    if (rate === undefined || roundTripMs === undefined) return LIMITS.chunkTimeoutMs
    return roundTripMs + (bytes / rate) * 1000
  }
}

/** Multiple of the expected time, and the least time, after which silence is a stall. */
const PATIENCE = 4
const MIN_PATIENCE_MS = 2_000

/** A sliding best: samples in order of falling quality, the best first; later and better ones push out earlier and worse ones. */
function best(
  samples: readonly Sample[],
  sample: Sample,
  windowMs: number,
  beats: (a: number, b: number) => boolean,
): Sample[] {
  const kept = samples.filter(({ atMs, value }) => atMs > sample.atMs - windowMs && !beats(sample.value, value))
  kept.push(sample)
  return kept
}
