import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  type ChannelStatus,
  type LinkReport,
  parseChannelName,
  peerKeyOf,
  type RecordOf,
} from '../../../protocol/index.ts'
import { Reporter } from '../../../node-agent/report/reporter.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { enrolHost, MESH, meshFixture } from '../../support/mesh-fixture.ts'

const channel = (over: Partial<ChannelStatus> = {}): ChannelStatus => ({
  channel: parseChannelName('web'),
  sequence: 0,
  manifest: undefined,
  state: 'fetching',
  proved: false,
  provedAtMs: 0,
  progress: 0,
  targetSequence: 1,
  received: { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0, reusedBytes: 0 },
  commit: undefined,
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: undefined,
  ...over,
})

async function started(
  last?: RecordOf<'status'>,
  publishes: readonly string[] = [],
  links = (): LinkReport => ({ neighbours: 0, sites: [] }),
) {
  const clock = new ManualClock()
  const { host, grant } = await enrolHost(await meshFixture())
  const published: RecordOf<'status'>[] = []
  const self = { ...grant.body, peer: peerKeyOf(host.publicKey), hostKey: host.publicKey, boundAtMs: 0 }
  const reporter = new Reporter(
    {
      clock,
      last: () => published.at(-1) ?? last,
      self: () => self,
      addresses: () => [],
      publishes: async () => publishes.map(parseChannelName),
      links,
      publish: async (record) => void published.push(record),
    },
    { mesh: MESH, hostKey: host, agentVersion: '0', intervalMs: 60_000 },
  )
  const stop = new AbortController()
  const run = reporter.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await run
  })
  await vi.waitUntil(() => published.length === 1)
  return { clock, reporter, published, host }
}

describe('reporter', () => {
  test('REPORT-1 publishes at start, on news together, and once an interval', async () => {
    const { clock, reporter, published } = await started()
    reporter.set(channel())
    reporter.set(channel({ state: 'held' }))
    await clock.wind(250)
    await vi.waitUntil(() => published.length === 2)
    expect(published[1]?.body.channels).toMatchObject([{ state: 'held' }])
    await clock.wind(59_000)
    expect(published).toHaveLength(2)
    await clock.wind(2_000)
    await vi.waitUntil(() => published.length === 3)
  })

  test('REPORT-1 a step on the way is told late, and not at all when the end of it comes first', async () => {
    const { clock, reporter, published } = await started()
    reporter.set(channel({ state: 'idle' }))
    await clock.wind(250)
    await vi.waitUntil(() => published.length === 2)
    for (const state of ['fetching', 'staging', 'committing', 'settling'] as const) {
      reporter.set(channel({ state }))
      await clock.wind(500)
    }
    reporter.set(channel({ state: 'settled', proved: true, sequence: 1 }))
    await clock.wind(250)
    await vi.waitUntil(() => published.length === 3)
    expect(published[2]?.body.channels).toMatchObject([{ state: 'settled', proved: true }])
    reporter.set(channel({ state: 'fetching', sequence: 1, targetSequence: 2 }))
    await clock.wind(2_500)
    expect(published).toHaveLength(3)
    await clock.wind(1_000)
    await vi.waitUntil(() => published.length === 4)
    expect(published[3]?.body.channels).toMatchObject([{ state: 'fetching' }])
  })

  test('REPORT-2 progress alone is told at most every thirty seconds', async () => {
    const { clock, reporter, published } = await started()
    reporter.set(channel())
    await clock.wind(3_100)
    await vi.waitUntil(() => published.length === 2)
    for (let i = 1; i <= 10; i++) {
      reporter.set(channel({ progress: i / 10 }))
      await clock.wind(100)
    }
    expect(published).toHaveLength(2)
    await clock.wind(30_000)
    await vi.waitUntil(() => published.length === 3)
    expect(published[2]?.body.channels).toMatchObject([{ progress: 1 }])
  })

  test('REPORT-4 a rate is told as 0 once its transfer has said nothing for 30 seconds', async () => {
    const { clock, reporter, published } = await started()
    const web = parseChannelName('web')
    reporter.set(channel({ transfer: { leftBytes: 9, bytesPerSecond: 5 } }))
    expect(reporter.get(web)?.transfer).toEqual({ leftBytes: 9, bytesPerSecond: 5 })
    await clock.wind(60_500)
    await vi.waitUntil(() => published.length >= 2 && reporter.get(web)?.transfer?.bytesPerSecond === 0)
    expect(published[1]?.body.channels[0]?.transfer?.bytesPerSecond).toBe(5)
    await clock.wind(60_000)
    await vi.waitUntil(() => published.at(-1)?.body.channels[0]?.transfer?.bytesPerSecond === 0)
  })

  test('REPORT-5 the status names the channels that come from this home; records made at one time have different versions', async () => {
    const { reporter, published } = await started(undefined, ['web'])
    await Promise.all([reporter.publishNow(), reporter.publishNow()])
    expect(published.map(({ body }) => body.publishes)).toEqual([['web'], ['web'], ['web']])
    expect(new Set(published.map(({ version }) => version)).size).toBe(3)
  })

  test('LINKS-3 links that changed are told with the next status, and make none', async () => {
    let neighbours = 1
    const { clock, published } = await started(undefined, [], () => ({ neighbours, sites: [] }))
    neighbours = 5
    await clock.wind(59_000)
    expect(published.map(({ body }) => body.links)).toEqual([{ neighbours: 1, sites: [] }])
    await clock.wind(2_000)
    await vi.waitUntil(() => published.length === 2)
    expect(published[1]?.body.links).toEqual({ neighbours: 5, sites: [] })
  })

  test('REPORT-3 versions only go up', async () => {
    const first = await started()
    const ahead = { ...first.published[0], version: first.clock.now() * 2 } as RecordOf<'status'>
    const { published } = await started(ahead)
    expect(published[0]?.version).toBe(ahead.version + 1)
  })
})
