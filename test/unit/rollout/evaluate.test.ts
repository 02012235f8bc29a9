import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOST_STATES, type RecordOf, signRecord } from '../../../protocol/index.ts'
import {
  controlKey,
  evaluateRollout,
  type HostWord,
  parseWaves,
  planWaves,
  type RolloutHost,
  rolloutView,
  takeTogether,
} from '../../../protocol/rollout/index.ts'
import { MESH, NOW_MS, seeded, signHead } from '../../support/mesh-fixture.ts'
import { aRolloutHost, behind, fleet, headWith, word } from '../../support/rollouts.ts'

const MINUTE = 60_000
const LATER = NOW_MS + MINUTE
const judge = (
  head: RecordOf<'head'>,
  hosts: readonly RolloutHost[],
  over: { opened?: number; nowMs?: number; controls?: readonly RecordOf<'control'>[] } = {},
) => evaluateRollout({ head, hosts, controls: [], opened: 1, nowMs: LATER, ...over })

const settle = (hosts: readonly RolloutHost[], count: number, over: Partial<HostWord> = {}): readonly RolloutHost[] =>
  hosts.map((host, i) => (i < count ? { ...host, word: word(over) } : host))

const control = async (
  n: number,
  head: RecordOf<'head'>,
  over: { fromWave?: number; order?: number; wave?: number; atMs?: number },
): Promise<RecordOf<'control'>> => {
  const { fromWave = 0, order = 0, wave = 0, atMs = NOW_MS } = over
  const pair = await seeded(n)
  const body = {
    sequence: head.version,
    head: head.id,
    pause: { fromWave, order, atMs, message: '' },
    promote: { wave, atMs, message: '' },
  }
  const init = { mesh: MESH, kind: 'control', key: controlKey('web', pair.publicKey), version: 1, body } as const
  return signRecord(init, [pair])
}

describe('gates', () => {
  const specs = ['label:role=canary:healthy=95%']

  test('ROLLOUT-4 the next wave waits for healthy hosts; failing, silent and unknown ones are none', async () => {
    const hosts = fleet(8, 5)
    const head = await headWith(specs, hosts)
    expect(judge(head, settle(hosts, 5)).open).toBe(2)
    expect(judge(head, settle(hosts, 4)).open).toBe(1)
    const last = (over: Partial<HostWord> | undefined) => {
      const four = settle(hosts, 5)
      return judge(
        head,
        four.map((one, i) => (i === 4 ? { ...one, word: over && word(over) } : one)),
      )
    }
    for (const state of HOST_STATES) {
      const { open, waves } = last({ state })
      expect([state, open]).toEqual([state, state === 'settled' ? 2 : 1])
      expect(waves[0]?.known).toBe(5)
    }
    expect(last(undefined).open).toBe(1)
    expect(last({ sequence: 1 }).open).toBe(1)
    expect(last({ atMs: LATER - 15 * MINUTE }).open).toBe(2)
    expect(last({ atMs: LATER - 15 * MINUTE - 1 })).toMatchObject({ open: 1, waves: [{ counts: { unknown: 1 } }, {}] })
    expect(last({ atMs: LATER + 5 * MINUTE }).open).toBe(2)
    expect(last({ atMs: LATER + 5 * MINUTE + 1 }).open).toBe(1)
  })

  test('ROLLOUT-5 who knows fewer hosts of a wave than the publisher did waits', async () => {
    const hosts = fleet(8, 5)
    const head = await headWith(specs, hosts)
    const seen = settle(hosts, 5)
    expect(judge(head, seen.slice(0, 1)).open).toBe(1)
    expect(judge(head, seen.slice(0, 4)).open).toBe(1)
    expect(judge(head, []).open).toBe(1)
    const nobody = await headWith(['label:role=none'], hosts)
    expect(judge(nobody, seen)).toMatchObject({ open: 1 })
  })

  test('ROLLOUT-6 time counts on the clock of each host, from its commit to its word', async () => {
    const hosts = fleet(4, 2)
    const head = await headWith(['label:role=canary:after=30m'], hosts)
    const at = (own: number, here: number, offset = 0) => {
      const commit = NOW_MS + MINUTE + offset
      const told = settle(hosts, 1, { committedAtMs: commit, atMs: commit + own })
      return judge(head, told, { nowMs: NOW_MS + MINUTE + here }).open
    }
    expect(at(30 * MINUTE, 30 * MINUTE)).toBe(2)
    expect(at(30 * MINUTE - 1, 31 * MINUTE)).toBe(1)
    // A host that was not heard of since does not ripen by itself.
    expect(at(10 * MINUTE, 24 * MINUTE)).toBe(1)
    // Clocks that are wrong all along, either way: no earlier.
    for (const offset of [-4 * MINUTE, 4 * MINUTE]) {
      expect(at(29 * MINUTE, 29 * MINUTE, offset)).toBe(1)
      expect(at(31 * MINUTE, 31 * MINUTE, offset)).toBe(2)
    }
    // A clock set forward by hours in between: this node's own clock allows five minutes.
    expect(at(300 * MINUTE, 24 * MINUTE)).toBe(1)
    // A clock that stood at 1970 when it committed counts from the publishing, less what clocks may differ.
    const booted = settle(hosts, 1, { committedAtMs: 5, atMs: NOW_MS + 24 * MINUTE })
    expect(judge(head, booted, { nowMs: NOW_MS + 24 * MINUTE }).open).toBe(1)
  })

  test('ROLLOUT-6 a wrong clock that stays wrong never opens a time gate early', () => {
    const waves = parseWaves(['label:role=canary:healthy=100%:after=20m'])
    const offsets = fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE })
    const hosts = fleet(4, 3)
    const { rollout } = planWaves('web', 2, waves, hosts)
    return fc.assert(
      fc.asyncProperty(
        fc.array(offsets, { minLength: 3, maxLength: 3 }),
        offsets,
        fc.nat({ max: 40 * MINUTE }),
        async (own, here, passed) => {
          const head = await signHead(2, await seeded(2), { rollout })
          const commit = NOW_MS + 30 * MINUTE
          const told = hosts.map((one, i) =>
            i < 3
              ? { ...one, word: word({ committedAtMs: commit + (own[i] ?? 0), atMs: commit + passed + (own[i] ?? 0) }) }
              : one,
          )
          const { open } = judge(head, told, { nowMs: commit + passed + here })
          if (open === 2) expect(passed).toBeGreaterThanOrEqual(20 * MINUTE)
        },
      ),
      { seed: 11, numRuns: 300 },
    )
  })

  test('ROLLOUT-6 with a share, so many hosts must have been healthy for so long; the view says when', async () => {
    const hosts = fleet(5, 4)
    const head = await headWith(['label:role=canary:healthy=50%:after=30m'], hosts)
    const nowMs = NOW_MS + 40 * MINUTE
    const told = hosts.map((one, i) => ({
      ...one,
      word: i < 4 ? word({ committedAtMs: NOW_MS + 10 * i * MINUTE, atMs: nowMs }) : one.word,
    }))
    expect(judge(head, told, { nowMs }).open).toBe(2)
    expect(judge(head, told.slice(1), { nowMs: nowMs }).open).toBe(1)
    const view = rolloutView(judge(head, told.slice(1), { nowMs }))
    expect(view.next).toMatchObject({
      wave: 2,
      at: new Date(NOW_MS + 50 * MINUTE).toISOString(),
      evidenceAgeSeconds: 0,
    })
    expect(view.waves[0]?.gates).toMatchObject([
      { kind: 'healthy', passed: true, have: 3, need: 2 },
      { kind: 'after', passed: false, have: 1, need: 2 },
    ])
  })

  test('ROLLOUT-7 what was seen open stays open, whatever is heard later; more waves open one after another', async () => {
    const hosts = fleet(12, 4)
    const head = await headWith(['label:role=canary', 'host:h11', '50%'], hosts)
    const anyWord = fc.record({
      atMs: fc.integer({ min: NOW_MS, max: LATER + 20 * MINUTE }),
      state: fc.constantFrom(...HOST_STATES),
      sequence: fc.constantFrom(1, 2),
      targetSequence: fc.constantFrom(1, 2),
      committedAtMs: fc.option(fc.constant(NOW_MS), { nil: undefined }),
    })
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.option(anyWord, { nil: undefined }), { minLength: 12, maxLength: 12 }), { maxLength: 6 }),
        (rounds) => {
          let opened = 1
          for (const words of rounds) {
            const { open } = judge(
              head,
              hosts.map((one, i) => ({ ...one, word: words[i] })),
              { opened },
            )
            expect(open).toBeGreaterThanOrEqual(opened)
            expect(open).toBeLessThanOrEqual(4)
            opened = open
          }
        },
      ),
      { seed: 5, numRuns: 200 },
    )
    expect(judge(head, settle(hosts, 12)).open).toBe(4)
  })

  test('ROLLOUT-4 the words tell share, count and age of the evidence', async () => {
    const hosts = fleet(8, 5)
    const head = await headWith(specs, hosts)
    const { next } = rolloutView(judge(head, settle(hosts, 4), { nowMs: LATER + 12_000 }))
    expect(next).toEqual({
      wave: 2,
      text: 'wave 2 waits for 95 % of wave 1 healthy: 4 of 5 hosts so far, 5 needed, newest evidence 12s old',
      at: null,
      evidenceAgeSeconds: 12,
    })
    const failed = hosts.map((one, i) => (i === 0 ? { ...one, word: behind('rolled-back') } : one))
    const few = rolloutView(judge(head, [...failed.slice(0, 4), ...hosts.slice(5)])).next?.text
    expect(few).toContain(
      '0 of 5 hosts so far, 5 needed, newest evidence just now, 1 silent or not known here, 1 failed',
    )
  })
})

describe('words of publishers', () => {
  test('ROLLOUT-8 the newest word on pausing holds, of equals the one that pauses, in whatever order they came', async () => {
    const [head, other] = [await headWith([], []), await headWith(['50%'], [])]
    const words = [
      await control(2, head, { fromWave: 1, order: 1 }),
      await control(4, head, { fromWave: 0, order: 2 }),
      await control(5, head, { fromWave: 3, order: 2 }),
      await control(6, other, { fromWave: 1, order: 9 }),
    ]
    const orders = fc.shuffledSubarray(words, { minLength: 4 })
    fc.assert(
      fc.property(orders, (controls) => {
        expect(takeTogether(controls, head.id).paused).toMatchObject({ fromWave: 3, order: 2 })
      }),
      { seed: 2, numRuns: 24 },
    )
    expect(takeTogether(words.slice(0, 2), head.id).paused).toBeUndefined()
    expect(takeTogether(words.slice(0, 1), head.id).paused).toMatchObject({ by: (await seeded(2)).publicKey })
    expect(takeTogether(words.slice(0, 3), other.id).paused).toBeUndefined()
  })

  test('ROLLOUT-9 a promotion opens waves whatever their gates say, and the next gates go on from there', async () => {
    const hosts = fleet(10, 2).map((one, i) => (i === 9 ? aRolloutHost('h9', { site: 'bergen' }) : one))
    const head = await headWith(['label:role=canary:approve', 'site:bergen:healthy=100%', '50%'], hosts)
    expect(judge(head, settle(hosts, 10)).open).toBe(1)
    const promoted = [await control(2, head, { wave: 2 })]
    expect(judge(head, hosts, { controls: promoted }).open).toBe(2)
    const bergen = hosts.map((one) => (one.site === 'bergen' ? { ...one, word: word() } : one))
    expect(judge(head, bergen, { controls: promoted }).open).toBe(3)
    expect(judge(head, hosts, { controls: [await control(2, head, { wave: 4 })] }).open).toBe(4)
    expect(rolloutView(judge(head, hosts, { controls: promoted })).promoted).toMatchObject({ wave: 2 })
    expect(rolloutView(judge(head, hosts)).next?.text).toContain('wave 2 waits for a person to promote it')
  })
})
