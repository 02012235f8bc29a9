import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import {
  curveSince,
  estimateConvergence,
  type EstimateInput,
  pointOf,
  withPoint,
} from '../../../node-agent/views/index.ts'
import type { CurvePoint, HostLine } from '../../../protocol/control/index.ts'

const NOW = 1_800_000_000_000

const line = (more: Partial<HostLine>): HostLine => ({
  host: 'h',
  site: 's',
  labels: {},
  channel: 'web',
  release: 4,
  want: 5,
  state: 'updating',
  proved: true,
  progress: null,
  left: null,
  rate: null,
  secondsLeft: null,
  heardMs: NOW,
  error: null,
  stale: 0,
  ...more,
})

const done = line({ release: 5, state: 'current' })
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)
const estimate = ({ lines = [], ...more }: Partial<EstimateInput> & { readonly lines?: readonly HostLine[] }) =>
  estimateConvergence({
    hosts: lines.map((one) => ({ line: one, wave: null })),
    open: null,
    release: 5,
    publishedMs: NOW - 60_000,
    curve: [],
    paused: false,
    nowMs: NOW,
    ...more,
  })
const point = (atMs: number, converged: number): CurvePoint => ({ atMs, hosts: 10, converged, failed: 0, offline: 0 })

describe('time left of a release', () => {
  test('VIEW-7 transfers under way tell when enough hosts will be done', () => {
    const lines = [...times(4, done), ...[10, 20, 30, 40, 50, 60].map((secondsLeft) => line({ secondsLeft }))]
    expect(estimate({ lines })).toEqual({
      halfByMs: NOW + 10_000,
      almostAllByMs: NOW + 60_000,
      without: null,
      reachable: 10,
      offline: 0,
    })
  })

  test('VIEW-7 hosts that have not begun take the pace of the last minutes', () => {
    const lines = [...times(5, done), ...times(5, line({ state: 'waiting' }))]
    const curve = [point(NOW - 50_000, 0), point(NOW - 20_000, 5)]
    expect(estimate({ lines, curve })).toMatchObject({ halfByMs: NOW - 20_000, almostAllByMs: NOW + 50_000 })
  })

  test('VIEW-7 offline hosts are never part of it', () => {
    const offline = line({ state: 'offline', secondsLeft: 9_999 })
    const lines = [...times(9, done), line({ secondsLeft: 30 }), ...times(31, offline)]
    expect(estimate({ lines })).toMatchObject({ almostAllByMs: NOW + 30_000, reachable: 10, offline: 31 })
  })

  test('VIEW-7 there is none in the first seconds, without recent progress, or while it is paused', () => {
    const lines = times(10, line({ secondsLeft: 5 }))
    expect(estimate({ lines, publishedMs: NOW - 4_000 })).toMatchObject({ without: 'too-early', halfByMs: null })
    expect(estimate({ lines, paused: true })).toMatchObject({ without: 'paused', almostAllByMs: null })
    const waiting = times(10, line({ state: 'waiting' }))
    const old = [point(NOW - 3_600_000, 0), point(NOW - 3_500_000, 5)]
    expect(estimate({ lines: waiting, publishedMs: NOW - 4_000_000, curve: old })).toMatchObject({
      without: 'no-progress',
    })
    expect(estimate({ lines: times(10, done) })).toMatchObject({ without: null, almostAllByMs: null })
  })

  test('VIEW-7 hosts that are stuck are not counted on', () => {
    const curve = [point(NOW - 50_000, 0), point(NOW - 20_000, 5)]
    const lines = [...times(5, done), ...times(4, line({ state: 'waiting' })), line({ state: 'failed' })]
    expect(estimate({ lines, curve })).toMatchObject({ almostAllByMs: null, without: 'stuck' })
    const most = [...lines, ...times(10, done)]
    expect(estimate({ lines: most, curve })).toMatchObject({ almostAllByMs: NOW + 40_000, without: null })
  })

  test('VIEW-7 hosts whose wave is not open are not counted on', () => {
    const wave = (number: number, lines: readonly HostLine[]) => lines.map((one) => ({ line: one, wave: number }))
    const curve = [point(NOW - 50_000, 0), point(NOW - 20_000, 2)]
    const waiting = line({ state: 'waiting' })
    const hosts = [...wave(1, times(2, done)), ...wave(2, times(4, waiting)), ...wave(3, times(4, waiting))]
    expect(estimate({ hosts, curve, open: 1 })).toMatchObject({
      halfByMs: null,
      almostAllByMs: null,
      without: 'gated',
    })
    expect(estimate({ hosts, curve, open: 2 })).toMatchObject({ halfByMs: NOW + 75_000, almostAllByMs: null })
    expect(estimate({ hosts, curve, open: 3 })).toMatchObject({ almostAllByMs: NOW + 200_000, without: null })
  })

  test('VIEW-7 it is never in the past, and almost all is never before half', () => {
    const some = fc.record({
      state: fc.constantFrom('updating', 'waiting', 'current', 'offline', 'failed' as const),
      secondsLeft: fc.option(fc.nat(10_000)),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), fc.nat(30), (all, before) => {
        const lines = all.map(({ state, secondsLeft }) =>
          line({ state, secondsLeft: state === 'updating' ? secondsLeft : null, release: state === 'current' ? 5 : 4 }),
        )
        const converged = lines.filter(({ release }) => release === 5).length
        const curve = [point(NOW - 60_000, 0), point(NOW - 1_000, Math.min(before, converged))]
        const { halfByMs, almostAllByMs, reachable, offline } = estimate({ lines, curve })
        expect(reachable + offline).toBe(lines.length)
        if (halfByMs !== null && almostAllByMs !== null) expect(halfByMs).toBeLessThanOrEqual(almostAllByMs)
        if (almostAllByMs !== null && converged < Math.ceil(0.95 * reachable)) {
          expect(almostAllByMs).toBeGreaterThanOrEqual(NOW)
        }
      }),
      { seed: 17, numRuns: 2000 },
    )
  })
})

describe('curve of a release', () => {
  test('VIEW-7 a point is made only where something changed', () => {
    const first = withPoint([], point(1, 0))
    expect(withPoint(first, point(2, 0))).toBe(first)
    expect(withPoint(first, point(2, 1))).toHaveLength(2)
    expect(withPoint(first, point(1, 1))).toBe(first)
  })

  test('VIEW-7 it is bounded, and keeps its first and newest point and its order', () => {
    let curve: readonly CurvePoint[] = []
    for (let i = 0; i < 5000; i++) {
      curve = withPoint(curve, point(i, i), 50)
      expect(curve.length).toBeLessThanOrEqual(50)
      expect(curve.at(-1)?.converged).toBe(i)
    }
    expect(curve[0]?.converged).toBe(0)
    expect(curve.map(({ atMs }) => atMs)).toEqual(curve.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
  })

  test('VIEW-7 it is shown from its publication, when nobody had it, to now', () => {
    expect(curveSince(NOW - 3_000, [], point(NOW, 9))).toEqual([point(NOW - 3_000, 0), point(NOW, 9)])
    const seen = [point(NOW - 2_000, 3)]
    expect(curveSince(NOW - 3_000, seen, point(NOW, 9)).map(({ converged }) => converged)).toEqual([0, 3, 9])
    // What is not the newest release any more ends where it was last looked at.
    expect(curveSince(NOW - 3_000, seen, undefined).map(({ converged }) => converged)).toEqual([0, 3])
    // Whoever begins to look an hour later cannot know how it went until then.
    expect(curveSince(NOW - 3_600_000, seen, undefined)).toEqual(seen)
    // By the publisher's clock it comes from the future.
    expect(curveSince(NOW, seen, undefined)).toEqual(seen)
  })

  test('VIEW-7 hosts are counted by what they proved', () => {
    const lines = [
      done,
      line({}),
      line({ state: 'failed' }),
      line({ state: 'offline', release: 5 }),
      line({ state: 'unknown', proved: false }),
    ]
    expect(pointOf(lines, 5, 9)).toEqual({ atMs: 9, hosts: 5, converged: 2, failed: 1, offline: 2 })
  })
})
