import { describe, expect, test } from 'vitest'
import { conditionOf, type ConditionInput, SILENT_SECONDS } from '../../../protocol/status/index.ts'

const of = (more: Partial<ConditionInput>): string =>
  conditionOf({
    head: 5,
    fresh: true,
    release: 5,
    proved: true,
    said: 'settled',
    error: null,
    ageSeconds: 3,
    ...more,
  })

describe('how a host stands on a channel', () => {
  test('STATUS-5 each situation has its word', () => {
    expect(of({})).toBe('current')
    expect(of({ release: 6 })).toBe('current')
    expect(of({ ageSeconds: SILENT_SECONDS + 1 })).toBe('offline')
    expect(of({ said: 'failed', ageSeconds: SILENT_SECONDS + 1 })).toBe('offline')
    expect(of({ release: 4 })).toBe('waiting')
    expect(of({ release: 4, said: 'held', error: 'ROLLOUT_PAUSED' })).toBe('paused')
    expect(of({ release: 4, said: 'held', error: 'WAVE_NOT_OPEN' })).toBe('waiting')
    expect(of({ release: 4, fresh: false })).toBe('refused')
    expect(of({ release: 4, said: 'fetching' })).toBe('updating')
    expect(of({ release: 3, said: 'fetching' })).toBe('catching-up')
    expect(of({ release: 0, said: 'idle' })).toBe('waiting')
    expect(of({ proved: false })).toBe('updating')
    expect(of({ release: 4, said: 'held' })).toBe('held')
    expect(of({ release: 4, said: 'held', error: 'HEAD_EXPIRED' })).toBe('refused')
    expect(of({ release: 4, said: 'failed', error: 'FILE_SYSTEM' })).toBe('failed')
    expect(of({ release: 4, said: 'failed', error: 'NO_SPACE' })).toBe('refused')
    expect(of({ said: 'drifted', proved: false })).toBe('drifted')
    expect(of({ release: 4, said: 'rolled-back' })).toBe('rolled-back')
    expect(of({ head: 0, release: 0, said: 'idle', proved: false })).toBe('idle')
  })
})
