import { describe, expect, test } from 'vitest'
import type { AgentState, DesktopApi } from '../../../protocol/console/index.ts'
import { secondsToStart, troubleOf, watchAgentProcess } from '../../../renderer/state/agent.ts'
import { makeFleet } from '../../support/console/fleet.ts'
import { overviewOf } from '../../support/console/overview-view.ts'

const RUNNING: AgentState = { phase: 'running', restarts: 0, retryMs: null, error: null }
const FAILING: AgentState = { ...RUNNING, phase: 'failing', restarts: 2, retryMs: 2_500 }
const overview = overviewOf(makeFleet(3))

describe('how the agent’s process stands', () => {
  test('CONSOLE-31 what the desktop knows comes before what the link tells', () => {
    expect(troubleOf({ link: 'live', overview }, FAILING)).toBe('stopped')
    expect(troubleOf({ link: 'lost', overview }, { ...RUNNING, phase: 'starting' })).toBe('starting')
    expect(troubleOf({ link: 'lost', overview }, RUNNING)).toBe('silent')
    // A browser has no process of its own to tell of.
    expect(troubleOf({ link: 'lost', overview }, undefined)).toBe('silent')
    expect(troubleOf({ link: 'live', overview }, undefined)).toBeUndefined()
    const alone = { ...overview, self: { ...overview.self, peers: 0 } }
    expect(troubleOf({ link: 'live', overview: alone }, RUNNING)).toBe('alone')
    expect(troubleOf({ link: 'live', overview: { ...alone, hosts: 1 } }, RUNNING)).toBeUndefined()
    expect(troubleOf({ link: 'connecting', overview: undefined }, RUNNING)).toBeUndefined()
  })

  test('CONSOLE-31 the wait is counted down to nothing, and never below', () => {
    const known = { state: FAILING, atMs: 10_000 }
    expect([9_100, 10_000, 10_501, 11_500, 12_499, 12_500, 99_000].map((now) => secondsToStart(known, now))).toEqual([
      3, 3, 2, 1, 1, 0, 0,
    ])
    expect(secondsToStart({ state: RUNNING, atMs: 0 }, 5)).toBeUndefined()
  })

  test('CONSOLE-31 a change that comes before the first answer is not taken back by it', async () => {
    let tell: (state: AgentState) => void = () => undefined
    const answer = Promise.withResolvers<{ readonly ok: true; readonly value: AgentState }>()
    const desktop = {
      agentState: () => answer.promise,
      onAgentState: (listener: typeof tell) => (tell = listener),
    } as Partial<DesktopApi> as DesktopApi
    const store = watchAgentProcess(desktop, () => 7)
    tell(FAILING)
    answer.resolve({ ok: true, value: RUNNING })
    await answer.promise
    expect(store.get()).toEqual({ state: FAILING, atMs: 7 })
    expect(watchAgentProcess(undefined).get()).toBeUndefined()
  })
})
