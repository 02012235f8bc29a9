import { parentPort } from 'node:worker_threads'
import { encodeWindow } from './codec.ts'

/** One window to code; the buffers are the worker's own. */
export interface EncodeJob {
  readonly id: number
  readonly base: Uint8Array<ArrayBuffer>
  readonly next: Uint8Array<ArrayBuffer>
}

parentPort?.on('message', ({ id, base, next }: EncodeJob) => {
  const { codec, parts } = encodeWindow(base, next)
  parentPort?.postMessage({ id, codec, parts })
})
