import { describe, expect, test } from 'vitest'
import { waveViews, type WavesKnown } from '../../../node-agent/views/index.ts'
import type { RolloutView } from '../../../protocol/status/index.ts'

const NOW = 1_800_000_000_000
const word = { by: 'ab'.repeat(32), at: new Date(NOW).toISOString(), message: '' }
const counts = { healthy: 0, failed: 0, working: 0, held: 0, unknown: 0 }

const rollout = (over: Partial<RolloutView>): RolloutView => ({
  sequence: 2,
  waves: ['label:role=canary', '20%', 'all'].map((select, place) => ({
    number: place + 1,
    select,
    late: false,
    open: place === 0,
    hosts: 3,
    counts: { ...counts, healthy: place === 0 ? 3 : 0 },
    gates: [],
  })),
  open: 1,
  paused: null,
  promoted: null,
  next: null,
  ...over,
})

const PUBLISHED = NOW - 3_600_000

describe('waves as the console shows them', () => {
  const shown = (view: RolloutView, known: Partial<WavesKnown> = {}) =>
    waveViews('web', view, {
      publishedMs: PUBLISHED,
      seenMs: () => undefined,
      committedMs: () => undefined,
      ...known,
    }).map(({ state, openedMs }) => [state, openedMs] as const)

  test('VIEW-9 the first wave is open since the release, others since the earliest that is known: a promotion, the first commit in it, the first sight', () => {
    expect(shown(rollout({}))).toEqual([
      ['done', PUBLISHED],
      ['next', null],
      ['later', null],
    ])
    const second = (over: Partial<RolloutView>, known: Partial<WavesKnown> = {}) => shown(rollout(over), known)[1]?.[1]
    expect(second({ open: 2 })).toBeNull()
    expect(second({ open: 2 }, { seenMs: (wave) => (wave === 2 ? NOW : undefined) })).toBe(NOW)
    expect(second({ open: 2 }, { seenMs: () => NOW, committedMs: () => NOW - 60_000 })).toBe(NOW - 60_000)
    // A clock that stands before the release says nothing.
    expect(second({ open: 2 }, { committedMs: () => 5 })).toBe(PUBLISHED)
    expect(second({}, { committedMs: () => NOW })).toBeNull()
    const promoted = { wave: 3, ...word }
    expect(shown(rollout({ open: 3, promoted }), { seenMs: (wave) => NOW - 600_000 * (3 - wave) })).toEqual([
      ['done', PUBLISHED],
      ['open', NOW - 600_000],
      ['open', NOW],
    ])
  })
})
