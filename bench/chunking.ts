import { spawnSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { nextBoundary } from '../protocol/index.ts'

/**
 * Chunk-and-hash throughput of one core beside what OpenSSL's own benchmark reaches on buffers of the average chunk size, in the same run.
 * Usage: node bench/chunking.ts
 */
const CONTENT_BYTES = 64 * 1024 * 1024
const ROUNDS = 7

/** Cuts and hashes all of `content`. @returns number of chunks */
function chunkAndHash(content: Uint8Array): number {
  let chunks = 0
  for (let start = 0; start < content.length; chunks++) {
    const length = nextBoundary(content, start, content.length)
    hash('sha256', content.subarray(start, start + length), 'hex')
    start += length
  }
  return chunks
}

/** Bytes a second that `openssl speed` reports for SHA-256 of 64 KiB buffers on one core. */
function opensslBytesPerSecond(): number {
  const { stdout } = spawnSync('openssl', ['speed', '-evp', 'sha256', '-bytes', '65536', '-seconds', '2'], {
    encoding: 'utf8',
  })
  const rate = /^\s*sha256\s+([\d.]+)k/im.exec(stdout)?.[1]
  if (rate === undefined) throw new Error('openssl speed printed no rate')
  return Number(rate) * 1000
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const content = new Uint8Array(randomBytes(CONTENT_BYTES))
chunkAndHash(content)
const rates: number[] = []
let chunks = 0
for (let round = 0; round < ROUNDS; round++) {
  const started = performance.now()
  chunks = chunkAndHash(content)
  rates.push(CONTENT_BYTES / ((performance.now() - started) / 1000))
}
const ours = median(rates)
const openssl = opensslBytesPerSecond()
console.log(
  `chunk and hash   ${(ours / 1e6).toFixed(0)} MB/s (${(Math.min(...rates) / 1e6).toFixed(0)} to ${(Math.max(...rates) / 1e6).toFixed(0)}, ${ROUNDS} rounds)`,
)
console.log(`openssl sha256   ${(openssl / 1e6).toFixed(0)} MB/s`)
console.log(`ratio            ${(ours / openssl).toFixed(2)}`)
console.log(`chunks           ${chunks}, ${(CONTENT_BYTES / chunks / 1024).toFixed(1)} KiB on average`)
