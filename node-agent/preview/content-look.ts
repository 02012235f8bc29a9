import { PREVIEW_LIMITS } from './limits.ts'
import { secretText } from './secrets.ts'

/** What passing over a file's first bytes told. */
export interface ContentLook {
  readonly isBinary: boolean
  /** What secret it holds; undefined when none was seen. */
  readonly secret: string | undefined
}

const NUL = 0

/** Whether bytes that begin a file are of no text, as git has it. */
export const isBinary = (bytes: Uint8Array): boolean => bytes.subarray(0, PREVIEW_LIMITS.sniffBytes).includes(NUL)

/** Takes a file's bytes as they pass, in order, and looks at the first of them. */
export class ContentLooker {
  #seenBytes = 0
  #isBinary = false
  #secret: string | undefined

  take(bytes: Uint8Array): void {
    const left = PREVIEW_LIMITS.secretBytes - this.#seenBytes
    if (this.#seenBytes === 0) this.#isBinary = isBinary(bytes)
    this.#seenBytes += bytes.length
    if (left <= 0 || this.#isBinary || this.#secret !== undefined) return
    this.#secret = secretText(
      Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(left, bytes.length)).toString('latin1'),
    )
  }

  get look(): ContentLook {
    return { isBinary: this.#isBinary, secret: this.#secret }
  }
}
