import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Handler = (request: Request) => Response | Promise<Response>

const handlers = new Map<string, Handler>()
const privileged = new Map<string, object>()
const refused: string[] = []

export const protocol = {
  registerSchemesAsPrivileged: (
    schemes: readonly { readonly scheme: string; readonly privileges?: object }[],
  ): void => {
    for (const { scheme, privileges } of schemes) privileged.set(scheme, privileges ?? {})
  },
  handle: (scheme: string, handler: Handler): void => void handlers.set(scheme, handler),
  unhandle: (scheme: string): void => void handlers.delete(scheme),
  isProtocolHandled: (scheme: string): boolean => handlers.has(scheme),
}

/** Chromium knows no scheme of the app: `app://shoal/x` travels as `http://shoal.app.localhost/x`, a secure origin of its own, through this proxy. */
const SUFFIX = '.localhost'

export function toCarried(url: string): string {
  const parsed = URL.parse(url)
  const scheme = parsed?.protocol.slice(0, -1)
  if (parsed === null || scheme === undefined || !handlers.has(scheme)) return url
  return `http://${parsed.host}.${scheme}${SUFFIX}${parsed.pathname}${parsed.search}${parsed.hash}`
}

export function fromCarried(url: string): string {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'http:' || !parsed.host.endsWith(SUFFIX)) return url
  const [scheme = '', ...host] = parsed.host.slice(0, -SUFFIX.length).split('.').toReversed()
  if (!privileged.has(scheme)) return url
  return `${scheme}://${host.toReversed().join('.')}${parsed.pathname}${parsed.search}${parsed.hash}`
}

/** The only network that windows have: answers for the app's schemes, refuses and notes everything else. */
export async function startProxy(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => void serve(request, response))
  server.on('connect', (request, socket) => {
    refused.push(`https://${request.url ?? ''}`)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const address: AddressInfo | string | null = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const carried = request.url ?? ''
  const url = fromCarried(carried)
  const handler = handlers.get(url.slice(0, url.indexOf(':')))
  if (url === carried || handler === undefined) {
    refused.push(carried)
    response.writeHead(403).end()
    return
  }
  try {
    const answer = await handler(new Request(url, { method: request.method ?? 'GET' }))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(new Uint8Array(await answer.arrayBuffer()))
  } catch (err) {
    console.error('protocol handler failed', err)
    response.writeHead(500).end()
  }
}

/** Handlers are kept for tests to call; Chromium itself is not asked. */
class Session extends EventEmitter {
  permissionRequest: unknown
  permissionCheck: unknown
  devicePermission: unknown
  displayMedia: unknown
  setPermissionRequestHandler(handler: unknown): void {
    this.permissionRequest = handler
  }
  setPermissionCheckHandler(handler: unknown): void {
    this.permissionCheck = handler
  }
  setDevicePermissionHandler(handler: unknown): void {
    this.devicePermission = handler
  }
  setDisplayMediaRequestHandler(handler: unknown): void {
    this.displayMedia = handler
  }
  setSpellCheckerEnabled(): void {}
}

export const session = { defaultSession: new Session() }

/** What windows asked of the network in vain, and the privileges of schemes. */
export const network = { refused, privileged }
