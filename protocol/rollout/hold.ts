import type { ErrorCode } from '../errors/index.ts'
import type { RolloutState } from './evaluate.ts'
import { askOf, keyInWords } from './words.ts'

/** Why a host may not commit a release yet. */
export interface Hold {
  readonly code: Extract<ErrorCode, 'WAVE_NOT_OPEN' | 'ROLLOUT_PAUSED' | 'WAVE_INVALID'>
  /** The same as long as the reason is: numbers and ages that change by themselves are told by whoever is asked. */
  readonly message: string
  /** It may fetch and stage meanwhile. */
  readonly mayStage: boolean
}

/** Whether the turn of a wave's hosts has come; undefined when they may go. */
export function holdOf(state: RolloutState, number: number): Hold | undefined {
  const { channel, sequence, waves, open, paused } = state
  const wave = waves[number - 1]
  const release = `${channel}@${sequence}`
  const where = waves.length === 1 ? '' : `; this host is in wave ${number} of ${waves.length}`
  if (wave !== undefined && number > open) {
    const before = waves[number - 2]
    const asks = before === undefined ? '' : askOf(before)
    return {
      code: 'WAVE_NOT_OPEN',
      message: `${release} comes in waves${where}, which waits for ${asks}; the live tree is untouched`,
      mayStage: !wave.late,
    }
  }
  if (paused === undefined || number < paused.fromWave) return undefined
  const why = paused.message === '' ? '' : ` (${paused.message})`
  const since = new Date(paused.atMs).toISOString()
  const from = paused.fromWave === 1 ? '' : ` from wave ${paused.fromWave} on`
  return {
    code: 'ROLLOUT_PAUSED',
    message: `${release} is paused${from} by ${keyInWords(paused.by)} since ${since}${why}${where}; the live tree is untouched`,
    mayStage: true,
  }
}
