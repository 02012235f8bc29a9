import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  CONTROL_LIMITS,
  type ControlHandlers,
  type Link,
  parseRequest,
  type ServedLink,
  serveLink,
} from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { Component, Logger } from '../lifecycle/index.ts'
import { connectSocket } from './connect.ts'
import { socketLink } from './socket-link.ts'
import { SOCKET_NAME, type SocketAddress, socketAddress } from './socket-path.ts'

export interface ControlServerDeps {
  readonly handlers: ControlHandlers
  readonly log: Logger
}

export interface ControlServerInit {
  /** Absolute path of the home whose control.sock is served; undefined serves only links that are handed over. */
  readonly home: string | undefined
}

/** Serves the control API on HOME/control.sock and on any link that is handed over (a MessagePort, later a WebSocket). */
export interface ControlServer extends Component {
  /** Serves one more link until it closes or the server stops. Refused (closed) when too many are open or the server is stopped. */
  serve(link: Link): void
}

/** The caller must hold the home's lock, so that no two agents fight for one socket. */
export function createControlServer(deps: ControlServerDeps, init: ControlServerInit): ControlServer {
  const links = new Set<ServedLink>()
  let socket: BoundSocket | undefined
  let open = false
  let starting: Promise<void> = Promise.resolve()

  const serve = (link: Link): void => {
    if (!open || links.size >= CONTROL_LIMITS.links) {
      link.start({ onFrame: () => undefined, onClose: () => undefined })
      link.destroy()
      deps.log.warn('control-link-refused', { links: links.size })
      return
    }
    const onUnexpected = (name: string, err: unknown): void =>
      deps.log.error('control-call-failed', {
        name,
        error: err instanceof Error ? (err.stack ?? err.message) : String(err),
      })
    const served = serveLink({ handlers: deps.handlers, parse: parseRequest, onUnexpected }, link)
    links.add(served)
    void served.closed.then(() => links.delete(served))
  }

  const bind = async (): Promise<void> => {
    if (init.home !== undefined) socket = await bindSocket(init.home, (peer) => serve(socketLink(peer)))
  }

  return {
    serve,
    start: () => {
      if (!open) {
        open = true
        starting = bind().catch((err: unknown) => {
          open = false
          throw err
        })
      }
      return starting
    },
    stop: async () => {
      open = false
      // A start that is under way would otherwise leave its socket behind. Its failure is its caller's to see.
      await starting.catch(() => undefined)
      const bound = socket
      socket = undefined
      const unbound = bound?.close()
      await Promise.all([...links].map((link) => link.close()))
      await unbound
    },
  }
}

interface BoundSocket {
  close(): Promise<void>
}

/** Listens with mode 0600. A socket file that a dead agent left is replaced; one that answers, or another kind of file, is left alone (CTL-9). */
async function bindSocket(home: string, onPeer: (peer: Socket) => void): Promise<BoundSocket> {
  await removeStale(home)
  const address = socketAddress(home)
  const server = createServer(onPeer)
  try {
    await listen(server, address)
    chmodSync(address.path, 0o600)
  } catch (cause) {
    server.close()
    address.release()
    throw new ShoalError('HOME_INVALID', `cannot serve ${SOCKET_NAME} in the home: ${messageOf(cause)}`, { cause })
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          address.release()
          resolve()
        })
      }),
  }
}

async function removeStale(home: string): Promise<void> {
  const path = join(home, SOCKET_NAME)
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isSocket()) {
    throw new ShoalError('HOME_INVALID', `${SOCKET_NAME} in the home is not a socket; move it away, then start again`)
  }
  const peer = await connectSocket(home)
  if (peer !== undefined) {
    peer.destroy()
    throw new ShoalError('HOME_IN_USE', 'another agent serves this home; nothing was changed')
  }
  unlinkSync(path)
}

function listen(server: Server, address: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: address.path }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err))
