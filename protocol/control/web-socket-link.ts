import { decodeFrame, encodeFrame } from './codec.ts'
import { CONTROL_LIMITS } from './limits.ts'
import type { Link } from './link.ts'

/** What is needed of a WebSocket that is open: those of browsers and of the package ws have it. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(): void
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: object) => void): void
}

const OPEN = 1
const CLOSED = 3

/**
 * A link over an open WebSocket: every message is one frame's bytes. Text, bytes that are no frame, and a reader that does not read destroy it
 * (CTL-4). To be started before control returns to whoever opened the socket: what comes earlier is lost.
 * @param destroy closes the socket without waiting for the other side; where that cannot be done, its `close`
 */
export function webSocketLink(socket: WebSocketLike, destroy: () => void = () => socket.close()): Link {
  socket.binaryType = 'arraybuffer'
  return {
    start: (listener) => {
      let told = false
      const closed = (): void => {
        if (told) return
        told = true
        listener.onClose()
      }
      socket.addEventListener('message', (event) => {
        if (told) return
        const data: unknown = 'data' in event ? event.data : undefined
        try {
          if (!(data instanceof ArrayBuffer)) return destroy()
          listener.onFrame(decodeFrame(new Uint8Array(data)))
        } catch {
          destroy()
        }
      })
      socket.addEventListener('close', closed)
      // 'close' follows and tells; without a listener the error of some sockets would be thrown.
      socket.addEventListener('error', () => undefined)
      if (socket.readyState === CLOSED) queueMicrotask(closed)
    },
    send: (frame) => {
      const bytes = encodeFrame(frame)
      if (socket.readyState !== OPEN) return
      socket.send(new Uint8Array(bytes))
      if (socket.bufferedAmount > CONTROL_LIMITS.unsentBytes) destroy()
    },
    close: () => socket.close(),
    destroy,
  }
}
