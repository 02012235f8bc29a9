import { describe, expect, test } from 'vitest'
import type { GateView, RolloutStep } from '../../../protocol/control/index.ts'
import {
  actionsOf,
  awayText,
  promotionText,
  sourcesOf,
  stepText,
  wholeSinceMs,
} from '../../../renderer/state/rollout.ts'
import { makeFleet } from '../../support/console/fleet.ts'
import { rolloutOf } from '../../support/console/rollout-view.ts'

describe('a rollout', () => {
  const hosts = makeFleet(500)

  test('CONSOLE-22 buttons say what happens, in numbers', () => {
    const update = rolloutOf(hosts, 'web', null)
    const last = update.waves[2]?.hosts ?? 0
    expect(actionsOf(update)).toMatchObject({
      pause: 'Pause',
      resume: undefined,
      next: { wave: 3, text: `Send to all others now (${last} hosts)` },
      all: undefined,
    })
    expect(actionsOf({ ...update, superseded: true })).toEqual({
      pause: undefined,
      resume: undefined,
      next: undefined,
      all: undefined,
    })
    const paused = actionsOf({ ...update, summary: { state: 'paused', wave: 2, waves: 3 } })
    expect([paused.pause, paused.resume]).toEqual([undefined, 'Go on'])
    expect(sourcesOf(update.bytes).reduce((sum, line) => sum + line.bytes, 0)).toBeCloseTo(
      update.bytes.sameSite + update.bytes.otherSites,
    )
    expect(sourcesOf({ ...update.bytes, publisherSite: null })).toHaveLength(2)
  })

  test('CONSOLE-22 a wave that is open stays so while it is paused: only those after it are sent to', () => {
    const update = rolloutOf(hosts, 'web', null)
    const waves = update.waves.map((wave) => ({ ...wave, state: 'paused' as const, openedMs: null }))
    const { next, all } = actionsOf({ ...update, waves, summary: { state: 'paused', wave: 2, waves: 3 } })
    expect([next?.wave, all]).toEqual([3, undefined])
  })

  test('CONSOLE-22 promoting says which gates it passes over, and that it is itself the approval', () => {
    const gate = (kind: GateView['kind'], met: boolean): GateView => ({
      ...{ kind, met, text: `the ${kind} gate`, share: null, needed: null, metByMs: null },
    })
    expect(promotionText([gate('healthy', true), gate('approval', false)])).toBe(
      'It waits for a person to approve it, and this does.',
    )
    expect(promotionText([gate('healthy', false), gate('approval', false)])).toBe(
      'Not met yet: the healthy gate. It goes all the same.',
    )
    expect(promotionText([gate('time', true)])).toBe('Its gates are met.')
  })

  test('CONSOLE-16 since when all have proved it is when the last one did, as seen here', () => {
    const update = rolloutOf(hosts, 'web', null)
    const point = (atMs: number, converged: number) => ({ atMs, hosts: 3, converged, failed: 0, offline: 0 })
    const at = (converged: number, ...curve: readonly number[]) =>
      wholeSinceMs({ ...update, hosts: 3, converged, curve: curve.map((count, place) => point(place, count)) })
    expect(at(3, 0, 2, 3)).toBe(2)
    expect(at(3, 3, 2, 3, 3)).toBe(2)
    expect(at(3, 3)).toBe(0)
    expect(at(2, 0, 2)).toBeUndefined()
  })

  test('CONSOLE-22 what was done is said, and who is away', () => {
    const step = (what: RolloutStep['what'], wave: number | null) => stepText({ what, wave, atMs: 0, by: [], text: '' })
    expect([step('promote', 2), step('pause', 1), step('pause', 3), step('resume', null)]).toEqual([
      'Opened wave 2',
      'Paused',
      'Paused from wave 3 on',
      'Went on',
    ])
    expect([0, 1, 31].map(awayText)).toEqual([
      '',
      '1 host that is away follows when it returns.',
      '31 hosts that are away follow when they return.',
    ])
  })
})
