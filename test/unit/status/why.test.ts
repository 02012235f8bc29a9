import { describe, expect, test } from 'vitest'
import { explain, type HostView } from '../../../protocol/status/index.ts'
import { aHost, aStatus } from '../../support/fake-handlers.ts'

function reasonOf(
  host: Partial<HostView>,
  head: { readonly sequence?: number; readonly fresh?: boolean } = {},
): string {
  const state = aHost('oslo-1', host)
  const [channel] = aStatus([state], head.sequence ?? 2).channels
  if (channel === undefined) throw new Error('no channel')
  const why = explain({ ...channel, fresh: head.fresh ?? true }, state)
  expect(why).toMatchObject({ channel: 'web', host: 'oslo-1', site: 'oslo', ageSeconds: state.ageSeconds })
  expect(why.text).not.toBe('')
  return why.reason
}

const error = { code: 'NO_SPACE', message: 'the disk is full' }

describe('why a host is not at the head', () => {
  test('WHY-1 each state has its reason', () => {
    expect(reasonOf({})).toBe('proved')
    expect(reasonOf({ ageSeconds: 86_400 })).toBe('proved')
    expect(reasonOf({}, { sequence: 0 })).toBe('no-release')
    const behind = { sequence: 1, proved: true }
    expect(reasonOf({ ...behind, state: 'settled' })).toBe('not-begun')
    expect(reasonOf({ ...behind, state: 'fetching', progress: 0.4 })).toBe('working')
    expect(reasonOf({ ...behind, state: 'failed', error })).toBe('failed')
    expect(reasonOf({ ...behind, state: 'rolled-back', error })).toBe('rolled-back')
    expect(reasonOf({ ...behind, state: 'held', error })).toBe('held')
    expect(reasonOf({ ...behind, state: 'held', error }, { fresh: false })).toBe('expired')
    expect(reasonOf({ ...behind, ageSeconds: 3600 })).toBe('silent')
    expect(reasonOf({ state: 'drifted', proved: false })).toBe('drifted')
    expect(reasonOf({ state: 'settled', proved: false })).toBe('unproved')
  })

  test('WHY-1 the text says what the host said', () => {
    const state = aHost('oslo-1', { sequence: 1, state: 'failed', error })
    const [channel] = aStatus([state]).channels
    if (channel === undefined) throw new Error('no channel')
    expect(explain(channel, state).text).toContain('NO_SPACE: the disk is full')
    const held = aHost('oslo-1', {
      sequence: 1,
      state: 'held',
      error: { code: 'BUDGET_EXCEEDED', message: '5 too many' },
    })
    expect(explain(channel, held).text).toBe('it waits: BUDGET_EXCEEDED: 5 too many')
    const unwell = { code: 'HEALTH_FAILED', message: 'the action well exited with 1' }
    const back = aHost('oslo-1', { sequence: 1, state: 'rolled-back', error: unwell })
    expect(explain(channel, back).text).toBe(
      'it took a release, was not well with it, and went back to web@1 by itself: HEALTH_FAILED: the action well exited with 1; it tries again when it is told to',
    )
  })
})
