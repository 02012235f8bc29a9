import type { PeerKey } from '../../protocol/index.ts'

/** A peer that lacked a chunk which no bitmap covers. */
interface Lack {
  readonly peer: PeerKey
  readonly chunk: number
  readonly atMs: number
}

/** Lacks in the order in which they were said; each is forgotten after a time, as the peer may have the chunk by then. */
export class Lacks {
  readonly #retryMs: number
  #lacks: Lack[] = []

  constructor(retryMs: number) {
    this.#retryMs = retryMs
  }

  /** When one is next forgotten, undefined when there is none. */
  get nextMs(): number | undefined {
    const [first] = this.#lacks
    return first === undefined ? undefined : first.atMs + this.#retryMs
  }

  add(peer: PeerKey, chunk: number, atMs: number): void {
    this.#lacks.push({ peer, chunk, atMs })
  }

  removePeer(peer: PeerKey): void {
    this.#lacks = this.#lacks.filter((lack) => lack.peer !== peer)
  }

  /** Those that are old enough; they are forgotten. */
  *due(nowMs: number): Generator<Lack> {
    while ((this.nextMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      const lack = this.#lacks.shift()
      if (lack !== undefined) yield lack
    }
  }
}
