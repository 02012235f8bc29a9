import { ShoalError } from '../errors/index.ts'
import { CONTROL_LIMITS } from './limits.ts'

/** Told once the link was started. Neither function may throw. */
export interface LinkListener {
  /** One frame, decoded but not yet checked. */
  onFrame(frame: unknown): void
  /** The link is gone, for whatever reason; called once, last. */
  onClose(): void
}

/**
 * Carries frames between a caller and an agent, in order, whole or not at all: a unix socket, a MessagePort, a WebSocket. A frame is made of
 * null, booleans, finite numbers, strings, Uint8Arrays, arrays and plain objects.
 */
export interface Link {
  /** Frames that arrived before are delivered now. To be called once. */
  start(listener: LinkListener): void
  /**
   * Queues one frame; a closed link swallows it.
   * @throws WIRE_TOO_LARGE or WIRE_MALFORMED when the frame cannot cross; nothing was sent then
   */
  send(frame: unknown): void
  /** Delivers what was queued, then closes. Idempotent. */
  close(): void
  /** Closes at once: the other side broke the rules or does not read. */
  destroy(): void
}

/**
 * Checks that a value is made of what a frame may hold and estimates its size, for links that carry objects and not bytes.
 * @throws WIRE_TOO_LARGE past the limit, WIRE_MALFORMED for other types, cycles and too deep nesting (CTL-4)
 */
export function checkFrameValue(value: unknown, limitBytes: number = CONTROL_LIMITS.messageBytes): void {
  let left = limitBytes
  const spend = (bytes: number): void => {
    left -= bytes
    if (left < 0) throw new ShoalError('WIRE_TOO_LARGE', `a control message may have ${limitBytes} bytes`)
  }
  const visit = (item: unknown, depth: number): void => {
    if (depth > CONTROL_LIMITS.depth) throw new ShoalError('WIRE_MALFORMED', 'control frame: nested too deeply')
    if (item === null || typeof item === 'boolean') return spend(1)
    if (typeof item === 'number' && Number.isFinite(item)) return spend(9)
    if (typeof item === 'string') return spend(item.length + 5)
    if (item instanceof Uint8Array) return spend(item.byteLength + 5)
    spend(5)
    if (Array.isArray(item)) {
      // An index loop: a sparse array must show its holes as undefined, which no frame may hold.
      for (let i = 0; i < item.length; i++) visit(item[i], depth + 1)
      return
    }
    if (typeof item !== 'object' || !isPlain(item)) throw new ShoalError('WIRE_MALFORMED', 'control frame: wrong type')
    for (const [key, child] of Object.entries(item)) {
      spend(key.length + 5)
      visit(child, depth + 1)
    }
  }
  visit(value, 0)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Structured clones from another realm have that realm's Object.prototype: one whose own prototype is null.
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null)
}
