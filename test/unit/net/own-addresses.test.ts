import { expect, test } from 'vitest'
import { watchAddresses } from '../../../node-agent/net/own-addresses.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('NET-22 a change of the machine’s addresses is noticed within seconds, and told once', async () => {
  const clock = new ManualClock()
  let now = ['192.0.2.1']
  const told: (readonly string[])[] = []
  const stop = new AbortController()
  const watching = watchAddresses({ clock, look: () => now, changed: (next) => told.push(next) }, stop.signal)
  await clock.wind(60_000)
  expect(told).toEqual([])
  now = ['192.0.2.1', '198.51.100.7']
  await clock.wind(5_000)
  expect(told).toEqual([now])
  now = ['198.51.100.7']
  await clock.wind(60_000)
  expect(told).toEqual([['192.0.2.1', '198.51.100.7'], now])
  stop.abort()
  await watching
})
