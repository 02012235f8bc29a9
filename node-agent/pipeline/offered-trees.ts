import type { ChannelName } from '../../protocol/index.ts'
import { retainedKey, type TargetTree } from './target-tree.ts'
import type { PipelineDeps } from './types.ts'

/** Lets chunks be read from a target's live tree and from everything retained near it. */
export class OfferedTrees {
  readonly #deps: Pick<PipelineDeps, 'chunks' | 'live'>
  readonly #channel: ChannelName
  readonly #retained = new Set<string>()

  constructor(deps: Pick<PipelineDeps, 'chunks' | 'live'>, channel: ChannelName) {
    this.#deps = deps
    this.#channel = channel
  }

  /** Offers what is there now; what is gone is forgotten. */
  async follow(tree: TargetTree): Promise<void> {
    const { chunks, live } = this.#deps
    chunks.setRoot(this.#channel, tree.live)
    const now = new Map(tree.retained().map((at) => [retainedKey(this.#channel, at), at.root]))
    for (const key of this.#retained) {
      if (now.has(key)) continue
      chunks.setRoot(key, undefined)
      this.#retained.delete(key)
      await live.drop(key)
    }
    for (const [key, root] of now) {
      chunks.setRoot(key, root)
      this.#retained.add(key)
    }
  }

  withdraw(): void {
    for (const key of [this.#channel, ...this.#retained]) this.#deps.chunks.setRoot(key, undefined)
    this.#retained.clear()
  }
}
