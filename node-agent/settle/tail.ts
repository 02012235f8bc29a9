import { displayPath, toByteString } from '../../protocol/index.ts'

const TAIL_BYTES = 4096

/** Keeps the last 4 KiB of a stream. */
export class Tail {
  #parts: Buffer[] = []
  #bytes = 0

  add(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes < 4 * TAIL_BYTES) return
    this.#parts = [Buffer.concat(this.#parts).subarray(-TAIL_BYTES)]
    this.#bytes = TAIL_BYTES
  }

  /** Its lines, harmless to print. */
  text(): string {
    const text = toByteString(Buffer.concat(this.#parts).subarray(-TAIL_BYTES)).trim()
    return text === '' ? '' : text.split('\n').map(shown).join('\n')
  }
}

const shown = (line: string): string => (line === '' ? '' : displayPath(line))
