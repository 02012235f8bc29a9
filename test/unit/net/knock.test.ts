import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { knock } from '../../../node-agent/net/knock.ts'
import { LIMITS } from '../../../protocol/index.ts'

/** A place that answers some attempts and leaves the others waiting. */
function place(answers: (attempt: number) => 'answers' | 'waits' | 'refuses') {
  const signals: AbortSignal[] = []
  const sockets: Socket[] = []
  const connect = (signal: AbortSignal): Promise<Socket> => {
    const how = answers(signals.push(signal))
    if (how === 'refuses') return Promise.reject(new Error('refused'))
    if (how === 'waits')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const socket = new Socket()
    sockets.push(socket)
    return Promise.resolve(socket)
  }
  return { connect, signals, sockets }
}

describe('knocking', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('NET-20 a link that comes back is found by the next knock, and whoever still waited is let go', async () => {
    const { connect, signals, sockets } = place((attempt) => (attempt < 4 ? 'waits' : 'answers'))
    const knocked = knock(connect, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(2 * LIMITS.knockMs)
    expect(signals).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(LIMITS.knockMs)
    expect(await knocked).toBe(sockets[0])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false])
    await vi.advanceTimersByTimeAsync(10 * LIMITS.knockMs)
    expect(signals).toHaveLength(4)
  })

  test('NET-20 a refusal counts at once, and an abort ends it', async () => {
    const refusing = place(() => 'refuses')
    await expect(knock(refusing.connect, new AbortController().signal)).rejects.toThrow('refused')
    const stop = new AbortController()
    const knocked = knock(place(() => 'waits').connect, stop.signal)
    stop.abort(new Error('enough'))
    await expect(knocked).rejects.toThrow('enough')
    expect(vi.getTimerCount()).toBe(0)
  })
})
