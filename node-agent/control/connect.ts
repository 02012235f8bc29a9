import { connect, type Socket } from 'node:net'
import { type ControlClient, createControlClient } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { socketLink } from './socket-link.ts'
import { socketAddress } from './socket-path.ts'

/** An agent that is alive accepts at once: the kernel does it for it. Only a full backlog waits. */
const CONNECT_MS = 5_000

/**
 * A client of the agent that serves `home`; undefined when none does (no socket, or one that its agent left behind).
 * @throws AGENT_UNREACHABLE when there is a socket that cannot be spoken to, such as another user's
 */
export async function connectControl(home: string): Promise<ControlClient | undefined> {
  const socket = await connectSocket(home)
  return socket === undefined ? undefined : createControlClient(socketLink(socket))
}

/** As connectControl, but the bare connection. */
export async function connectSocket(home: string): Promise<Socket | undefined> {
  const address = socketAddress(home)
  try {
    return await open(address.path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') return undefined
    throw new ShoalError(
      'AGENT_UNREACHABLE',
      `cannot speak to the agent of this home (${code}); run as the user that the agent runs as`,
      { cause },
    )
  } finally {
    address.release()
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' }))
    }, CONNECT_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (err) => {
      clearTimeout(timer)
      reject(err)
    })
  })
}
