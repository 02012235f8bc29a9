import { describe, expect, test } from 'vitest'
import { LinePace } from '../../../node-agent/plan/index.ts'
import { Bottleneck, Flow } from '../../support/bottleneck.ts'
import { seededRng } from '../../support/test-mesh.ts'

const KBIT = 125
const QUEUE = 128 * 1024

const line = (kbit: number, roundTripMs: number, loss = 0, queueBytes = QUEUE): Bottleneck =>
  new Bottleneck({ rate: kbit * KBIT, roundTripMs, queueBytes, loss, rng: seededRng(7) })

const sum = (rates: readonly number[]): number => rates.reduce((all, rate) => all + rate, 0)

describe('the pace of a line', () => {
  test.each([
    { kbit: 2_000, roundTripMs: 40, mostMs: 80 },
    { kbit: 512, roundTripMs: 300, mostMs: 160 },
    { kbit: 512, roundTripMs: 600, mostMs: 200 },
    { kbit: 10_000, roundTripMs: 40, mostMs: 80 },
  ])(
    'PACE-1 $kbit kbit/s and $roundTripMs ms are used in full, with a short queue',
    ({ kbit, roundTripMs, mostMs }) => {
      const [plain, paced] = [line(kbit, roundTripMs), line(kbit, roundTripMs)]
      plain.flows.push(new Flow(undefined))
      paced.flows.push(new Flow(new LinePace()))
      for (const each of [plain, paced]) each.run(15_000)
      const { meanMs, rates } = paced.run(60_000)
      expect(meanMs).toBeLessThan(mostMs)
      expect(sum(rates)).toBeGreaterThan(0.96 * kbit * KBIT)
      expect(plain.run(60_000).meanMs).toBeGreaterThan(meanMs)
    },
  )

  test('PACE-2 what is lost at random slows nothing down', () => {
    // What TCP makes of the loss keeps the queue empty.
    const thin = line(512, 600, 0.02)
    const pace = new LinePace()
    thin.flows.push(new Flow(pace))
    thin.run(60_000)
    expect(pace.rate).toBeUndefined()
    // One that does not mind the loss fills the queue, and is held to what the line carries.
    const deaf = line(512, 600, 0.02)
    deaf.flows.push(new Flow(new LinePace(), true))
    deaf.run(30_000)
    const { meanMs, rates } = deaf.run(60_000)
    expect(sum(rates)).toBeGreaterThan(0.94 * 512 * KBIT)
    expect(meanMs).toBeLessThan(200)
  })

  test('PACE-2 a line without a queue has no rate, however thick it is', () => {
    const thick = line(200_000, 20, 0.001)
    const pace = new LinePace()
    thick.flows.push(new Flow(pace))
    thick.run(10_000)
    expect(pace.rate).toBeUndefined()
  })

  test.each([2, 5])('PACE-3 %i connections of a host share a line, whichever came first', (count) => {
    const shared = line(2_000, 40)
    for (let n = 0; n < count; n++) {
      shared.flows.push(new Flow(new LinePace()))
      shared.run(10_000)
    }
    shared.run(60_000)
    const { meanMs, rates } = shared.run(60_000)
    expect(sum(rates)).toBeGreaterThan(0.96 * 2_000 * KBIT)
    expect(Math.min(...rates)).toBeGreaterThan((0.5 * 2_000 * KBIT) / count)
    expect(meanMs).toBeLessThan(160)
  })

  test('PACE-4 a line that becomes thinner or thicker is followed', () => {
    const changing = line(2_000, 40)
    changing.flows.push(new Flow(new LinePace()))
    changing.run(20_000)
    changing.rate /= 4
    changing.run(20_000)
    const thinner = changing.run(20_000)
    expect(thinner.meanMs).toBeLessThan(150)
    expect(sum(thinner.rates)).toBeGreaterThan(0.95 * changing.rate)
    changing.rate *= 4
    changing.run(5_000)
    expect(sum(changing.run(20_000).rates)).toBeGreaterThan(0.95 * changing.rate)
  })

  test('PACE-4 a way that becomes longer is no queue for long', () => {
    const moved = line(2_000, 40)
    moved.flows.push(new Flow(new LinePace()))
    moved.run(20_000)
    moved.roundTripMs = 240
    moved.run(60_000)
    expect(sum(moved.run(20_000).rates)).toBeGreaterThan(0.95 * moved.rate)
  })

  test('PACE-5 beside a transfer that fills the queue a share is kept, and the line is taken again when that ends', () => {
    const busy = line(2_000, 40)
    const other = new Flow(undefined)
    busy.flows.push(new Flow(new LinePace()))
    busy.run(20_000)
    busy.flows.push(other)
    busy.run(20_000)
    const [own = 0] = busy.run(60_000).rates
    expect(own).toBeGreaterThan(0.05 * busy.rate)
    other.busy = false
    busy.run(20_000)
    const { meanMs, rates } = busy.run(20_000)
    expect(sum(rates)).toBeGreaterThan(0.95 * busy.rate)
    expect(meanMs).toBeLessThan(100)
  })

  test('PACE-6 a pause is no reason to send slower or faster afterwards', () => {
    const paused = line(512, 300)
    const flow = new Flow(new LinePace())
    paused.flows.push(flow)
    paused.run(30_000)
    flow.busy = false
    paused.run(10_000)
    flow.busy = true
    paused.run(1_000)
    const { meanMs, worstMs, rates } = paused.run(15_000)
    expect(sum(rates)).toBeGreaterThan(0.9 * paused.rate)
    expect(meanMs).toBeLessThan(160)
    expect(worstMs).toBeLessThan(500)
  })
})
