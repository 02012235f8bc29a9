import { streamPair } from '@libp2p/utils'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FramedChannel } from '../../../node-agent/net/channel.ts'
import { LIMITS, ShoalError } from '../../../protocol/index.ts'
import { PEER_A, PEER_B } from '../../support/channel-pair.ts'
import { until } from '../../support/test-mesh.ts'

const MAX = { maxFrameBytes: LIMITS.exchangeMessageBytes }

async function pair() {
  const [outbound, inbound] = await streamPair({ protocol: '/test/1.0.0' })
  return { a: new FramedChannel(outbound, PEER_B, MAX), b: new FramedChannel(inbound, PEER_A, MAX), outbound, inbound }
}

const header = Uint8Array.of(1)

describe('channel', () => {
  test('NET-8 frames arrive whole and in order, whatever their sizes', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const { a, b } = await pair()
        const send = async (): Promise<void> => {
          for (const [i, length] of lengths.entries()) {
            if (!a.send(Uint8Array.of(i + 1), new Uint8Array(length).fill(i))) await a.drained()
          }
          await a.close()
        }
        const got: number[][] = []
        const receive = async (): Promise<void> => {
          for (let frame = await b.next(); frame !== undefined; frame = await b.next()) {
            got.push([frame.header[0] ?? 0, frame.body.length, frame.body.at(-1) ?? -1])
          }
        }
        await Promise.all([send(), receive()])
        expect(got).toEqual(lengths.map((length, i) => [i + 1, length, length === 0 ? -1 : i]))
        expect(b.receivedBytes).toBe(a.sentBytes)
      }),
      { seed: 5, numRuns: 25 },
    )
  })

  test('NET-8 frames that nobody asks for pause the stream; asking for them resumes it', async () => {
    const { a, b, inbound } = await pair()
    const body = new Uint8Array(200_000)
    const count = 40
    for (let i = 0; i < count; i++) a.send(header, body)
    await until('the stream is paused', () => inbound.readStatus === 'paused')
    for (let i = 0; i < count; i++) expect((await b.next())?.body.length).toBe(body.length)
    expect(inbound.readStatus).toBe('readable')
  })

  test('NET-23 bytes are counted as they arrive, and as sent once they have left the queue', async () => {
    const [outbound, inbound] = await streamPair({ protocol: '/test/1.0.0' })
    const count = { received: 0, sent: 0 }
    const touch = (received: number, sent: number): void => {
      count.received += received
      count.sent += sent
    }
    const a = new FramedChannel(outbound, PEER_B, { ...MAX, touch })
    const b = new FramedChannel(inbound, PEER_A, { ...MAX, touch })
    inbound.pause()
    for (let i = 0; i < 100; i++) a.send(header, new Uint8Array(100_000))
    expect(count.sent).toBe(a.sentBytes - outbound.writeBufferLength)
    expect(outbound.writeBufferLength).toBeGreaterThan(0)
    inbound.resume()
    for (let i = 0; i < 100; i++) await b.next()
    await until('all have left', () => count.sent === a.sentBytes)
    expect(count.received).toBe(b.receivedBytes)
  })

  test('NET-8 sending says when the buffer is full, and when there is room again', async () => {
    const { a, b, inbound } = await pair()
    inbound.pause()
    let sent = 0
    while (a.send(header, new Uint8Array(100_000)) && sent < 1_000) sent++
    expect(sent).toBeLessThan(1_000)
    let room = false
    const drained = a.drained().then(() => (room = true))
    expect(room).toBe(false)
    inbound.resume()
    void (async () => {
      while ((await b.next()) !== undefined);
    })().catch(() => undefined)
    await drained
    expect(room).toBe(true)
    a.abort(new Error('enough'))
  })

  test('WIRE-3 a frame beyond the limit ends the stream', async () => {
    const [outbound, inbound] = await streamPair({ protocol: '/test/1.0.0' })
    const a = new FramedChannel(outbound, PEER_B, MAX)
    const b = new FramedChannel(inbound, PEER_A, { maxFrameBytes: 100 })
    a.send(header, new Uint8Array(100))
    await expect(b.next()).rejects.toMatchObject({ code: 'WIRE_TOO_LARGE' })
    await until('both ends know', () => a.signal.aborted && b.signal.aborted)
  })

  test('NET-8 a closed stream ends with undefined; an aborted one with the reason, on both sides', async () => {
    const closed = await pair()
    await closed.a.close()
    expect(await closed.b.next()).toBeUndefined()
    const aborted = await pair()
    const waiting = aborted.b.next()
    aborted.a.abort(new ShoalError('CANCELLED', 'enough'))
    await expect(waiting).rejects.toMatchObject({ code: 'PEER_GONE' })
    await expect(aborted.a.next()).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(() => aborted.a.send(header)).toThrow(expect.objectContaining({ code: 'CANCELLED' }))
    await expect(aborted.a.drained()).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('NET-8 a stream cut off within a frame is an error, not an end', async () => {
    const [outbound, inbound] = await streamPair({ protocol: '/test/1.0.0' })
    const b = new FramedChannel(inbound, PEER_A, MAX)
    outbound.send(Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 9, 1, 2, 3))
    await outbound.close()
    await expect(b.next()).rejects.toMatchObject({ code: 'PEER_GONE' })
  })

  test('NET-8 waiting for a frame can be cancelled and taken up again', async () => {
    const { a, b } = await pair()
    const cancel = new AbortController()
    const waiting = b.next(cancel.signal)
    cancel.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    a.send(header, Uint8Array.of(7))
    expect((await b.next())?.body).toEqual(Uint8Array.of(7))
  })
})
