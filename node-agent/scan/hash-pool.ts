import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ChunkRef, parseDigest, ShoalError } from '../../protocol/index.ts'
import type { HashedSegment, HashJob } from './hash-worker.ts'

const MOST_WORKERS = 4
/** Segments that a worker may be ahead of what was taken from it: bounds memory to a few MiB each. */
const CREDIT = 4

/** What a worker told of one file. */
export interface HashedFile {
  readonly chunks: readonly ChunkRef[]
  /** Bytes that were there, which is more than expected when the file grew. */
  readonly read: number
}

/** Receives each chunk, with the index of its file in the job. */
export type JobSink = (ref: ChunkRef, bytes: Uint8Array, file: number) => Promise<void> | void

interface Running {
  readonly chunks: ChunkRef[][]
  readonly read: number[]
  readonly sink: JobSink
  readonly settle: PromiseWithResolvers<readonly HashedFile[]>
}

/** Cuts and hashes files in worker threads, one job a worker at a time. What they read arrives by transfer, and no faster than it is taken. */
export class HashPool {
  readonly #idle: HashWorker[] = []
  readonly #all: HashWorker[] = []
  readonly #waiting: PromiseWithResolvers<void>[] = []
  readonly width = Math.max(1, Math.min(MOST_WORKERS, availableParallelism()))

  /**
   * Reads files from their beginnings; whoever opened them closes them afterwards. `sink` gets every chunk, several at once; its
   * bytes are good until it resolves.
   * @throws what the sink throws, FILE_SYSTEM when a file cannot be read, CANCELLED after `close`
   */
  async hash(files: HashJob['files'], sink: JobSink): Promise<readonly HashedFile[]> {
    const worker = await this.#take()
    try {
      return await worker.run(files, sink)
    } finally {
      this.#idle.push(worker)
      this.#waiting.shift()?.resolve()
    }
  }

  async close(): Promise<void> {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(cancelled())
    await Promise.all(this.#all.map((worker) => worker.close()))
  }

  async #take(): Promise<HashWorker> {
    for (;;) {
      const idle = this.#idle.pop()
      if (idle !== undefined) return idle
      if (this.#all.length < this.width) {
        const worker = new HashWorker()
        this.#all.push(worker)
        return worker
      }
      const turn = Promise.withResolvers<void>()
      this.#waiting.push(turn)
      await turn.promise
    }
  }
}

class HashWorker {
  readonly #credit = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  #running: Running | undefined
  #failed: ShoalError | undefined
  /** Segments are taken one after another. */
  #taking: Promise<void> = Promise.resolve()

  constructor() {
    Atomics.store(this.#credit, 0, CREDIT)
    this.#worker = new Worker(WORKER, {
      name: 'hasher',
      workerData: this.#credit,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.unref()
    this.#worker.on('message', (segment: HashedSegment | undefined) => {
      this.#taking = this.#taking.then(() => this.#took(segment))
    })
    this.#worker.on('error', (cause) => this.#fail(new ShoalError('FILE_SYSTEM', 'a file cannot be read', { cause })))
  }

  run(files: HashJob['files'], sink: JobSink): Promise<readonly HashedFile[]> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const settle = Promise.withResolvers<readonly HashedFile[]>()
    this.#running = { chunks: files.map(() => []), read: files.map(() => 0), sink, settle }
    this.#worker.postMessage({ files } satisfies HashJob)
    return settle.promise
  }

  async close(): Promise<void> {
    this.#fail(cancelled())
    await this.#worker.terminate()
  }

  async #took(segment: HashedSegment | undefined): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    if (segment === undefined) {
      this.#running = undefined
      running.settle.resolve(running.chunks.map((chunks, i) => ({ chunks, read: running.read[i] ?? 0 })))
      return
    }
    try {
      let at = 0
      const taken: Promise<void>[] = []
      for (const [i, size] of segment.sizes.entries()) {
        const ref = { digest: parseDigest(segment.digests[i] ?? ''), size }
        running.chunks[segment.file]?.push(ref)
        taken.push(Promise.resolve(running.sink(ref, segment.bytes.subarray(at, at + size), segment.file)))
        at += size
      }
      await Promise.all(taken)
      running.read[segment.file] = segment.read
    } catch (err) {
      this.#fail(
        err instanceof ShoalError ? err : new ShoalError('INTERNAL', 'a chunk could not be kept', { cause: err }),
      )
    } finally {
      Atomics.add(this.#credit, 0, 1)
      Atomics.notify(this.#credit, 0)
    }
  }

  #fail(error: ShoalError): void {
    this.#failed ??= error
    this.#running?.settle.reject(error)
    this.#running = undefined
  }
}

const cancelled = (): ShoalError => new ShoalError('CANCELLED', 'cancelled; nothing was changed')

/** As source beside this file; as built code beside the agent. */
const WORKER = new URL(`./hash-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
