import { Server, type Socket } from 'node:net'
import type { DialTransportOptions, Listener, Transport, Upgrader } from '@libp2p/interface'
import { tcp, type TCPComponents, type TCPDialOptions, type TCPOptions } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { knock } from './knock.ts'
import type { Sockets } from './sockets.ts'
import { int32, setOption, socketCalls } from './socket-calls.ts'

/** `struct sockaddr_in` and `struct sockaddr_in6`, in bytes. */
const ADDRESS_BYTES = { ip4: 16, ip6: 28 } as const
/** Linux, on every architecture that Node.js runs on here. */
const [AF_INET, AF_INET6, SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC] = [2, 10, 1, 0o4000, 0o2000000]
const [SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT] = [1, 2, 15]

type Kind = keyof typeof ADDRESS_BYTES

/** A socket bound to a port, or undefined where the kernel refuses. */
function boundTo(port: number, kind: Kind): number | undefined {
  const { socket, bind, close } = socketCalls()
  const family = kind === 'ip4' ? AF_INET : AF_INET6
  const fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return undefined
  const address = Buffer.alloc(ADDRESS_BYTES[kind])
  address.writeUInt16LE(family, 0)
  address.writeUInt16BE(port, 2)
  const shares = set(fd, SO_REUSEADDR, true) && set(fd, SO_REUSEPORT, true)
  if (shares && bind(fd, address, address.length) === 0) return fd
  close(fd)
  return undefined
}

const set = (fd: number, option: number, on: boolean): boolean => setOption(fd, SOL_SOCKET, option, int32(on ? 1 : 0))

/** Port and file descriptor of a listener's socket, as far as it has them. */
function listening(listener: Listener): { readonly port: number; readonly fd: number } | undefined {
  const server: unknown = Reflect.get(listener, 'server')
  if (!(server instanceof Server)) return undefined
  const address = server.address()
  const handle: unknown = Reflect.get(server, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  if (typeof address !== 'object' || address === null || typeof fd !== 'number' || fd < 0) return undefined
  return { port: address.port, fd }
}

/** What the TCP transport has besides its interface. */
interface Connector {
  _connect(address: Multiaddr, options: TCPDialOptions): Promise<Socket>
}

/** Of two sides that both dialled, one speaks second, and its multiplexer must number streams as if it had been dialled. */
const second = (init: DialTransportOptions): DialTransportOptions => {
  const { upgrader } = init
  const upgradeOutbound: Upgrader['upgradeOutbound'] = (connection, options) => {
    Reflect.set(connection, 'direction', 'inbound')
    return upgrader.upgradeOutbound(connection, options)
  }
  return { ...init, upgrader: Object.assign(Object.create(upgrader), { upgradeOutbound }) }
}

/**
 * TCP that dials from the port that this node listens on when told to `punch`: both sides send from where the other side's
 * NAT expects them (Ford, Srisuresh and Kegel, "Peer-to-peer communication across network address translators", USENIX 2005, section 4). All other dials leave from
 * ports of their own: two members that dial each other at the same moment would else meet in one connection that both think they opened. They knock again and again.
 *
 * @param sockets is told of every socket
 */
export function punchingTcp(options: TCPOptions, sockets: Sockets): (components: TCPComponents) => Transport {
  const create = tcp(options)
  return (components) => {
    const transport: Transport & Partial<Connector> = create(components)
    const [connect, createListener] = [transport._connect?.bind(transport), transport.createListener.bind(transport)]
    if (connect === undefined) throw new TypeError('the TCP transport connects in another way now')
    const listeners: Listener[] = []
    transport.createListener = (init) => {
      const listener = createListener(init)
      listeners.push(listener)
      sockets.accepting(listener)
      return listener
    }
    transport._connect = async (address, dial) => {
      const punch = punching(address, dial)
      const open = (signal: AbortSignal): Promise<Socket> => connect(address, { ...dial, signal })
      const socket = await (punch === undefined ? knock(open, dial.signal) : connect(address, punch))
      sockets.dialled(address, socket)
      return socket
    }
    const punching = (address: Multiaddr, dial: TCPDialOptions): TCPDialOptions | undefined => {
      const kind = address.getComponents()[0]?.name === 'ip6' ? 'ip6' : 'ip4'
      const [own] = listeners.map(listening).filter((found) => found !== undefined)
      if (Reflect.get(dial, 'punch') !== true || own === undefined) return undefined
      // The port is shared for this one call only: nobody else may listen on it.
      set(own.fd, SO_REUSEPORT, true)
      const fd = boundTo(own.port, kind)
      set(own.fd, SO_REUSEPORT, false)
      // Not read before it is connected.
      return fd === undefined ? dial : { ...dial, ...{ fd, manualStart: true } }
    }
    const dialled = transport.dial.bind(transport)
    transport.dial = (address, init) => dialled(address, Reflect.get(init, 'initiator') === false ? second(init) : init)
    return transport
  }
}
