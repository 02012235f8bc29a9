import type { Digest } from '../ids/index.ts'

/** What must hold of a wave's hosts before the wave after it may go. Without any, nothing is asked. */
export interface Gates {
  /** Percent of the wave's hosts that must be healthy, over 0 to 100. */
  readonly healthyPercent: number | undefined
  /** For so long they must have been, milliseconds; without `healthyPercent` one of them. */
  readonly afterMs: number | undefined
  /** A person must promote the next wave. */
  readonly approve: boolean
}

/** One step of a rollout: which hosts, and what must hold of them before the next one. */
export interface Wave {
  /** Which hosts, in the words of `protocol/rollout/selector.ts`. */
  readonly select: string
  readonly gates: Gates
  /** Hosts that the publisher knew in it: with fewer known, nobody may take what is seen for all there is. */
  readonly hosts: number
  /** Its hosts fetch nothing before it is open; others stage ahead. */
  readonly late: boolean
}

/** How a release spreads. A host is in the first wave that selects it, else in one more that follows the last. */
export interface Rollout {
  /** Chosen by the publisher, so that percentages come out even over the hosts that it knows. */
  readonly salt: number
  readonly waves: readonly Wave[]
}

/** One publisher's last word on pausing a release. */
export interface PauseWord {
  /** Waves from this one on begin no commit; 0: none waits. */
  readonly fromWave: number
  /** Counts up over the words of all publishers of the channel: the highest holds, of equals the one that pauses. 0: nothing was ever said. */
  readonly order: number
  readonly atMs: number
  readonly message: string
}

/** One publisher's last word on letting waves go. */
export interface PromoteWord {
  /** Waves up to this one are open whatever their gates say; 0: none by this. */
  readonly wave: number
  readonly atMs: number
  readonly message: string
}

/** Kind `control`, key = `CHANNEL.PUBLISHERKEY`, signed by that key alone: what one publisher says of one release's rollout. */
export interface ControlBody {
  readonly sequence: number
  /** Id of the head that it speaks of; it means nothing for any other, be it of the same sequence. */
  readonly head: Digest
  readonly pause: PauseWord
  readonly promote: PromoteWord
}

/** Kind `retry`, key = `CHANNEL.PEER`, signed by a publisher of the channel: that host tries a release again, once a version. */
export interface RetryBody {
  readonly sequence: number
  /** Id of the head whose release it is. */
  readonly head: Digest
  readonly atMs: number
}
