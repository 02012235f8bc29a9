import { Server, type Socket } from 'node:net'
import type { Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The open TCP sockets beneath libp2p's connections, which do not show them, by the address of the other end. As many as there are connections. */
export class Sockets {
  readonly #open = new Map<string, Set<Socket>>()

  /** A socket that was dialled. */
  dialled(address: Multiaddr, socket: Socket): void {
    this.#add(placeOf(address), socket)
  }

  /** Takes note of whatever a listener accepts. */
  accepting(listener: Listener): void {
    const server: unknown = Reflect.get(listener, 'server')
    if (!(server instanceof Server)) throw new TypeError('the TCP transport listens in another way now')
    server.prependListener('connection', (socket) => {
      const { remoteAddress, remotePort } = socket
      if (remoteAddress === undefined) return
      const host = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '').replace(/%.*$/, '')
      this.#add(`/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${remotePort}`, socket)
    })
  }

  /** Those to an address; for one behind a relay, those to the relay. Several when both ends dialled at once. */
  to(address: Multiaddr): readonly Socket[] {
    return [...(this.#open.get(placeOf(address)) ?? [])]
  }

  #add(place: string, socket: Socket): void {
    const sockets = this.#open.get(place) ?? new Set()
    this.#open.set(place, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0 && this.#open.get(place) === sockets) this.#open.delete(place)
    })
  }
}

/** Host and port of an address, whatever follows. */
const placeOf = (address: Multiaddr): string => address.toString().split('/').slice(0, 5).join('/')
