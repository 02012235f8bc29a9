import { describe, expect, test } from 'vitest'
import type { FetchJob, Spending } from '../../node-agent/fetch/types.ts'
import type { LinkLimiter } from '../../node-agent/limits/index.ts'
import { LIMITS, ShoalError } from '../../protocol/index.ts'
import { type FakeContent, fakeContent, FakeSource } from '../support/fake-chunks.ts'
import { fetchNode, join } from '../support/fetch-nodes.ts'
import { limiterOf, type Limits } from '../support/limiters.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { TestMesh, until } from '../support/test-mesh.ts'

const NOON = new Date(2027, 0, 4, 12).getTime()
const CHUNK = 16_384
const content = fakeContent(7, 40, CHUNK)
const total = content.chunks.reduce((sum, { size }) => sum + size, 0)

/** A job for everything, and how it goes. */
function jobFor(into: FakeSource, wanted: FakeContent = content) {
  const holds: (string | undefined)[] = []
  const spending: Spending = { release: 'web@2', onHeld: (why) => holds.push(why?.code) }
  const job: FetchJob = {
    manifest: wanted.manifest,
    chunks: wanted.chunks,
    missing: wanted.chunks.map((_, i) => i),
    spending,
    onChunk: async (digest, bytes) => into.add(wanted, digest, bytes),
  }
  return { job, holds, spending }
}

/** A node on site oslo that fetches under limits, whose own clock stands still at noon, and a publisher on another site. */
async function scene(mesh: TestMesh, limits: Limits, serving: Limits = {}) {
  const clock = new ManualClock(NOON)
  const [own, theirs] = [await limiterOf(clock, limits), await limiterOf(clock, serving)]
  mesh.defer(() => own.store.close())
  mesh.defer(() => theirs.store.close())
  const node = async (n: number, source: FakeSource, site: string, limiter?: LinkLimiter) =>
    fetchNode(mesh, n, source, site, limiter)
  const publisher = await node(1, FakeSource.of(content), 'lima', theirs.limiter)
  const source = new FakeSource()
  source.known.set(content.manifest, content)
  const host = await node(2, source, 'oslo', own.limiter)
  await join(host, publisher)
  return { ...own, clock, publisher, host, source, node }
}

const signal = (): AbortSignal => AbortSignal.timeout(30_000)

describe('a fetch under limits', () => {
  test('LIMIT-4 no more is asked of other sites than the rate has room for, one chunk aside; it goes on as time does', async () => {
    await using mesh = new TestMesh()
    const { clock, host, source, ledger } = await scene(mesh, { otherSite: { rate: 4 * CHUNK } })
    const { job } = jobFor(source)
    const done = host.fetcher.fetch(job, { signal: signal() })
    await until('the first second’s bytes are there', () => source.held.size >= 4)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(source.held.size).toBeLessThanOrEqual(7)
    let windings = 0
    while (source.held.size < 40) {
      const before = ledger.today('otherSite')
      await clock.wind(1000)
      windings++
      await until('more came', () => ledger.today('otherSite') > before)
    }
    await done
    expect(windings).toBeGreaterThanOrEqual(5)
  })

  test('LIMIT-4 the LAN is not throttled by the limits of the uplink', async () => {
    await using mesh = new TestMesh()
    const { host, source, node } = await scene(mesh, { otherSite: { rate: 4096 } })
    await join(host, await node(3, FakeSource.of(content), 'oslo'))
    const { job } = jobFor(source)
    const counts = await host.fetcher.fetch(job, { signal: signal() })
    expect(counts.sameSiteBytes).toBeGreaterThan(total * 0.8)
  })

  test('LIMIT-4 what is smaller than was stated costs the rate what crossed the wire', async () => {
    await using mesh = new TestMesh()
    const { host, source } = await scene(mesh, { otherSite: { rate: 4 * CHUNK } })
    const chunks = content.chunks.map(({ digest }) => ({ digest, size: LIMITS.chunkBytes }))
    const { job } = jobFor(source)
    const abort = new AbortController()
    const done = host.fetcher.fetch({ ...job, manifest: undefined, chunks }, { signal: abort.signal }).catch(() => null)
    await until('a second’s bytes are there', () => source.held.size >= 3)
    abort.abort()
    await done
  })

  test('LIMIT-5 a sender keeps its own rate, whatever is asked of it', async () => {
    await using mesh = new TestMesh()
    const rate = 4 * CHUNK
    const { clock, host, source } = await scene(mesh, {}, { otherSite: { rate } })
    const { job } = jobFor(source)
    const done = host.fetcher.fetch(job, { signal: signal() })
    let windings = 0
    while (source.held.size < 40) {
      await clock.wind(250)
      windings++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await done
    const [saved, piece] = [rate, 16 * 1024]
    expect(windings * 250).toBeGreaterThanOrEqual(((total - saved - piece) / rate) * 1000)
  })

  test('LIMIT-9 a budget that runs out holds the fetch with what came kept; neighbours and consent let it go on', async () => {
    await using mesh = new TestMesh()
    const { host, source, limiter, ledger, node } = await scene(mesh, { otherSite: { perReleaseBytes: 10 * CHUNK } })
    const { job, holds } = jobFor(source)
    const done = host.fetcher.fetch(job, { signal: signal() })
    await until('it is held', () => holds.length > 0)
    expect(holds).toEqual(['BUDGET_EXCEEDED'])
    expect(ledger.spentOn('web@2', 'otherSite')).toBeLessThanOrEqual(11.25 * CHUNK)
    const some = new Set([...content.bytes.keys()].filter((digest) => !source.held.has(digest)).slice(0, 10))
    const neighbour = FakeSource.of(content, (i) => some.has(content.chunks[i]?.digest ?? content.manifest))
    const before = source.held.size
    await join(host, await node(3, neighbour, 'oslo'))
    await until('the neighbour’s are there', () => source.held.size === before + 10)
    await limiter.consent('web@2')
    await done
    expect(holds.at(-1)).toBeUndefined()
    expect(source.held.size).toBe(40)
  })

  test('LIMIT-9 bytes that nobody can use count: a peer that sends others than it was asked for exceeds the budget by no more than a chunk', async () => {
    await using mesh = new TestMesh()
    const { host, source, publisher, ledger } = await scene(mesh, { otherSite: { perReleaseBytes: 2 * CHUNK } })
    publisher.source.answer = async (_, held) => held?.map((byte) => byte ^ 1)
    const { job } = jobFor(source)
    const abort = new AbortController()
    const done = host.fetcher.fetch(job, { signal: abort.signal }).catch((err: unknown) => err)
    await until('the peer is dropped', () => host.net.peers().length === 0)
    expect(ledger.spentOn('web@2', 'otherSite')).toBeGreaterThan(CHUNK / 2)
    expect(ledger.spentOn('web@2', 'otherSite')).toBeLessThanOrEqual((2 + 1.3) * CHUNK)
    expect(source.held.size).toBe(0)
    abort.abort()
    expect(await done).toMatchObject({ code: 'CANCELLED' })
  })

  test('LIMIT-8 a fetch that is kept to the own site asks no other, says why, and takes what neighbours get', async () => {
    await using mesh = new TestMesh()
    const { host, source, ledger, node } = await scene(mesh, {})
    const { job, holds, spending } = jobFor(source)
    const nearOnly = new ShoalError('BUDGET_EXCEEDED', 'too much')
    const done = host.fetcher.fetch({ ...job, spending: { ...spending, nearOnly } }, { signal: signal() })
    await until('it is held', () => holds.length === 1)
    expect([source.held.size, ledger.today('otherSite')]).toEqual([0, 0])
    await join(host, await node(3, FakeSource.of(content), 'oslo'))
    await done
    expect([source.held.size, ledger.today('otherSite')]).toEqual([40, 0])
  })

  test('LIMIT-10 a running fetch pauses when quiet hours begin, and goes on after them with what it has', async () => {
    await using mesh = new TestMesh()
    const quietHours = [{ from: 12 * 60, to: 13 * 60 }]
    const { clock, host, source, publisher } = await scene(mesh, { otherSite: { rate: 4 * CHUNK, quietHours } })
    const { job, holds } = jobFor(source)
    const done = host.fetcher.fetch(job, { signal: signal() })
    await until('it is held', () => holds.length > 0)
    expect([holds, source.held.size]).toEqual([['QUIET_HOURS'], 0])
    await clock.wind(3_600_000)
    await until('some came', () => source.held.size >= 4)
    await clock.wind(23 * 3_600_000)
    await until('it is held again', () => holds.length >= 3)
    const [kept, reads] = [source.held.size, publisher.source.reads]
    expect([kept < 40, holds.slice(0, 3)]).toEqual([true, ['QUIET_HOURS', undefined, 'QUIET_HOURS']])
    for (let hour = 0; source.held.size < 40; hour++) {
      await clock.wind(hour === 0 ? 3_600_000 : 1000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const counts = await done
    expect([counts.wastedBytes, publisher.source.reads - reads]).toEqual([0, 40 - kept])
  })

  test('LIMIT-10 a sender in quiet hours lets requests wait and answers them afterwards', async () => {
    await using mesh = new TestMesh()
    const quietHours = [{ from: 12 * 60, to: 13 * 60 }]
    const { clock, host, source } = await scene(mesh, {}, { otherSite: { quietHours } })
    const { job } = jobFor(source)
    const done = host.fetcher.fetch(job, { signal: signal() })
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(source.held.size).toBe(0)
    await clock.wind(3_600_000)
    await done
    expect(source.held.size).toBe(40)
  })
})
