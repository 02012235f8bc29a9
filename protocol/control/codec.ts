import { decode, encode } from 'cborg'
import { ShoalError } from '../errors/index.ts'
import { CONTROL_LIMITS } from './limits.ts'
import { checkFrameValue } from './link.ts'

/**
 * Bytes of one frame for links that carry bytes (CBOR).
 * @throws WIRE_TOO_LARGE, WIRE_MALFORMED
 */
export function encodeFrame(frame: unknown): Uint8Array {
  checkFrameValue(frame)
  const bytes = encode(frame)
  if (bytes.length > CONTROL_LIMITS.messageBytes) {
    throw new ShoalError('WIRE_TOO_LARGE', `a control message may have ${CONTROL_LIMITS.messageBytes} bytes`)
  }
  return bytes
}

/**
 * The value of a frame's bytes, of unknown shape.
 * @throws WIRE_TOO_LARGE, WIRE_MALFORMED
 */
export function decodeFrame(bytes: Uint8Array): unknown {
  if (bytes.length > CONTROL_LIMITS.messageBytes) throw new ShoalError('WIRE_TOO_LARGE', 'control message too large')
  let value: unknown
  try {
    value = decode(bytes, {
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    })
  } catch (cause) {
    throw new ShoalError('WIRE_MALFORMED', 'control frame: not CBOR', { cause })
  }
  checkFrameValue(value)
  return value
}
