import { type DeltaRef, type Digest, type ErrorCode, ShoalError } from '../../protocol/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import { Encoders } from './encoders.ts'
import { makeDelta, type MakeDeltaDeps, type MakeDeltaInit } from './make-delta.ts'

/** An older release that is not whole in this home any more gives no delta; hosts at it fetch chunks. */
const NOT_WHOLE: ReadonlySet<ErrorCode> = new Set(['CHUNK_NOT_FOUND', 'STORE_CORRUPT'])

export interface MakeDeltasInit extends Omit<MakeDeltaInit, 'from'> {
  readonly bases: readonly Digest[]
}

/** Makes a delta from each base, one after another. Durable when it resolves. @throws NO_SPACE, CANCELLED */
export async function makeDeltas(
  deps: Omit<MakeDeltaDeps, 'encoders'> & { readonly log: Logger },
  { bases, to, signal, onProgress }: MakeDeltasInit,
): Promise<readonly DeltaRef[]> {
  const encoders = new Encoders()
  // What is being coded is given up at once; what is waited for rejects.
  const stop = (): void => void encoders.close()
  signal.addEventListener('abort', stop, { once: true })
  const made: DeltaRef[] = []
  try {
    for (const [i, from] of bases.entries()) {
      const share = (done: number, total: number): void => onProgress(i * total + done, bases.length * total)
      try {
        made.push(await makeDelta({ ...deps, encoders }, { from, to, signal, onProgress: share }))
      } catch (err) {
        if (!(err instanceof ShoalError) || !NOT_WHOLE.has(err.code)) throw err
        deps.log.warn('delta-not-made', { from, to, code: err.code, reason: err.message })
      }
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await encoders.close()
  }
  return made
}
