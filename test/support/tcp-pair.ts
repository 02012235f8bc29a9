import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** Both ends of a TCP connection over loopback; `far` reads nothing before `resume()`. */
export interface TcpPair {
  readonly near: Socket
  readonly far: Socket
  /** Of the far end, as the near end dialled it. */
  readonly address: Multiaddr
  close(): void
}

export async function tcpPair(): Promise<TcpPair> {
  const server = createServer({ pauseOnConnect: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const near = connect(port, '127.0.0.1')
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')])
  const close = (): void => {
    near.destroy()
    far.destroy()
    server.close()
  }
  return { near, far, address: multiaddr(`/ip4/127.0.0.1/tcp/${port}`), close }
}
