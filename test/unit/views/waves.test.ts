import { describe, expect, test } from 'vitest'
import { waveViews } from '../../../node-agent/views/index.ts'
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

describe('waves as the console shows them', () => {
  const shown = (view: RolloutView) =>
    waveViews('web', view, NOW - 60_000).map(({ state, openedMs }) => [state, openedMs] as const)

  test('VIEW-9 the first wave is open since the release, one that was promoted since then, and of others nobody wrote it down', () => {
    expect(shown(rollout({}))).toEqual([
      ['done', NOW - 60_000],
      ['next', null],
      ['later', null],
    ])
    expect(shown(rollout({ open: 2 }))[1]).toEqual(['open', null])
    expect(shown(rollout({ open: 3, promoted: { wave: 3, ...word } }))).toEqual([
      ['done', NOW - 60_000],
      ['open', null],
      ['open', NOW],
    ])
  })
})
