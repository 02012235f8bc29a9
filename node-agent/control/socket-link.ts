import type { Socket } from 'node:net'
import { CONTROL_LIMITS, decodeFrame, encodeFrame, type Link, type LinkListener } from '../../protocol/control/index.ts'

const PREFIX_BYTES = 4

/** A closed link may still deliver what was queued for so long; a stopped terminal must not hold up a stopping agent. */
const FLUSH_MS = 1_000

/**
 * A link over a unix socket: each frame is its length as u32, big endian, and then that many bytes of CBOR. A length of 0 or past the
 * limit, bytes that are no frame, and a caller that does not read its answers destroy the socket (CTL-4).
 */
export function socketLink(socket: Socket): Link {
  let parts: Buffer[] = []
  let have = 0
  let want = PREFIX_BYTES
  let inBody = false

  /** The first `bytes` of what has arrived. */
  const take = (bytes: number): Buffer => {
    const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    parts = all.length === bytes ? [] : [all.subarray(bytes)]
    have = all.length - bytes
    return all.subarray(0, bytes)
  }

  const read = (chunk: Buffer, listener: LinkListener): void => {
    parts.push(chunk)
    have += chunk.length
    while (have >= want && !socket.destroyed) {
      const bytes = take(want)
      if (inBody) {
        want = PREFIX_BYTES
        inBody = false
        listener.onFrame(decodeFrame(bytes))
      } else {
        want = bytes.readUInt32BE(0)
        inBody = true
        if (want === 0 || want > CONTROL_LIMITS.messageBytes) return void socket.destroy()
      }
    }
  }

  return {
    start: (listener) => {
      socket.on('data', (chunk: Buffer) => {
        try {
          read(chunk, listener)
        } catch {
          socket.destroy()
        }
      })
      // Without a listener the error would end the process; 'close' follows and tells.
      socket.on('error', () => undefined)
      socket.on('close', () => listener.onClose())
      if (socket.destroyed) queueMicrotask(() => listener.onClose())
    },
    send: (frame) => {
      const body = encodeFrame(frame)
      if (socket.destroyed || !socket.writable) return
      const prefix = Buffer.alloc(PREFIX_BYTES)
      prefix.writeUInt32BE(body.length)
      socket.cork()
      socket.write(prefix)
      socket.write(body)
      socket.uncork()
      if (socket.writableLength > CONTROL_LIMITS.unsentBytes) socket.destroy()
    },
    close: () => {
      socket.destroySoon()
      setTimeout(() => socket.destroy(), FLUSH_MS).unref()
    },
    destroy: () => void socket.destroy(),
  }
}
