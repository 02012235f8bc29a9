import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  type AgentProcess,
  AgentSupervisor,
  RESTART_LONGEST_MS,
  STEADY_MS,
  STOP_MS,
} from '../../../main/agent/supervisor.ts'

class FakeProcess extends EventEmitter implements AgentProcess {
  readonly told: { readonly kind: string; readonly request?: number }[] = []
  killed = false
  postMessage(message: { readonly kind: string }): void {
    this.told.push(message)
  }
  kill(): boolean {
    this.killed = true
    return true
  }
}

function scene() {
  const children: FakeProcess[] = []
  const timers: { readonly atMs: number; readonly call: () => void }[] = []
  let nowMs = 0
  const supervisor = new AgentSupervisor({
    fork: () => {
      const child = new FakeProcess()
      children.push(child)
      return child
    },
    now: () => nowMs,
    after: (ms, call) => {
      const timer = { atMs: nowMs + ms, call }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
    },
  })
  const wind = (ms: number): void => {
    nowMs += ms
    for (const timer of timers.filter(({ atMs }) => atMs <= nowMs)) {
      timers.splice(timers.indexOf(timer), 1)
      timer.call()
    }
  }
  const child = (): FakeProcess => children.at(-1)!
  return { supervisor, children, child, wind, timers }
}

describe('agent supervisor', () => {
  test('DESK-1 an agent that ends is started again, after a wait that doubles to the longest', () => {
    const { supervisor, child, children, wind } = scene()
    supervisor.start()
    const waits: number[] = []
    for (let times = 0; times < 9; times++) {
      child().emit('exit', 1)
      const { phase, retryMs } = supervisor.state
      expect(phase).toBe('failing')
      waits.push(retryMs!)
      wind(retryMs! - 1)
      expect(children).toHaveLength(times + 1)
      wind(1)
      expect(children).toHaveLength(times + 2)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(waits.at(-1)).toBe(RESTART_LONGEST_MS)
  })

  test('DESK-1 one that ran steadily is started again quickly; one that was only ready for a moment is not', () => {
    const { supervisor, child, wind } = scene()
    supervisor.start()
    for (const steadyMs of [10, 10, STEADY_MS]) {
      child().emit('message', { kind: 'ready' })
      wind(steadyMs)
      child().emit('exit', 1)
      if (steadyMs !== STEADY_MS) wind(supervisor.state.retryMs!)
    }
    expect(supervisor.state).toMatchObject({ restarts: 1, retryMs: 1000 })
  })

  test('DESK-2 its state tells what it ended with, and a person need not wait', () => {
    const { supervisor, child, children, wind, timers } = scene()
    const phases: string[] = []
    supervisor.onState(({ phase }) => phases.push(phase))
    supervisor.start()
    child().emit('message', { kind: 'failed', code: 'HOME_IN_USE', message: 'another shoal process uses the home' })
    child().emit('exit', 1)
    expect(supervisor.state.error).toEqual({ code: 'HOME_IN_USE', message: 'another shoal process uses the home' })
    expect(supervisor.state.retryMs).toBe(1000)
    wind(400)
    // A page that is opened now counts down from what is left.
    expect(supervisor.state.retryMs).toBe(600)
    supervisor.start()
    expect(timers).toHaveLength(0)
    child().emit('message', { kind: 'ready' })
    expect(supervisor.state).toMatchObject({ phase: 'running', error: null, retryMs: null })
    wind(RESTART_LONGEST_MS)
    expect(children).toHaveLength(2)
    child().emit('message', { kind: 'no such thing' })
    child().emit('exit', 3)
    expect(supervisor.state.error?.message).toContain('ended with 3')
    expect(phases).toEqual(['starting', 'starting', 'failing', 'starting', 'running', 'failing'])
  })

  test('DESK-4 stopping waits for the agent, and ends one that does not stop', async () => {
    const { supervisor, child, children, wind, timers } = scene()
    supervisor.start()
    let isStopped = false
    const stopped = supervisor.stop().then(() => (isStopped = true))
    expect(child().told).toEqual([{ kind: 'stop' }])
    wind(STOP_MS)
    expect(child().killed).toBe(true)
    expect(isStopped).toBe(false)
    child().emit('exit', 0)
    await stopped
    expect(supervisor.state.phase).toBe('stopped')
    supervisor.start()
    expect(children).toHaveLength(1)
    expect(timers).toHaveLength(0)
  })

  test('SEC-6 a chosen folder is granted by the agent; when that goes away nothing was chosen', async () => {
    const { supervisor, child } = scene()
    await expect(supervisor.grant('/srv/site')).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    supervisor.start()
    const granted = supervisor.grant('/srv/site')
    expect(child().told.at(-1)).toEqual({ kind: 'grant', request: 2, path: '/srv/site' })
    child().emit('message', { kind: 'granted', request: 2, id: 'abc', name: 'site' })
    expect(await granted).toMatchObject({ id: 'abc' })
    const refused = supervisor.grant('/srv/gone')
    child().emit('message', { kind: 'refused', request: 3, code: 'NO_SUCH_FOLDER', message: 'gone' })
    await expect(refused).rejects.toMatchObject({ code: 'NO_SUCH_FOLDER' })
    const lost = supervisor.grant('/srv/other')
    child().emit('exit', 1)
    await expect(lost).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })
})
