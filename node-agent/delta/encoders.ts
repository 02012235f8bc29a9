import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { ShoalError } from '../../protocol/index.ts'
import type { Coded } from './codec.ts'
import type { EncodeJob } from './encode-worker.ts'

/** Every encoder needs about 200 MiB. */
const MOST_WORKERS = 2

interface Waiting {
  readonly job: EncodeJob
  readonly settle: PromiseWithResolvers<Coded>
}

/** Codes windows in worker threads. As many at once as there are workers: more wait, and so does who reads ahead for them. */
export class Encoders {
  readonly #workers: { readonly worker: Worker; job: Waiting | undefined }[] = []
  #waiting: Waiting[] = []
  #nextId = 0
  #closed = false

  /** Windows that may be handed over before one comes back. */
  readonly width = Math.max(1, Math.min(MOST_WORKERS, availableParallelism()))

  /** The window's bytes are given away: they cannot be read afterwards. @throws CANCELLED after `close` */
  encode(base: Uint8Array<ArrayBuffer>, next: Uint8Array<ArrayBuffer>): Promise<Coded> {
    const settle = Promise.withResolvers<Coded>()
    if (this.#closed) settle.reject(cancelled())
    else this.#waiting.push({ job: { id: this.#nextId++, base, next }, settle })
    if (this.#workers.length < this.width && this.#workers.every(({ job }) => job !== undefined)) this.#start()
    this.#assign()
    return settle.promise
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { settle } of this.#waiting) settle.reject(cancelled())
    this.#waiting = []
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()))
    for (const { job } of this.#workers) job?.settle.reject(cancelled())
  }

  #assign(): void {
    for (const slot of this.#workers) {
      if (slot.job !== undefined) continue
      const next = this.#waiting.shift()
      if (next === undefined) return
      slot.job = next
      slot.worker.postMessage(next.job, [next.job.base.buffer, next.job.next.buffer])
    }
  }

  #start(): void {
    const worker = new Worker(WORKER, { name: 'delta-encoder', resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    const slot: { readonly worker: Worker; job: Waiting | undefined } = { worker, job: undefined }
    worker.unref()
    worker.on('message', (coded: Coded & { readonly id: number }) => {
      const { job } = slot
      slot.job = undefined
      if (job?.job.id === coded.id) job.settle.resolve({ codec: coded.codec, parts: coded.parts })
      this.#assign()
    })
    worker.on('error', (cause) => {
      slot.job?.settle.reject(new ShoalError('INTERNAL', 'a delta could not be made', { cause }))
      this.#workers.splice(this.#workers.indexOf(slot), 1)
    })
    this.#workers.push(slot)
  }
}

const cancelled = (): ShoalError => new ShoalError('CANCELLED', 'making deltas was cancelled')

/** As source beside this file; as built code beside the agent. */
const WORKER = new URL(`./encode-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
