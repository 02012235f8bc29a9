import type { Core } from '../../node-agent/core.ts'
import { type ControlBody, type KeyPair, signRecord } from '../../protocol/index.ts'
import { nextOrder } from '../../protocol/rollout/index.ts'

/** The other publisher of the mesh, who steers rollouts now and then. */
export class Colleague {
  readonly #core: Core
  readonly #key: KeyPair

  constructor(core: Core, key: KeyPair) {
    this.#core = core
    this.#key = key
  }

  /** Lets a release go on that was paused before. */
  resume(channel: string, message: string): Promise<void> {
    return this.#say(channel, (order, atMs) => ({ pause: { fromWave: 0, order, atMs, message } }))
  }

  promote(channel: string, wave: number, message: string): Promise<void> {
    return this.#say(channel, (_order, atMs) => ({ promote: { wave, atMs, message } }))
  }

  async #say(
    channel: string,
    words: (order: number, atMs: number) => Partial<Pick<ControlBody, 'pause' | 'promote'>>,
  ): Promise<void> {
    const { mesh, init } = this.#core
    const head = mesh.book.head(channel)
    if (head === undefined) throw new Error(`${channel} has no release`)
    const atMs = init.clock.now()
    const nothing = {
      pause: { fromWave: 0, order: 0, atMs: 0, message: '' },
      promote: { wave: 0, atMs: 0, message: '' },
    }
    const order = nextOrder(mesh.rollouts.controls(channel), head.id)
    const body = { ...nothing, ...words(order, atMs), sequence: head.version, head: head.id }
    const key = `${channel}.${this.#key.publicKey}`
    const record = { mesh: mesh.identity.mesh, kind: 'control', key, version: atMs, body } as const
    await this.#core.keep(await signRecord(record, [this.#key]))
  }
}
