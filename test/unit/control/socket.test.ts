import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectControl, createControlServer, openControl } from '../../../node-agent/control/index.ts'
import { createLogger, type Logger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { CONTROL_LIMITS, type ControlHandlers, encodeFrame } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'

const lines: string[] = []
const log: Logger = createLogger({ level: 'debug', json: false, clock: systemClock, write: (line) => lines.push(line) })

async function serve(home: string, replace: Partial<ControlHandlers> = {}) {
  const server = createControlServer({ handlers: fakeHandlers(replace), log }, { home })
  await server.start()
  onTestFinished(() => server.stop())
  return server
}

async function client(home: string) {
  const found = await connectControl(home)
  if (found === undefined) throw new Error('nobody serves')
  onTestFinished(() => found.close())
  return found
}

const deepHome = async (): Promise<string> => {
  const home = join(await tempDir(), ...Array.from({ length: 12 }, () => 'a-long-directory-name'))
  mkdirSync(home, { recursive: true })
  return home
}

describe('control socket', () => {
  test('CTL-9 the socket has mode 0600, answers, and is gone after stop', async () => {
    const home = await tempDir()
    const server = await serve(home)
    expect(lstatSync(join(home, 'control.sock')).mode & 0o777).toBe(0o600)
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
    await server.stop()
    expect(existsSync(join(home, 'control.sock'))).toBe(false)
    expect(await connectControl(home)).toBeUndefined()
    await server.start()
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
  })

  test('CTL-9 a socket that a dead agent left is replaced', async () => {
    const home = await tempDir()
    const path = join(home, 'control.sock')
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(`${path}.tmp`, resolve))
    const { renameSync } = await import('node:fs')
    // Renamed, so that closing does not remove it: what SIGKILL leaves.
    renameSync(`${path}.tmp`, path)
    await new Promise((resolve) => dead.close(resolve))
    expect(lstatSync(path).isSocket()).toBe(true)
    expect(await connectControl(home)).toBeUndefined()
    await serve(home)
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
  })

  test('CTL-9 a socket that answers is left alone', async () => {
    const home = await tempDir()
    await serve(home)
    const second = createControlServer({ handlers: fakeHandlers(), log }, { home })
    await expect(second.start()).rejects.toMatchObject({ code: 'HOME_IN_USE' })
    await second.stop()
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
  })

  test('CTL-9 a file of that name that is no socket is left alone', async () => {
    const home = await tempDir()
    writeFileSync(join(home, 'control.sock'), 'mine')
    const server = createControlServer({ handlers: fakeHandlers(), log }, { home })
    await expect(server.start()).rejects.toMatchObject({ code: 'HOME_INVALID' })
    expect(lstatSync(join(home, 'control.sock')).isFile()).toBe(true)
  })

  test.skipIf(process.getuid?.() === 0)('CTL-9 a socket that may not be opened is AGENT_UNREACHABLE', async () => {
    const home = await tempDir()
    await serve(home)
    chmodSync(join(home, 'control.sock'), 0)
    await expect(connectControl(home)).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })

  test('CTL-10 a home too deep for a socket address is served all the same', async () => {
    const home = await deepHome()
    const server = await serve(home)
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
    await server.stop()
    expect(existsSync(join(home, 'control.sock'))).toBe(false)
  })

  test('CTL-4 bytes that are no frames end their connection and nothing else', async () => {
    const home = await tempDir()
    await serve(home)
    const body = fc.uint8Array({ maxLength: 64 })
    const frame = (bytes: Uint8Array): Buffer => {
      const prefix = Buffer.alloc(4)
      prefix.writeUInt32BE(bytes.length)
      return Buffer.concat([prefix, bytes])
    }
    const valid = encodeFrame({ t: 'call', id: 1, name: 'status', req: {} })
    const message = fc.oneof(
      body,
      body.map(frame),
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, value]) => {
        const copy = Uint8Array.from(valid)
        copy[at] = value
        return frame(copy)
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 4 }), async (messages) => {
        const socket = connect(join(home, 'control.sock'))
        socket.on('error', () => undefined)
        socket.resume()
        const closed = new Promise((resolve) => socket.on('close', resolve))
        for (const bytes of messages) socket.write(bytes)
        socket.end()
        await closed
      }),
      { seed: 12, numRuns: 200 },
    )
    expect((await (await client(home)).call('status', {})).mesh.name).toBe('acme')
  })

  test.each([
    ['an empty frame', Buffer.from([0, 0, 0, 0])],
    ['a frame past the limit', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['arrays nested without end', Buffer.concat([Buffer.from([0, 0, 0x10, 0]), Buffer.alloc(0x1000, 0x81)])],
  ])('CTL-4 %s is refused before its bytes are awaited', async (_, bytes) => {
    const home = await tempDir()
    await serve(home)
    const socket = connect(join(home, 'control.sock'))
    socket.on('error', () => undefined)
    socket.resume()
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write(bytes)
    await closed
  })

  test('CTL-4 a frame in single bytes and many frames at once are read alike', async () => {
    const home = await tempDir()
    await serve(home)
    const one = encodeFrame({ t: 'call', id: 1, name: 'status', req: {} })
    const two = encodeFrame({ t: 'call', id: 2, name: 'status', req: {} })
    const all = Buffer.concat([one, two].map((bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes])))
    const socket = connect({ path: join(home, 'control.sock') })
    socket.setNoDelay(true)
    let answered = 0
    socket.on('data', (data: Buffer) => (answered += data.length))
    for (const byte of all) {
      socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const single = encodeFrame({ t: 'done', id: 1, seq: 0, result: { ok: true, value: aStatus() } }).length
    while (answered < single) await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
  })

  test('CTL-12 one agent serves a bounded number of links', async () => {
    const home = await tempDir()
    await serve(home)
    const clients = await Promise.all(Array.from({ length: CONTROL_LIMITS.links }, () => client(home)))
    await Promise.all(clients.map((each) => each.call('targetList', {})))
    const extra = await client(home)
    await expect(extra.call('status', {})).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    await clients[0]?.close()
    for (;;) {
      const again = await client(home)
      if ((await again.call('targetList', {}).catch(() => undefined)) !== undefined) break
    }
  })

  test('CTL-12 a caller that reads nothing does not keep the agent from stopping', async () => {
    const home = await tempDir()
    const server = await serve(home, {
      show: async function* () {
        for (;;) yield Array.from({ length: 4 }, () => ({ ...ENTRY, path: 'x'.repeat(100_000) }))
      },
    })
    const socket = connect(join(home, 'control.sock'))
    const frame = encodeFrame({
      t: 'stream',
      id: 1,
      name: 'show',
      req: { channel: 'web', sequence: null },
      credit: 1024,
    })
    const prefix = Buffer.alloc(4)
    prefix.writeUInt32BE(frame.length)
    socket.pause()
    socket.write(Buffer.concat([prefix, frame]))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const began = performance.now()
    await server.stop()
    expect(performance.now() - began).toBeLessThan(5000)
    socket.destroy()
  })
})

const ENTRY = { path: '', kind: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: null, target: null } as const

describe('openControl', () => {
  const signal = new AbortController().signal
  const busy = async (): Promise<never> => {
    throw new ShoalError('HOME_IN_USE', 'another process has it')
  }

  test('CTL-11 a running agent is spoken to', async () => {
    const home = await tempDir()
    await serve(home)
    const control = await openControl({ openOffline: busy, clock: systemClock, log }, home, signal)
    expect(control.live).toBe(true)
    expect((await control.call('status', {})).mesh.name).toBe('acme')
    await control.close()
  })

  test('CTL-11 without an agent the home is opened here, and closed once, after what ran in it', async () => {
    const events: string[] = []
    const handlers = fakeHandlers({
      status: async (_req, abort) => {
        try {
          return await untilCancelled(abort)
        } finally {
          events.push('unwound')
        }
      },
    })
    const openOffline = async () => ({ handlers, close: async () => void events.push('closed') })
    const control = await openControl({ openOffline, clock: systemClock, log }, await tempDir(), signal)
    expect(control.live).toBe(false)
    const call = control.call('status', {}).catch((err: unknown) => err)
    await Promise.all([control.close(), control.close()])
    expect(events).toEqual(['unwound', 'closed'])
    expect(await call).toMatchObject({ code: 'CANCELLED' })
  })

  test('CTL-11 an agent that is only starting is waited for', async () => {
    const home = await tempDir()
    let tries = 0
    const openOffline = async () => {
      if (++tries === 2) await serve(home)
      return busy()
    }
    const control = await openControl({ openOffline, clock: systemClock, log }, home, signal)
    expect(control.live).toBe(true)
    expect(tries).toBe(2)
    await control.close()
  })

  test('CTL-11 HOME_IN_USE when something holds the home for long and does not answer', async () => {
    let now = 0
    const clock = { now: () => now, monotonic: () => now, sleep: async (ms: number) => void (now += ms) }
    await expect(openControl({ openOffline: busy, clock, log }, await tempDir(), signal)).rejects.toMatchObject({
      code: 'HOME_IN_USE',
    })
    expect(now).toBeGreaterThanOrEqual(5000)
  })
})
