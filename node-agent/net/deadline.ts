import { ShoalError } from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'

/** A signal that aborts after some time, unless disposed of before. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/** Aborts with PEER_TIMEOUT after `ms`, or with `parent`. */
export function deadline(clock: Clock, ms: number, ...parents: readonly AbortSignal[]): Deadline {
  const own = new AbortController()
  const signal = AbortSignal.any([own.signal, ...parents])
  const done = new AbortController()
  clock.sleep(ms, { signal: done.signal, unref: true }).then(
    () => own.abort(new ShoalError('PEER_TIMEOUT', `no answer within ${Math.round(ms / 1000)} s`)),
    () => undefined,
  )
  return { signal, [Symbol.dispose]: () => done.abort() }
}

/** What to report of a failure under a deadline: its own reason where it was the cause. */
export const reasonOf = (err: unknown, signal: AbortSignal): unknown =>
  signal.aborted && signal.reason instanceof ShoalError ? signal.reason : err
