import { expect, onTestFinished, test } from 'vitest'
import { openStore, type Store } from '../../../node-agent/store/index.ts'
import { HostEvents } from '../../../node-agent/views/index.ts'
import { CONTROL_LIMITS, type HostLine } from '../../../protocol/control/index.ts'
import { SILENT_SECONDS } from '../../../protocol/status/index.ts'
import { PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { makeFleet } from '../../support/console/fleet.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NOW = 1_800_000_000_000
const SILENT_MS = SILENT_SECONDS * 1000

async function newStore(): Promise<Store> {
  const store = await openStore(`${await tempDir()}/db`)
  onTestFinished(() => store.close())
  return store
}

async function opened(store: Store, isMember = () => true): Promise<HostEvents> {
  const events = new HostEvents({ store })
  await events.load(isMember)
  return events
}

const line = (state: HostLine['state'], more: Partial<HostLine> = {}): HostLine => {
  const [host] = makeFleet(1)
  if (host === undefined) throw new Error('no host')
  return { ...host, channel: 'web', release: 2, error: null, ...more, state }
}

test('VIEW-11 events are kept over restarts, and go on from how hosts stood', async () => {
  const store = await newStore()
  const before = await opened(store)
  before.see(PEER_A, line('current'), NOW)
  before.see(PEER_A, line('failed', { error: 'NO_SPACE: full' }), NOW + 1)
  before.see(PEER_B, line('current'), NOW + 2)
  await before.save()
  const after = await opened(store)
  const failed = { atMs: NOW + 1, channel: 'web', what: 'failed', release: 2, text: 'current → failed: NO_SPACE: full' }
  expect(after.of(PEER_A)).toEqual([failed])
  expect(after.of(PEER_B)).toEqual([])
  after.see(PEER_A, line('current'), NOW + 5_000)
  after.see(PEER_B, line('drifted'), NOW + 5_000)
  expect(after.of(PEER_A).map(({ text }) => text)).toEqual(['failed → current', failed.text])
  expect(after.of(PEER_B).map(({ text }) => text)).toEqual(['current → drifted'])
})

test('VIEW-11 after a start silence is the host’s only once this node has listened for long enough', async () => {
  const store = await newStore()
  const before = await opened(store)
  before.see(PEER_A, line('current'), NOW)
  await before.save()
  const after = await opened(store)
  const startMs = NOW + 10 * SILENT_MS
  after.see(PEER_A, line('offline'), startMs)
  after.see(PEER_A, line('current'), startMs + 1_000)
  after.see(PEER_A, line('offline'), startMs + SILENT_MS)
  expect(after.of(PEER_A)).toEqual([])
  after.see(PEER_A, line('offline'), startMs + SILENT_MS + 1)
  after.see(PEER_A, line('updating'), startMs + SILENT_MS + 2)
  expect(after.of(PEER_A).map(({ text }) => text)).toEqual(['back, and updating', 'current → offline'])
})

test('VIEW-11 the oldest of too many are forgotten, on disk as well, and so is how hosts stood that are gone', async () => {
  const store = await newStore()
  const before = await opened(store)
  const states = ['current', 'updating'] as const
  for (let i = 0; i <= 20_050; i++) before.see(i < 200 ? PEER_A : PEER_B, line(states[i % 2] ?? 'current'), NOW + i)
  await before.save()
  expect(before.of(PEER_B)).toHaveLength(CONTROL_LIMITS.hostEvents)
  const keys = await store.meta.keys({ gte: 'host-event!', lt: 'host-event"' }).all()
  expect(keys).toHaveLength(20_000)
  const after = await opened(store, () => false)
  expect(after.of(PEER_A).at(-1)?.atMs).toBe(before.of(PEER_A).at(-1)?.atMs)
  await after.save()
  expect(await store.meta.keys({ gte: 'host-state!', lt: 'host-state"' }).all()).toEqual([])
  // Whoever comes back is seen for the first time.
  after.see(PEER_B, line('failed'), NOW + 99_999)
  expect(after.of(PEER_B)[0]?.what).not.toBe('failed')
})
