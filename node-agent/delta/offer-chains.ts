import {
  DELTAS_PROTOCOL,
  deltasCodec,
  type Digest,
  digestFromBytes,
  fromHex,
  LIMITS,
  ShoalError,
  toWire,
} from '../../protocol/index.ts'
import type { Component, Logger } from '../lifecycle/index.ts'
import type { Channel, Net } from '../net/index.ts'
import { cheapestChain, type DeltaStep } from './chain.ts'

export interface OfferChainsDeps {
  readonly net: Pick<Net, 'handle'>
  readonly log: Logger
  /** Every delta that this node knows of. */
  readonly known: () => Promise<readonly DeltaStep[]>
  /** Makes the delta between two releases that are wholly here; undefined when it cannot, or may not. */
  readonly make: (from: Digest, to: Digest, signal: AbortSignal) => Promise<DeltaStep | undefined>
}

/** Questions answered at once; each is small, and what is made is made once. */
const ANSWERED_AT_ONCE = 32

/** Tells other members by which deltas one release becomes another, and has missing ones made: one at a time, each once (DELTA-15). */
export class OfferChains implements Component {
  readonly #deps: OfferChainsDeps
  readonly #made = new Map<string, Promise<DeltaStep | undefined>>()
  readonly #run = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()
  #answering = 0

  constructor(deps: OfferChainsDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#deps.net.handle(DELTAS_PROTOCOL, (channel) => this.#serve(channel), {
      maxFrameBytes: LIMITS.deltasMessageBytes,
    })
  }

  async stop(): Promise<void> {
    this.#run.abort()
    await this.#turn
  }

  async #serve(channel: Channel): Promise<void> {
    const frame = await channel.next()
    if (frame === undefined) return
    const question = deltasCodec.decode(frame.header)
    if (question.t !== 'chain') throw new ShoalError('WIRE_MALFORMED', 'a question was expected')
    const [from, to] = [digestFromBytes(question.from), digestFromBytes(question.to)]
    const busy = this.#answering >= ANSWERED_AT_ONCE
    this.#answering++
    try {
      const steps = busy ? [] : await this.chain(from, to, question.make)
      channel.send(
        deltasCodec.encode({
          t: 'steps',
          steps: steps.map((s) => ({
            to: fromHex(s.to),
            manifestBytes: s.manifestBytes,
            blob: fromHex(s.blob),
            bytes: s.bytes,
          })),
        }),
      )
      await channel.close()
    } finally {
      this.#answering--
    }
  }

  /** The cheapest chain that is known; a delta made for it when there is none and `make` allows. */
  async chain(from: Digest, to: Digest, make: boolean): Promise<readonly DeltaStep[]> {
    const known = cheapestChain(await this.#deps.known(), from, to)
    if (known.length > 0 || !make || from === to) return known
    const step = await this.#makeOnce(from, to)
    return step === undefined ? [] : [step]
  }

  #makeOnce(from: Digest, to: Digest): Promise<DeltaStep | undefined> {
    const key = `${from}${to}`
    const running = this.#made.get(key)
    if (running !== undefined) return running
    const made = this.#turn.then(() => this.#make(from, to))
    this.#turn = made
    // Kept while it is being made; afterwards it is known, or may be asked for again.
    this.#made.set(key, made)
    void made.finally(() => this.#made.delete(key))
    return made
  }

  async #make(from: Digest, to: Digest): Promise<DeltaStep | undefined> {
    const { make, log } = this.#deps
    const { signal } = this.#run
    if (signal.aborted) return undefined
    try {
      return await make(from, to, signal)
    } catch (err) {
      const { code, message } = toWire(err)
      if (!signal.aborted) log.warn('delta-not-made', { from, to, code, reason: message })
      return undefined
    }
  }
}
