import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { CONTROL_LIMITS, joinLinks, type Link, webSocketLink, windowLink } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'
import { answerTo, CONTROL_PATH, HEADERS, isOwnHost, isOwnOrigin, isSignedIn, signInPath } from './answers.ts'
import { WEB_LIMITS } from './limits.ts'
import { SignIn } from './sign-in.ts'

export interface WebServerDeps {
  /** One more link to the agent, not yet started. @throws AGENT_UNREACHABLE */
  readonly connect: () => Promise<Link>
  readonly clock: Clock
  readonly log: Logger
}

export interface WebServerInit {
  /** Folder of the built console. */
  readonly folder: string
  /** On 127.0.0.1; 0 for any. */
  readonly port: number
  readonly idleMs: number
}

/** The console for a browser on this machine. It can be signed in to once, by the address that `url` gives. */
export interface WebServer extends Component {
  /** Known once started. */
  readonly url: string
  /** Resolves when nobody used it for so long that it should end. */
  readonly idle: Promise<void>
}

/** Only ever listens on loopback. @throws ADDRESS_IN_USE from start() */
export function createWebServer(deps: WebServerDeps, init: WebServerInit): WebServer {
  return new LoopbackServer(deps, init)
}

class LoopbackServer implements WebServer {
  readonly #deps: WebServerDeps
  readonly #init: WebServerInit
  readonly #signIn = new SignIn({ random: (bytes) => randomBytes(bytes) })
  readonly #sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CONTROL_LIMITS.messageBytes,
  })
  readonly #windows = new Set<WebSocket>()
  readonly #stopping = new AbortController()
  #server: Server | undefined
  #port = 0
  #usedMs = 0
  #opening = 0
  #idle: Promise<void> = Promise.resolve()

  constructor(deps: WebServerDeps, init: WebServerInit) {
    this.#deps = deps
    this.#init = init
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}${signInPath(this.#signIn.token)}`
  }

  get idle(): Promise<void> {
    return this.#idle
  }

  async start(): Promise<void> {
    const server = createServer({ maxHeaderSize: WEB_LIMITS.headerBytes }, (request, response) => {
      void this.#answer(request, response)
    })
    server.maxConnections = WEB_LIMITS.connections
    server.headersTimeout = WEB_LIMITS.headersMs
    server.requestTimeout = WEB_LIMITS.requestMs
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    server.on('clientError', (_err, socket) => socket.destroy())
    this.#port = await listen(server, this.#init.port)
    this.#server = server
    this.#used()
    this.#idle = this.#untilIdle()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const socket of this.#windows) closeSoon(socket)
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    // A WebSocket is a connection that the server knows nothing of any more: closeSoon has bounded it.
    await Promise.all([
      closed,
      ...[...this.#windows].map((socket) => new Promise((done) => socket.once('close', done))),
    ])
    await this.#idle
  }

  #used(): void {
    this.#usedMs = this.#deps.clock.monotonic()
  }

  async #untilIdle(): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const left = this.#usedMs + this.#init.idleMs - clock.monotonic()
      if (left <= 0) return
      await clock.sleep(left, { signal }).catch(() => undefined)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = answerTo(request, this.#signIn, this.#port)
    const bodiless = request.method === 'HEAD'
    request.resume()
    if (answer.kind === 'file') {
      this.#used()
      const body = await readFile(join(this.#init.folder, answer.name)).catch(() => undefined)
      if (body !== undefined) {
        response.writeHead(200, { ...HEADERS, 'content-type': answer.type })
        response.end(bodiless ? undefined : body)
        return
      }
    }
    const { status, text, headers } =
      answer.kind === 'text' ? answer : { status: 404, text: 'There is nothing here.\n', headers: {} }
    response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...headers })
    response.end(bodiless ? undefined : text)
  }

  /** Host, path, sign-in, origin and number are looked at before the agent hears of it (WEB-3). */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the upgrade is done nobody else listens, and an error without a listener would end the process.
    socket.on('error', () => socket.destroy())
    const status = this.#refusal(request)
    if (status !== undefined) return refuse(socket, status)
    this.#opening++
    try {
      const agent = await this.#deps.connect()
      let served = false
      // Calls back at once, or not at all when the request is no proper one: then it has answered it.
      this.#sockets.handleUpgrade(request, socket, head, (window) => {
        served = true
        this.#serve(window, agent)
      })
      if (!served) abandon(agent)
    } catch (err) {
      this.#deps.log.warn('web-window-refused', { error: err instanceof Error ? err.message : String(err) })
      refuse(socket, 503)
    } finally {
      this.#opening--
    }
  }

  #refusal(request: IncomingMessage): number | undefined {
    if (this.#server === undefined) return 503
    if (!isOwnHost(request.headers.host, this.#port)) return 421
    if (request.url !== CONTROL_PATH) return 404
    if (!isSignedIn(request, this.#signIn, this.#port)) return 401
    if (!isOwnOrigin(request)) return 403
    return this.#windows.size + this.#opening >= WEB_LIMITS.windows ? 503 : undefined
  }

  #serve(socket: WebSocket, agent: Link): void {
    this.#used()
    this.#windows.add(socket)
    socket.once('close', () => this.#windows.delete(socket))
    const link = webSocketLink(socket, () => socket.terminate())
    const watched: Link = {
      ...link,
      start: (listener) => {
        link.start({
          ...listener,
          onFrame: (frame) => {
            // Credit comes by itself from a window that nobody looks at.
            if (!isCredit(frame)) this.#used()
            listener.onFrame(frame)
          },
        })
      },
      close: () => closeSoon(socket),
    }
    joinLinks(windowLink(watched), agent)
  }
}

const isCredit = (frame: unknown): boolean =>
  typeof frame === 'object' && frame !== null && 't' in frame && frame.t === 'credit'

/** Lets go of a link that was never started: only a started one tells the other side. */
function abandon(link: Link): void {
  link.start({ onFrame: () => undefined, onClose: () => undefined })
  link.destroy()
}

/** Delivers what was queued, but does not wait for long. */
function closeSoon(socket: WebSocket): void {
  socket.close()
  setTimeout(() => socket.terminate(), WEB_LIMITS.flushMs).unref()
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : cause.message
      reject(
        new ShoalError('ADDRESS_IN_USE', `cannot listen on 127.0.0.1:${port} (${code}); take another --port`, {
          cause,
        }),
      )
    })
    server.listen({ host: '127.0.0.1', port }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
