import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { type Caller, CONTROL_LIMITS, parseRequest, serveLink } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { aStatus, fakeHandlers, untilCancelled } from '../support/fake-handlers.ts'
import { type LinkPair, type Links, until, useLinks } from './control-links.ts'
import { streamTests } from './control-streams.ts'

export type { LinkPair } from './control-links.ts'

const HOST = { host: '', site: '', labels: {}, peerId: '', reportedAt: null, channels: [] }

/** Every kind of link carries the control API alike. */
export function controlLinkSuite(name: string, connect: () => Promise<LinkPair>): void {
  describe(`Link compliance: ${name}`, () => {
    const links = useLinks(connect)
    callTests(links)
    streamTests(links)
  })
}

function callTests(links: Links): void {
  test('CTL-1 a call carries its request there and its answer back, bytes and nulls included', async () => {
    const bytes = new Uint8Array([0, 1, 255])
    const odd = { ...aStatus(), bytes, none: null, text: 'ø\u{1f41f}\xff', list: [1, -2, 0.5, true] }
    const client = links.start({ status: async () => odd })
    expect(await client.call('status', {})).toEqual(odd)
    const row = await client.call('targetRemove', { channel: 'web' })
    expect(row.root).toBe('/srv/web')
  })

  test('CTL-1 many calls are under way at once and each gets its own answer', async () => {
    const client = links.start({
      meshCreate: async ({ name }) => {
        await new Promise((resolve) => setTimeout(resolve, Number(name) % 3))
        return { mesh: name, name, rootFingerprint: '', peerId: '' }
      },
    })
    const names = Array.from({ length: 100 }, (_, i) => String(i))
    const made = await Promise.all(names.map((n) => client.call('meshCreate', { name: n })))
    expect(made.map(({ mesh }) => mesh)).toEqual(names)
  })

  test('CTL-1 an error keeps its code and message; what is no ShoalError crosses as INTERNAL without its text', async () => {
    const client = links.start({
      releases: async () => {
        throw new ShoalError('NO_SUCH_CHANNEL', 'no channel web')
      },
      hosts: async () => {
        throw new Error('secret path /root/key')
      },
    })
    await expect(client.call('releases', { channel: 'web' })).rejects.toMatchObject({
      code: 'NO_SUCH_CHANNEL',
      message: 'no channel web',
    })
    await expect(client.call('hosts', {})).rejects.toMatchObject({ code: 'INTERNAL', message: 'internal error' })
    expect(links.unexpected).toHaveLength(1)
  })

  test('CTL-2 a request of the wrong shape is refused by name and reaches no handler', async () => {
    const { frames } = links.raw({
      join: async () => {
        throw new Error('reached')
      },
    })
    links.pair.caller.send({ t: 'call', id: 1, name: 'join', req: { ticket: 7 } })
    links.pair.caller.send({ t: 'call', id: 2, name: 'join', req: { ticket: 'x', more: 1 } })
    links.pair.caller.send({ t: 'call', id: 3, name: 'constructor', req: {} })
    links.pair.caller.send({ t: 'stream', id: 4, name: 'status', req: {}, credit: 1 })
    await until(() => frames.length === 4)
    expect(frames).toMatchObject(
      [1, 2, 3, 4].map((id) => ({ t: 'done', id, result: { ok: false, error: { code: 'BAD_REQUEST' } } })),
    )
    expect(links.unexpected).toEqual([])
  })

  test.each([
    ['no object', 7],
    ['no kind', { id: 1 }],
    ['unknown kind', { t: 'hello', id: 1 }],
    ['a field too many', { t: 'cancel', id: 1, more: 0 }],
    ['a field too few', { t: 'call', id: 1, name: 'status' }],
    ['id 0', { t: 'call', id: 0, name: 'status', req: {} }],
    ['a fractional id', { t: 'call', id: 1.5, name: 'status', req: {} }],
    ['credit 0', { t: 'stream', id: 1, name: 'show', req: {}, credit: 0 }],
    ['endless credit', { t: 'stream', id: 1, name: 'show', req: {}, credit: 1e9 }],
    ['cancelling what was never called', { t: 'cancel', id: 9 }],
    ['crediting what was never called', { t: 'credit', id: 9, count: 1 }],
    ['a server frame', { t: 'done', id: 1, seq: 0, result: { ok: true, value: 1 } }],
  ])('CTL-3 a malformed frame ends the link: %s', async (_, frame) => {
    const { closed, frames } = links.raw()
    links.pair.caller.send(frame)
    await until(closed)
    expect(frames).toEqual([])
  })

  test('CTL-3 an id used twice ends the link', async () => {
    const { closed } = links.raw({ status: async (_req, signal) => untilCancelled(signal) })
    links.pair.caller.send({ t: 'call', id: 1, name: 'status', req: {} })
    links.pair.caller.send({ t: 'call', id: 1, name: 'status', req: {} })
    await until(closed)
  })

  test('CTL-3 any value as a frame is answered or ends the link, and harms nothing', async () => {
    const frame = fc.oneof(
      fc.object({ maxDepth: 4 }),
      fc.record({
        t: fc.constantFrom('call', 'stream', 'credit', 'cancel', 'item', 'done'),
        id: fc.oneof(fc.nat(4), fc.double()),
        name: fc.oneof(fc.constantFrom('status', 'show', 'publish', '__proto__', 'toString'), fc.string()),
        req: fc.oneof(fc.constant({}), fc.object()),
        credit: fc.oneof(fc.nat(2000), fc.constant(-1)),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (frames) => {
        const own = await links.connect()
        const link = serveLink(
          { handlers: fakeHandlers(), parse: parseRequest, onUnexpected: (_, err) => links.unexpected.push(err) },
          own.server,
        )
        own.caller.start({ onFrame: () => undefined, onClose: () => undefined })
        for (const value of frames) {
          try {
            own.caller.send(value)
          } catch (err) {
            expect(err).toBeInstanceOf(ShoalError)
          }
        }
        own.caller.close()
        await link.closed
        await own.dispose()
      }),
      { seed: 11, numRuns: 60 },
    )
    expect(links.unexpected).toEqual([])
  })

  test('CTL-4 a frame that cannot cross is refused where it is sent, and the link lives on', async () => {
    const client = links.start({
      releases: async () => {
        throw new ShoalError('NO_SUCH_CHANNEL', 'x'.repeat(100_000))
      },
      hosts: async () => Array.from({ length: 9 }, () => ({ ...HOST, host: 'x'.repeat(1024 * 1024) })),
    })
    await expect(client.call('hosts', {})).rejects.toMatchObject({ code: 'WIRE_TOO_LARGE' })
    await expect(client.call('join', { ticket: 'x'.repeat(CONTROL_LIMITS.messageBytes) })).rejects.toMatchObject({
      code: 'WIRE_TOO_LARGE',
    })
    await expect(client.call('releases', { channel: 'web' })).rejects.toMatchObject({ code: 'NO_SUCH_CHANNEL' })
    expect(() => links.pair.caller.send({ f: () => 1 })).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }))
    expect(() => links.pair.caller.send(new Map())).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }))
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => links.pair.caller.send(cycle)).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }))
    expect((await client.call('status', {})).self.host).toBe('self')
  })

  test('CTL-5 cancelling a call aborts its handler and answers CANCELLED at once', async () => {
    let aborted = false
    const client = links.start({
      status: async (_req, signal) => {
        signal.addEventListener('abort', () => (aborted = true))
        return untilCancelled(signal)
      },
    })
    const abort = new AbortController()
    const call = client.call('status', {}, { signal: abort.signal })
    await client.call('targetList', {})
    abort.abort()
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => aborted)
    await expect(client.call('status', {}, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await client.call('targetList', {})).toHaveLength(1)
  })

  test('CTL-5 a handler that answers an aborted signal with an AbortError is cancelled, not broken', async () => {
    let ended = false
    const client = links.start({
      status: async (_req, signal) => {
        try {
          await untilCancelled(signal)
        } catch {
          throw new DOMException('aborted', 'AbortError')
        } finally {
          ended = true
        }
        return aStatus()
      },
    })
    const abort = new AbortController()
    const call = client.call('status', {}, { signal: abort.signal })
    await client.call('targetList', {})
    abort.abort()
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    await until(() => ended)
    expect(links.unexpected).toEqual([])
  })

  test('CTL-5 when the caller goes away its handlers are aborted and their generators unwound', async () => {
    const ended: string[] = []
    const client = links.start({
      status: async (_req, signal) => {
        try {
          return await untilCancelled(signal)
        } finally {
          ended.push('call')
        }
      },
      watchStatus: async function* (_req, signal) {
        try {
          yield aStatus()
          return await untilCancelled(signal)
        } finally {
          ended.push('stream')
        }
      },
    })
    const call = client.call('status', {}).catch((err: unknown) => err)
    const documents = client.stream('watchStatus', {})
    await documents.next()
    await client.close()
    expect(await call).toMatchObject({ code: 'CANCELLED' })
    await expect(documents.next()).rejects.toMatchObject({ code: 'CANCELLED' })
    await links.served?.closed
    expect(ended.toSorted()).toEqual(['call', 'stream'])
    await expect(client.call('status', {})).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })

  test('CTL-14 a link is one caller at each call, and gone when it closes', async () => {
    const callers: (Caller | undefined)[] = []
    const client = links.start({
      targetList: async (_req, _signal, caller) => {
        callers.push(caller)
        return []
      },
    })
    await client.call('targetList', {})
    await client.call('targetList', {})
    expect(callers[0]).toBe(links.served?.caller)
    expect(callers[1]).toBe(callers[0])
    expect(callers[0]?.gone.aborted).toBe(false)
    links.pair.caller.destroy()
    await links.served?.closed
    expect(callers[0]?.gone.aborted).toBe(true)
  })

  test('CTL-5 when the agent goes away every open call fails with AGENT_UNREACHABLE', async () => {
    const client = links.start({ status: async (_req, signal) => untilCancelled(signal) })
    const call = client.call('status', {}).catch((err: unknown) => err)
    const documents = client.stream('watchStatus', {})
    await documents.next()
    links.pair.server.destroy()
    expect(await call).toMatchObject({ code: 'AGENT_UNREACHABLE' })
    await expect(documents.next()).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })

  test('CTL-5 a stopping agent waits for its handlers and answers that it is going away', async () => {
    let unwound = false
    const client = links.start({
      status: async (_req, signal) => {
        try {
          return await untilCancelled(signal)
        } finally {
          await new Promise((resolve) => setTimeout(resolve, 5))
          unwound = true
        }
      },
    })
    const call = client.call('status', {}).catch((err: unknown) => err)
    await client.call('targetList', {})
    await links.served?.close()
    expect(unwound).toBe(true)
    expect(await call).toMatchObject({ code: 'AGENT_UNREACHABLE', message: expect.stringContaining('stopping') })
  })
}
