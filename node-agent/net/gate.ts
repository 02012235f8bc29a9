import type { Connection, StreamMiddleware } from '@libp2p/interface'
import { LIMITS, ShoalError } from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'

/** What is known of one connection's peer. */
interface Admission {
  verdict: 'pending' | 'admitted' | 'refused'
  held: number
  readonly settled: PromiseWithResolvers<void>
}

/**
 * Decides which streams run. Until the hello of a connection has proved membership, streams of every other protocol wait, few and bounded;
 * then they run, or are aborted (NET-1, NET-2). The decision is kept by connection, never by peer id alone.
 */
export class Gate {
  readonly #admissions = new WeakMap<Connection, Admission>()
  readonly #clock: Clock
  readonly #holdMs: number

  constructor(clock: Clock, holdMs: number) {
    this.#clock = clock
    this.#holdMs = holdMs
  }

  verdict(connection: Connection): Admission['verdict'] {
    return this.#of(connection).verdict
  }

  admit(connection: Connection): void {
    this.#settle(connection, 'admitted')
  }

  refuse(connection: Connection): void {
    this.#settle(connection, 'refused')
  }

  /** libp2p runs it for every stream, inbound and outbound, before any handler sees it. */
  readonly middleware: StreamMiddleware = async (stream, connection, next) => {
    const admission = this.#of(connection)
    if (admission.verdict === 'pending') {
      if (admission.held >= LIMITS.heldStreams)
        throw new ShoalError('NOT_A_MEMBER', 'too many streams before the hello')
      const room = stream.maxReadBufferLength
      stream.maxReadBufferLength = Math.min(room, LIMITS.heldStreamBytes)
      admission.held++
      try {
        await this.#wait(admission)
      } finally {
        admission.held--
      }
      stream.maxReadBufferLength = room
    }
    // Asked again: the wait may have ended by its timeout, and a member may have been removed meanwhile.
    if (this.verdict(connection) !== 'admitted')
      throw new ShoalError('NOT_A_MEMBER', 'the peer has not proved membership')
    next(stream, connection)
  }

  async #wait(admission: Admission): Promise<void> {
    const decided = new AbortController()
    const timeout = this.#clock.sleep(this.#holdMs, { signal: decided.signal, unref: true }).catch(() => undefined)
    await Promise.race([admission.settled.promise, timeout])
    decided.abort()
  }

  #settle(connection: Connection, verdict: 'admitted' | 'refused'): void {
    const admission = this.#of(connection)
    admission.verdict = verdict
    admission.settled.resolve()
  }

  #of(connection: Connection): Admission {
    let admission = this.#admissions.get(connection)
    if (admission === undefined) {
      admission = { verdict: 'pending', held: 0, settled: Promise.withResolvers() }
      this.#admissions.set(connection, admission)
    }
    return admission
  }
}
