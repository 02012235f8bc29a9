import { describe, expect, test } from 'vitest'
import { predictReach, type ReachHost, stepsAhead } from '../../../node-agent/preview/index.ts'
import type { ReachInput } from '../../../node-agent/preview/reach.ts'
import { diffReleases } from '../../../node-agent/publish/diff.ts'
import { encodeManifest, type Manifest, runSteps } from '../../../protocol/index.ts'
import { digestOf } from '../../../node-agent/store/manifest-store.ts'
import { channelStatus } from '../../support/mesh-fixture.ts'
import { directory, file, manifestOf, symlink } from '../../support/entries.ts'

const idOf = (manifest: Manifest) => digestOf(encodeManifest(manifest))
const text = (word: string, size: number): string => word.repeat(size).slice(0, size)

const FIRST = manifestOf(file('a', text('a', 1000)), file('b', text('b', 2000)))
const SECOND = manifestOf(file('a', text('a', 1000)), file('b', text('c', 3000)))
const NEXT = manifestOf(file('a', text('a', 1000)), file('b', text('d', 4000)))

function reach(hosts: readonly ReachHost[], more: Partial<ReachInput> = {}) {
  const known = new Map([FIRST, SECOND].map((manifest) => [idOf(manifest), manifest]))
  const difference = diffReleases(SECOND, NEXT, '/srv')
  return runSteps(
    predictReach({
      ...{ channel: 'web', next: NEXT, difference, operations: 4, hosts, heads: [] },
      manifestOf: (id) => known.get(id),
      ...more,
    }),
  )
}

const at = (site: string, manifest: Manifest | undefined, more: Partial<ReachHost> = {}): ReachHost => ({
  ...{ host: `${site}-1`, site, isOffline: false, budgetBytes: undefined },
  status: channelStatus({ manifest: manifest && idOf(manifest) }),
  ...more,
})

describe('what sending would mean', () => {
  test('PREV-9 bytes a site once: new chunks of what its hosts are at, all of it where that is not known', () => {
    const strange = manifestOf(file('z', 'z'))
    const { sites } = reach([
      at('bergen', SECOND),
      at('bergen', SECOND, { isOffline: true }),
      at('oslo', undefined),
      at('tromso', strange),
    ])
    expect(sites.map(({ site, hosts, offline, basis }) => [site, hosts, offline, basis])).toEqual([
      ['bergen', 2, 1, 'chunks'],
      ['oslo', 1, 0, 'whole'],
      ['tromso', 1, 0, 'whole'],
    ])
    const [bergen, oslo] = sites
    expect(bergen?.bytes).toBeGreaterThanOrEqual(4000)
    expect(bergen?.bytes).toBeLessThan(4200)
    expect(oslo?.bytes).toBeGreaterThanOrEqual(5000)
  })

  test('PREV-9 where a base gets a delta, what deltas of the channel saved before is expected again', () => {
    const heads = [
      { body: { manifest: idOf(FIRST), deltas: [] } },
      { body: { manifest: idOf(SECOND), deltas: [{ from: idOf(FIRST), blob: idOf(FIRST), bytes: 300 }] } },
    ]
    const { sites } = reach([at('oslo', SECOND)], { heads })
    expect(sites[0]?.basis).toBe('deltas')
    // 300 of 3000 bytes then; so 400 of 4000 now, and the row.
    expect(sites[0]?.bytes).toBeGreaterThanOrEqual(400)
    expect(sites[0]?.bytes).toBeLessThan(500)
  })

  test('PREV-9 a budget that it would exceed is named', () => {
    expect(reach([at('oslo', SECOND, { budgetBytes: 100 })]).sites[0]?.exceeds).toContain('oslo-1')
    expect(reach([at('oslo', SECOND, { budgetBytes: 100_000 })]).sites[0]?.exceeds).toBeNull()
  })

  test('PREV-9 the window is that of the slowest, by the pace of its last commit; none is known without any', () => {
    const commit = { strategy: 'in-place', operations: 10, windowMs: 20, atMs: 1, groups: [], weaker: [] } as const
    const slow = at('oslo', SECOND, { status: channelStatus({ manifest: idOf(SECOND), commit }) })
    expect(reach([at('bergen', SECOND)])).toMatchObject({ windowMs: null, windowBasis: null, operations: 4 })
    const { windowMs, windowBasis } = reach([at('bergen', SECOND), slow])
    // Four steps of two milliseconds, half as much again for a busy machine.
    expect(windowMs).toBeCloseTo(12.2, 5)
    expect(windowBasis).toBe('4 steps at the pace of the last commits in place of 1 host')
  })

  test('PREV-9 hosts whose processes are stale on paths that change again are counted', () => {
    const process = { pid: 1, why: 'mapped', startedAtMs: 1, unit: 'x', command: 'x', paths: ['b'] } as const
    const stale = at('oslo', SECOND, { status: channelStatus({ staleProcesses: [process] }) })
    const other = { ...process, paths: ['a'] }
    const fine = at('oslo', SECOND, { status: channelStatus({ staleProcesses: [other] }) })
    expect(reach([stale, fine]).staleBefore).toBe(1)
  })
})

describe('steps ahead', () => {
  test('PREV-9 are those of the planner: one for each visible change, none for what is only set', () => {
    const before = manifestOf(
      directory('d'),
      file('d/a', '1'),
      file('d/t', 't'),
      file('gone', 'g'),
      symlink('l', 'gone'),
    )
    const after = manifestOf(
      ...[directory('d'), file('d/a', '2'), file('d/t', 't', { mtimeSec: 5 }), file('new', 'n'), symlink('l', 'new')],
    )
    expect(stepsAhead(before, after, diffReleases(before, after, '/srv'))).toBe(4)
    expect(stepsAhead(before, before, diffReleases(before, before, '/srv'))).toBe(0)
    expect(stepsAhead(undefined, after, diffReleases(undefined, after, '/srv'))).toBeGreaterThan(0)
  })
})
