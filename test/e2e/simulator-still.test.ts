import { connectControl } from '../../node-agent/control/index.ts'
import { expect, test } from 'vitest'
import { startSimulator } from '../simulator/simulator.ts'

const AT = Date.UTC(2026, 5, 12, 13, 52)
const TEST_MS = 120_000

/** What a window is told of a mesh that was made anew. */
async function pictures(seed: number): Promise<readonly unknown[]> {
  const { signal } = new AbortController()
  await using simulator = await startSimulator({
    hosts: 60,
    sites: 5,
    seed,
    changes: 0,
    atMs: AT,
    note: () => undefined,
    signal,
  })
  const client = await connectControl(simulator.home)
  if (client === undefined) throw new Error('its home is not served')
  const list = {
    query: '',
    channel: null,
    first: 0,
    count: 60,
    sort: 'host',
    descending: false,
    squares: false,
  } as const
  const overview = await first(client.stream('watchOverview', {}))
  const hosts = await first(client.stream('watchHosts', list))
  const rollout = await first(client.stream('watchRollout', { channel: 'web', release: null }))
  const access = await client.call('access', {})
  await client.close()
  return [overview, hosts, rollout, access]
}

async function first<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const one of stream) return one
  throw new Error('the view has ended')
}

test(
  'SIM-6 a mesh that stands still shows the same every time, and another seed another',
  async () => {
    const one = await pictures(5)
    expect(one[0]).toMatchObject({ nowMs: AT, hosts: 61 })
    expect(await pictures(5)).toEqual(one)
    expect(await pictures(6)).not.toEqual(one)
  },
  TEST_MS,
)
