import type { Connection, Stream } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import { Gate } from '../../../node-agent/net/gate.ts'
import { LIMITS } from '../../../protocol/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const connectionOf = (): Connection => ({}) as Connection
const streamOf = (): Stream => ({ maxReadBufferLength: 1_000_000 }) as Stream

/** Sends a stream through the gate. */
function enter(gate: Gate, connection: Connection, stream = streamOf()) {
  let passed = false
  const outcome = Promise.resolve(gate.middleware(stream, connection, () => (passed = true)))
  return { stream, outcome, passed: () => passed }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('gate', () => {
  test('NET-1 a stream before the hello waits; it runs once the peer is admitted', async () => {
    const gate = new Gate(new ManualClock(), 20_000)
    const connection = connectionOf()
    const held = enter(gate, connection)
    await settle()
    expect(held.passed()).toBe(false)
    gate.admit(connection)
    await held.outcome
    expect(held.passed()).toBe(true)
    const later = enter(gate, connection)
    await later.outcome
    expect(later.passed()).toBe(true)
  })

  test('NET-1 a refused connection runs no stream, held or new', async () => {
    const gate = new Gate(new ManualClock(), 20_000)
    const connection = connectionOf()
    const held = enter(gate, connection)
    gate.refuse(connection)
    await expect(held.outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    await expect(enter(gate, connection).outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    expect(held.passed()).toBe(false)
  })

  test('NET-7 a member that is removed runs no new stream', async () => {
    const gate = new Gate(new ManualClock(), 20_000)
    const connection = connectionOf()
    gate.admit(connection)
    gate.refuse(connection)
    await expect(enter(gate, connection).outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
  })

  test('NET-2 a stream is held for a limited time', async () => {
    const clock = new ManualClock()
    const gate = new Gate(clock, 20_000)
    const held = enter(gate, connectionOf())
    const failed = expect(held.outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    await clock.wind(20_001)
    await failed
  })

  test('NET-2 few streams of a connection are held, and each buffers little while it waits', async () => {
    const gate = new Gate(new ManualClock(), 20_000)
    const connection = connectionOf()
    const held = Array.from({ length: LIMITS.heldStreams }, () => enter(gate, connection))
    expect(held.map(({ stream }) => stream.maxReadBufferLength)).toEqual(held.map(() => LIMITS.heldStreamBytes))
    await expect(enter(gate, connection).outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
    gate.admit(connection)
    await Promise.all(held.map(({ outcome }) => outcome))
    expect(held.map(({ stream }) => stream.maxReadBufferLength)).toEqual(held.map(() => 1_000_000))
  })

  test('NET-1 admission belongs to a connection: another of the same peer proves itself again', async () => {
    const gate = new Gate(new ManualClock(), 20_000)
    const [first, second] = [connectionOf(), connectionOf()]
    gate.admit(first)
    const held = enter(gate, second)
    await settle()
    expect(held.passed()).toBe(false)
    expect([gate.verdict(first), gate.verdict(second)]).toEqual(['admitted', 'pending'])
    gate.refuse(second)
    await expect(held.outcome).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
  })
})
