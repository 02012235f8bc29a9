import { isShoalError, ShoalError, toWire } from '../errors/index.ts'

/**
 * What a caller is told when a handler throws: a ShoalError as it is, any AbortError of a cancelled call as CANCELLED, all else as INTERNAL,
 * after `onUnexpected` has seen it.
 */
export function toControlError(err: unknown, signal: AbortSignal, onUnexpected: (err: unknown) => void): ShoalError {
  if (isShoalError(err)) return err
  if (signal.aborted && err instanceof Error && err.name === 'AbortError') {
    return new ShoalError('CANCELLED', 'cancelled', { cause: err })
  }
  onUnexpected(err)
  return new ShoalError('INTERNAL', toWire(err).message, { cause: err })
}
