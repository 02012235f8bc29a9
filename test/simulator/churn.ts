import type { ChannelStatus } from '../../protocol/index.ts'
import { seededRng } from '../support/test-mesh.ts'
import type { Work } from './state.ts'

/** Words at all stages of taking a release, each another one than the last: for measuring what looks at them. What the host really does is not touched. */
export class Churn {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRng(seed ^ 0xc4)
  }

  word({ status }: Work): ChannelStatus {
    const random = this.#random
    const dice = random()
    const plain = { ...status, error: undefined, targetSequence: status.sequence, progress: 1 }
    if (dice < 0.4) return { ...plain, state: 'settled', proved: true }
    const behind = { ...plain, sequence: Math.max(0, status.sequence - 1), proved: false }
    if (dice < 0.9) {
      const transfer = {
        leftBytes: Math.floor(random() * 2 ** 30),
        bytesPerSecond: Math.floor(random() * 2 ** 20) + 1,
      }
      return { ...behind, state: 'fetching', targetSequence: status.sequence, progress: random(), transfer }
    }
    if (dice < 0.95) return { ...behind, state: 'settled' }
    return { ...behind, state: 'failed', error: { code: 'NO_SPACE', message: 'the disk is full' } }
  }
}
