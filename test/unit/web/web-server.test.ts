import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createControlServer } from '../../../node-agent/control/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { createWebServer, WEB_LIMITS } from '../../../node-agent/web/index.ts'
import { contentSecurityPolicy } from '../../../protocol/console/index.ts'
import { CONTROL_LIMITS, createControlClient, portLink, webSocketLink } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { until } from '../../compliance/control-links.ts'
import { fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const lines: string[] = []
const log = createLogger({ level: 'debug', json: true, clock: systemClock, write: (line) => lines.push(line) })

async function serve(more: { readonly clock?: ManualClock; readonly gone?: boolean } = {}) {
  const folder = join(await tempDir(), 'renderer')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets', 'app.js'), '1')
  await writeFile(join(folder, '..', 'secret.js'), 'secret')
  const ended: string[] = []
  const handlers = fakeHandlers({
    watchStatus: async function* (_req, signal) {
      try {
        yield await fakeHandlers().status({}, signal)
        return await untilCancelled(signal)
      } finally {
        ended.push('watchStatus')
      }
    },
  })
  const control = createControlServer({ handlers, log }, { home: undefined })
  await control.start()
  const connectAgent = async () => {
    if (more.gone === true) throw new ShoalError('AGENT_UNREACHABLE', 'gone')
    const { port1, port2 } = new MessageChannel()
    control.serve(portLink(port1))
    return portLink(port2)
  }
  const server = createWebServer(
    { connect: connectAgent, clock: more.clock ?? systemClock, log },
    { folder, port: 0, idleMs: 60_000 },
  )
  await server.start()
  onTestFinished(async () => {
    await server.stop()
    await control.stop()
  })
  const { origin, host, pathname, port } = new URL(server.url)
  return { server, control, origin, host, pathname, port: Number(port), ended }
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** As fetch, but any Host header, and no redirects. */
const ask = (origin: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest(`${origin}${path}`, { method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })

async function signIn(web: { readonly origin: string; readonly pathname: string }): Promise<string> {
  const reply = await ask(web.origin, web.pathname)
  const [cookie = ''] = [reply.headers['set-cookie'] ?? ''].flat()
  return cookie.split(';')[0] ?? ''
}

/** The status with which an upgrade is refused, or the open socket. */
const open = (url: string, headers: Record<string, string>): Promise<number | WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers })
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('error', reject)
  })

async function openWindow(web: Awaited<ReturnType<typeof serve>>): Promise<WebSocket> {
  const socket = await open(`ws://${web.host}/control`, { cookie: await signIn(web), origin: web.origin })
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}

describe('web console', () => {
  test('WEB-1 the printed address signs in once; without a session there is nothing but words', async () => {
    const web = await serve()
    for (const path of ['/', '/assets/app.js', '/control', '/sign-in', '/nothing']) {
      expect(await ask(web.origin, path)).toMatchObject({ status: 401 })
    }
    expect(await ask(web.origin, '/sign-in/wrong')).toMatchObject({ status: 403 })
    // A preview of the link does not spend it.
    expect(await ask(web.origin, web.pathname, {}, 'HEAD')).toMatchObject({ status: 405 })
    const first = await ask(web.origin, web.pathname)
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } })
    const [setCookie = ''] = [first.headers['set-cookie'] ?? ''].flat()
    expect(setCookie).toMatch(/^shoal-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    const cookie = setCookie.split(';')[0] ?? ''
    expect(await ask(web.origin, '/', { cookie })).toMatchObject({ status: 200, body: '<!doctype html>' })
    expect(await ask(web.origin, '/', { cookie: `other=1; ${cookie}` })).toMatchObject({ status: 200 })
    expect(await ask(web.origin, web.pathname)).toMatchObject({ status: 403 })
    expect(await ask(web.origin, web.pathname, { cookie })).toMatchObject({ status: 303 })
    expect(await ask(web.origin, '/', { cookie: `${cookie}x` })).toMatchObject({ status: 401 })
    expect(lines.join('')).not.toContain(web.pathname)
  })

  test('WEB-2 a request for another host is misdirected, signed in or not', async () => {
    const web = await serve()
    const cookie = await signIn(web)
    for (const host of [
      'evil.example',
      `evil.example:${web.port}`,
      '127.0.0.1',
      `127.0.0.1:${web.port}.evil.example`,
      'localhost',
    ]) {
      expect(await ask(web.origin, '/', { host, cookie }), host).toMatchObject({ status: 421 })
      expect(await open(`ws://${web.host}/control`, { host, cookie, origin: web.origin }), host).toBe(421)
    }
    expect(await ask(web.origin, '/', { host: `localhost:${web.port}`, cookie })).toMatchObject({ status: 200 })
  })

  test('WEB-3 the WebSocket opens for a signed-in page of this very server only', async () => {
    const web = await serve()
    const url = `ws://${web.host}/control`
    const cookie = await signIn(web)
    expect(await open(url, { origin: web.origin })).toBe(401)
    expect(await open(url, { cookie })).toBe(403)
    expect(await open(url, { cookie, origin: 'http://evil.example' })).toBe(403)
    expect(await open(url, { cookie, origin: 'null' })).toBe(403)
    expect(await open(url, { cookie, origin: `https://${web.host}` })).toBe(403)
    expect(await open(`ws://${web.host}/`, { cookie, origin: web.origin })).toBe(404)
    const socket = await open(url, { cookie, origin: web.origin })
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
    const client = createControlClient(webSocketLink(socket))
    expect((await client.call('status', {})).mesh.name).toBe('acme')
    await client.close()
  })

  test('WEB-3 no more windows than there may be', async () => {
    const web = await serve()
    const headers = { cookie: await signIn(web), origin: web.origin }
    const all = await Promise.all(
      Array.from({ length: WEB_LIMITS.windows + 3 }, () => open(`ws://${web.host}/control`, headers)),
    )
    expect(all.filter((one) => one === 503)).toHaveLength(3)
    for (const socket of all) if (typeof socket !== 'number') socket.terminate()
  })

  test('WEB-4 every answer has the policy, none allows other origins, and only loopback is listened on', async () => {
    const web = await serve()
    const cookie = await signIn(web)
    const origin = 'http://evil.example'
    const replies = [
      await ask(web.origin, '/', { cookie, origin }),
      await ask(web.origin, '/', { origin }),
      await ask(web.origin, '/nothing.js', { cookie }),
      await ask(web.origin, '/', { cookie, origin, 'access-control-request-method': 'GET' }, 'OPTIONS'),
      await ask(web.origin, '/', { cookie }, 'POST'),
    ]
    expect(replies.map(({ status }) => status)).toEqual([200, 401, 404, 405, 405])
    for (const { headers } of replies) {
      expect(headers['content-security-policy']).toBe(contentSecurityPolicy({ connect: 'self' }))
      expect(headers['cache-control']).toBe('no-store')
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    expect(await ask(web.origin, '/assets/../../secret.js', { cookie })).toMatchObject({ status: 404 })
    expect(await ask(web.origin, '/..%2fsecret.js', { cookie })).toMatchObject({ status: 404 })
    const elsewhere = connect({ host: '127.0.0.2', port: web.port })
    await expect(new Promise((resolve) => elsewhere.once('error', resolve))).resolves.toMatchObject({
      code: 'ECONNREFUSED',
    })
  })

  test('WEB-5 it is idle when nobody asked anything for long; watching is not asking', async () => {
    const clock = new ManualClock()
    const web = await serve({ clock })
    let idle = false
    void web.server.idle.then(() => (idle = true))
    const socket = await openWindow(web)
    const client = createControlClient(webSocketLink(socket))
    const documents = client.stream('watchStatus', {})
    await documents.next()
    await clock.wind(59_000)
    await client.call('status', {})
    await clock.wind(59_000)
    expect(idle).toBe(false)
    await clock.wind(1_000)
    await until(() => idle)
    await client.close()
  })

  test('WEB-6 a window that goes away ends its streams; a message that is too large, or text, ends its window', async () => {
    const web = await serve()
    const socket = await openWindow(web)
    await createControlClient(webSocketLink(socket)).stream('watchStatus', {}).next()
    socket.terminate()
    await until(() => web.ended.length === 1)
    for (const message of ['text', new Uint8Array(CONTROL_LIMITS.messageBytes + 1)]) {
      const other = await serve()
      const window = await openWindow(other)
      const closed = new Promise((resolve) => window.once('close', resolve))
      window.on('error', () => undefined)
      window.send(message)
      await closed
    }
  })

  test('WEB-6 an agent that stops closes its windows; one that is not there refuses them', async () => {
    const web = await serve()
    const socket = await openWindow(web)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await createControlClient(webSocketLink(socket)).call('status', {})
    await web.control.stop()
    await closed
    const without = await serve({ gone: true })
    expect(await open(`ws://${without.host}/control`, { cookie: await signIn(without), origin: without.origin })).toBe(
      503,
    )
  })

  test('WEB-6 a request for a WebSocket that is none leaves no link behind', async () => {
    const web = await serve()
    const cookie = await signIn(web)
    const socket = connect({ host: '127.0.0.1', port: web.port })
    const head = [`GET /control HTTP/1.1`, `host: ${web.host}`, `origin: ${web.origin}`, `cookie: ${cookie}`]
    socket.write(
      [...head, 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 7', '', ''].join('\r\n'),
    )
    const reply = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(reply.toString()).toMatch(/^HTTP\/1.1 4\d\d/)
    socket.destroy()
    const window = await open(`ws://${web.host}/control`, { cookie, origin: web.origin })
    expect(window).toBeInstanceOf(WebSocket)
  })

  test('WEB-7 a port that is taken is said to be', async () => {
    const web = await serve()
    const init = { folder: '/nowhere', port: web.port, idleMs: 1000 }
    const connectAgent = async () => portLink(new MessageChannel().port1)
    const second = createWebServer({ connect: connectAgent, clock: systemClock, log }, init)
    await expect(second.start()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await second.stop()
  })
})
