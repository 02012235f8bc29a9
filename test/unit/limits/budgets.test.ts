import { describe, expect, test } from 'vitest'
import { waitForBudget } from '../../../node-agent/pipeline/wait-for-budget.ts'
import type { ShoalError } from '../../../protocol/index.ts'
import { FAR, limiterOf, type Limits, NEAR } from '../../support/limiters.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { keepingLogger, until } from '../../support/test-mesh.ts'

const NOON = new Date(2027, 0, 4, 12).getTime()
const DAY_MS = 24 * 3_600_000

async function limited(limits: Limits) {
  const clock = new ManualClock(NOON)
  return { clock, ...(await limiterOf(clock, limits)) }
}

describe('the ledger', () => {
  test('LIMIT-6 bytes of a day and of a release outlive a restart; a new day begins at nothing, a release does not', async () => {
    const { clock, store, ledger, limiter } = await limited({})
    limiter.spend(FAR, 'web@2', 1000)
    limiter.spend(NEAR, 'web@2', 7)
    limiter.spend(FAR, undefined, 5)
    await ledger.stop()
    const again = await limiterOf(clock, {}, store)
    expect(again.ledger.today('otherSite')).toBe(1005)
    expect(again.ledger.today('sameSite')).toBe(7)
    expect(again.ledger.spentOn('web@2', 'otherSite')).toBe(1000)
    await clock.wind(DAY_MS / 2)
    expect(again.ledger.today('otherSite')).toBe(0)
    expect(again.ledger.spentOn('web@2', 'otherSite')).toBe(1000)
    await again.ledger.stop()
    await store.close()
  })

  test('LIMIT-6 a crash forgets at most what was spent within a second', async () => {
    const { clock, store, limiter } = await limited({})
    limiter.spend(FAR, 'web@2', 1000)
    const kept = async (): Promise<number> => (await limiterOf(clock, {}, store)).ledger.today('otherSite')
    await until('it is written', async () => (await kept()) === 1000)
    limiter.spend(FAR, 'web@2', 1)
    await until('it is written a second later', async () => {
      await clock.wind(1000)
      return (await kept()) === 1001
    })
    await store.close()
  })

  test('LIMIT-7 consent outlives a restart, and is for one release', async () => {
    const limits = { otherSite: { perReleaseBytes: 10 } }
    const { clock, store, limiter } = await limited(limits)
    await limiter.consent('web@2')
    const again = await limiterOf(clock, limits, store)
    expect(again.limiter.excess('otherSite', 'web@2', 1e9)).toBeUndefined()
    expect(again.limiter.excess('otherSite', 'web@3', 11)?.code).toBe('BUDGET_EXCEEDED')
    await store.close()
  })
})

describe('budgets', () => {
  test('LIMIT-7 says by how many bytes, what is used, how to consent, and when it goes on', async () => {
    const { limiter, store } = await limited({ otherSite: { perDayBytes: 5000, perReleaseBytes: 3000 } })
    expect(limiter.excess('otherSite', 'web@2', 3000)).toBeUndefined()
    expect(limiter.excess('sameSite', 'web@2', 1e12)).toBeUndefined()
    limiter.spend(FAR, 'web@2', 1000)
    const release = limiter.excess('otherSite', 'web@2', 2500)?.message ?? ''
    expect(release).toContain('500 bytes too many: limits.otherSite.perRelease')
    expect(release).toContain('1000 bytes of it are used')
    expect(release).toContain('with a newer release')
    expect(release).toContain('`shoal target consent web`')
    limiter.spend(FAR, 'db@1', 3500)
    const day = limiter.excess('otherSite', 'web@3', 600)?.message ?? ''
    expect(day).toContain('100 bytes too many: limits.otherSite.perDay')
    expect(day).toContain(`at ${new Date(NOON + DAY_MS / 2).toISOString()}`)
    await store.close()
  })

  test('LIMIT-9 what is asked for never exceeds what is left, other requests in flight included', async () => {
    const { limiter, store } = await limited({ otherSite: { perReleaseBytes: 3000 } })
    limiter.spend(FAR, 'web@2', 1000)
    expect(limiter.room(FAR, 'web@2', 1500)).toEqual({ bytes: 500, why: undefined })
    expect(limiter.room(FAR, 'web@2', 2000)).toEqual({ bytes: 0, why: undefined })
    limiter.spend(FAR, 'web@2', 2000)
    expect(limiter.room(FAR, 'web@2', 0, 42).why?.message).toContain('42 bytes too many')
    expect(limiter.room(FAR, 'web@3', 0).bytes).toBe(3000)
    expect(limiter.room(NEAR, 'web@2', 0).bytes).toBe(Number.POSITIVE_INFINITY)
    await store.close()
  })
})

describe('waiting for a budget', () => {
  /** A release that waits; `near` are the fetches from neighbours it began. */
  async function waiting(limits: Limits, cost: { bytes: number }, spent = 0) {
    const parts = await limited(limits)
    parts.ledger.spend('otherSite', 'web@1', spent)
    const near: { why: ShoalError; signal: AbortSignal; done: () => void; fail: (err: Error) => void }[] = []
    const abort = new AbortController()
    let outcome: unknown
    const done = waitForBudget(
      { limits: parts.limiter, uplink: () => 'otherSite', log: keepingLogger() },
      {
        release: 'web@2',
        bytes: () => cost.bytes,
        signal: abort.signal,
        fetchNear: (why, signal) =>
          new Promise((resolve, reject) => {
            near.push({ why, signal, done: resolve, fail: reject })
            signal.addEventListener('abort', () => reject(new Error('cancelled')))
          }),
      },
    ).then(
      (waited) => (outcome = waited),
      (err: unknown) => (outcome = err),
    )
    await parts.clock.wind(0)
    return { ...parts, near, abort, done, outcome: () => outcome }
  }
  const SMALL = { otherSite: { perReleaseBytes: 100 } }

  test('LIMIT-8 what fits is not held, and neighbours are not asked first', async () => {
    const { near, outcome, store } = await waiting(SMALL, { bytes: 100 })
    expect([near.length, outcome()]).toEqual([0, false])
    await store.close()
  })

  test('LIMIT-8 held until a person consents', async () => {
    const { clock, near, outcome, limiter, store } = await waiting(SMALL, { bytes: 101 })
    await clock.wind(2 * DAY_MS)
    expect([near.length, near[0]?.why.code, outcome()]).toEqual([1, 'BUDGET_EXCEEDED', undefined])
    await limiter.consent('web@2')
    await clock.wind(0)
    expect([near[0]?.signal.aborted, outcome()]).toEqual([true, true])
    await store.close()
  })

  test('LIMIT-8 held until the next day when only the day is used up, and for ever when no day is enough', async () => {
    const limits = { otherSite: { perDayBytes: 100 } }
    const [fits, large] = [await waiting(limits, { bytes: 60 }, 60), await waiting(limits, { bytes: 101 }, 60)]
    await fits.clock.wind(DAY_MS / 2 - 1)
    expect(fits.outcome()).toBeUndefined()
    await fits.clock.wind(5001)
    expect(fits.outcome()).toBe(true)
    await large.clock.wind(DAY_MS)
    expect(large.outcome()).toBeUndefined()
    for (const { store } of [fits, large]) await store.close()
  })

  test('LIMIT-8 neighbours that have it end the wait, and their failure is told', async () => {
    const brought = await waiting(SMALL, { bytes: 101 })
    brought.near[0]?.done()
    await brought.done
    expect(brought.outcome()).toBe(true)
    const full = await waiting(SMALL, { bytes: 101 })
    full.near[0]?.fail(new Error('no space'))
    await full.done
    expect(full.outcome()).toEqual(new Error('no space'))
    const newer = await waiting(SMALL, { bytes: 101 })
    newer.abort.abort()
    await newer.done
    expect(newer.outcome()).toBeInstanceOf(Error)
    for (const { store } of [brought, full, newer]) await store.close()
  })
})
