import * as cbor from '@ipld/dag-cbor'
import { base64url } from 'multiformats/bases/base64'
import { toHex } from '../ids/index.ts'
import { sha256 } from '../records/index.ts'

const CHECKSUM_BYTES = 4

/** One line of text: the prefix, then base64url of CBOR followed by 4 bytes of its SHA-256, so that a cut or mistyped line is noticed. */
export async function encodeLine(prefix: string, value: unknown): Promise<string> {
  const body = cbor.encode(value)
  const line = new Uint8Array(body.length + CHECKSUM_BYTES)
  line.set(body)
  line.set((await sha256(new Uint8Array(body))).subarray(0, CHECKSUM_BYTES), body.length)
  return prefix + base64url.baseEncode(line)
}

/** The value of a line; `malformed` makes the error of what is wrong with it. */
export async function decodeLine(line: string, { prefix, maxChars, malformed }: LineForm): Promise<unknown> {
  if (!line.startsWith(prefix)) throw malformed(`it does not begin with ${prefix}`)
  if (line.length > maxChars) throw malformed('it is too long')
  let raw: Uint8Array
  try {
    raw = base64url.baseDecode(line.slice(prefix.length))
  } catch (err) {
    throw malformed('it has a character that does not belong', err)
  }
  const body = new Uint8Array(raw.subarray(0, Math.max(0, raw.length - CHECKSUM_BYTES)))
  const sum = (await sha256(body)).subarray(0, CHECKSUM_BYTES)
  if (raw.length <= CHECKSUM_BYTES || toHex(sum) !== toHex(raw.subarray(body.length)))
    throw malformed('its checksum is wrong')
  try {
    return cbor.decode(body)
  } catch (err) {
    throw malformed('its content has another form', err)
  }
}

export interface LineForm {
  readonly prefix: string
  readonly maxChars: number
  malformed(why: string, cause?: unknown): Error
}
