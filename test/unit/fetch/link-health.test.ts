import { describe, expect, test } from 'vitest'
import { judgeLink, LinkMeter } from '../../../node-agent/plan/index.ts'
import { LIMITS } from '../../../protocol/index.ts'

const NOTHING_OWED = { inFlight: 0, silentMs: 0, oldestMs: 0, stalledMs: undefined, stalls: 0 }

/** A link that brought 64 KiB in 100 ms. */
function proved(): LinkMeter {
  const meter = new LinkMeter()
  meter.arrive(meter.depart(0, 65_536), 65_536, 65_536, 100)
  return meter
}

describe('a link that stalls', () => {
  test('FETCH-8 a peer that talks without ever bringing a chunk gets no more time than a silent one', () => {
    const talking = { ...NOTHING_OWED, inFlight: 65_536, silentMs: 0 }
    for (const patienceMs of [2_000, LIMITS.chunkTimeoutMs]) {
      const meter = new LinkMeter(patienceMs)
      expect(judgeLink(meter, { ...talking, oldestMs: patienceMs })).toBe('unchanged')
      expect(judgeLink(meter, { ...talking, oldestMs: patienceMs + 1 })).toBe('stalls')
    }
    // One that brought some is given time for a long one.
    expect(judgeLink(proved(), { ...talking, oldestMs: 10_000 })).toBe('unchanged')
  })

  test('FETCH-8 each time that it brings nothing it is tried again after twice as long', () => {
    const waits = [1, 2, 3, 30].map((stalls) => {
      let stalledMs = 0
      while (judgeLink(new LinkMeter(), { ...NOTHING_OWED, stalledMs, stalls }) !== 'probe') stalledMs += 1_000
      return Math.floor(stalledMs / 20_000)
    })
    expect(waits).toEqual([1, 2, 4, 30])
  })
})
