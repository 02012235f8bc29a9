import { MessageChannel } from 'node:worker_threads'
import {
  type ControlClient,
  type ControlHandlers,
  createControlClient,
  type Link,
  parseRequest,
  portLink,
  serveLink,
} from '../../protocol/control/index.ts'
import { fakeHandlers } from './fake-handlers.ts'

/** Both ends of a port: a caller's client, and the link of whoever serves. */
export function linkPair(): { readonly client: ControlClient; readonly served: Link } {
  const { port1, port2 } = new MessageChannel()
  return { client: createControlClient(portLink(port1)), served: portLink(port2) }
}

/** A client of fake handlers, over a port. */
export function connectPair(handlers: Partial<ControlHandlers>): {
  readonly client: ControlClient
  readonly close: () => Promise<void>
} {
  const { client, served } = linkPair()
  const deps = { handlers: fakeHandlers(handlers), parse: parseRequest, onUnexpected: () => undefined }
  const serving = serveLink(deps, served)
  return { client, close: () => serving.close() }
}
