import type { ChannelName, ChannelStatus } from '../../protocol/index.ts'
import type { MeshPart } from '../core.ts'
import { Fleet } from './fleet.ts'

export interface ViewsDeps {
  /** @throws NO_MESH before the home has one */
  readonly mesh: () => Pick<MeshPart, 'book' | 'peer'>
  own(channel: ChannelName): ChannelStatus | undefined
}

/** What an agent keeps for the consoles that look at it; made when first asked for. */
export class Views {
  readonly #deps: ViewsDeps
  #fleet: Fleet | undefined

  constructor(deps: ViewsDeps) {
    this.#deps = deps
  }

  /** @throws NO_MESH */
  fleet(): Fleet {
    if (this.#fleet !== undefined) return this.#fleet
    const { book, peer } = this.#deps.mesh()
    const own = (channel: ChannelName): ChannelStatus | undefined => this.#deps.own(channel)
    const fleet = new Fleet({ book, self: peer, own, isPaused: () => false })
    fleet.open()
    this.#fleet = fleet
    return fleet
  }
}
