import { ShoalError } from '../errors/index.ts'
import { checkFrameValue, type Link, type LinkListener } from './link.ts'

/** What is needed of a MessagePort: those of browsers and of Node.js have it. */
export interface PortLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message' | 'messageerror' | 'close', listener: (event: object) => void): void
  start?(): void
  close(): void
}

/** A link over a MessagePort: frames cross as structured clones. A frame that may not cross closes the link (CTL-4). */
export function portLink(port: PortLike): Link {
  let listener: LinkListener | undefined
  let open = true
  const shut = (): void => {
    if (!open) return
    open = false
    port.close()
    listener?.onClose()
  }
  return {
    start: (told) => {
      listener = told
      port.addEventListener('message', (event) => {
        if (!open) return
        const data: unknown = 'data' in event ? event.data : undefined
        try {
          checkFrameValue(data)
        } catch {
          shut()
          return
        }
        told.onFrame(data)
      })
      port.addEventListener('messageerror', shut)
      port.addEventListener('close', shut)
      port.start?.()
    },
    send: (frame) => {
      if (!open) return
      checkFrameValue(frame)
      try {
        port.postMessage(frame)
      } catch (cause) {
        throw new ShoalError('WIRE_MALFORMED', 'control frame: cannot be cloned', { cause })
      }
    },
    close: shut,
    destroy: shut,
  }
}
