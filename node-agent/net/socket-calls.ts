import koffi from 'koffi'

/** Calls on sockets by their descriptor. */
interface SocketCalls {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, bytes: number): number
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, bytes: Uint32Array): number
  bind(fd: number, address: Uint8Array, bytes: number): number
  close(fd: number): number
}

let loaded: SocketCalls | undefined

/** What Node.js does not offer of sockets (ADR 005). */
export function socketCalls(): SocketCalls {
  if (loaded !== undefined) return loaded
  const library = koffi.load(null)
  loaded = {
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const uint8_t *, unsigned int)'),
    getsockopt: library.func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)'),
    bind: library.func('int bind(int, const uint8_t *, unsigned int)'),
    close: library.func('int close(int)'),
  }
  return loaded
}

/** Sets an option of so many bytes, in the machine's order. @returns whether the kernel took it */
export function setOption(fd: number, level: number, option: number, value: Uint8Array): boolean {
  return socketCalls().setsockopt(fd, level, option, value, value.length) === 0
}

export const int32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value >>> 0).buffer)
