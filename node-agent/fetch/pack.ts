import { type Digest, LIMITS } from '../../protocol/index.ts'

/** One chunk to be answered for. */
export interface Due {
  readonly id: number
  readonly digest: Digest
  /** In the list of its want. */
  readonly place: number
  readonly compression: number
  cancelled: boolean
}

/** Chunks of one want that leave in one frame. */
export class Pack {
  readonly items: { readonly due: Due; readonly bytes: Uint8Array }[] = []
  #bytes = 0

  /** So far its chunks are small: more of them may be read ahead in the same memory. */
  get small(): boolean {
    return this.items.length > 1 && this.#bytes / this.items.length < LIMITS.packBytes / LIMITS.readsAheadSmall
  }

  takes({ id }: Due, bytes: Uint8Array | undefined): boolean {
    const [first] = this.items
    if (first === undefined) return true
    return first.due.id === id && bytes !== undefined && this.#bytes + bytes.length <= LIMITS.packBytes
  }

  add(due: Due, bytes: Uint8Array): void {
    this.items.push({ due, bytes })
    this.#bytes += bytes.length
  }
}
