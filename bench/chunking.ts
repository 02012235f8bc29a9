/**
 * Throughput of chunking and hashing, as publishing and observing do it, against what this machine's own SHA-256 can do in the same run.
 *
 *     node bench/chunking.ts [MEBIBYTES]
 */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { Chunker } from '../protocol/content/index.ts'
import { seededBytes } from '../test/support/seeded-bytes.ts'

const MIB = 1024 * 1024
const BUFFER_BYTES = MIB
const ROUNDS = 5

/** MB/s of the best of some rounds: the others were disturbed. */
function best(bytes: number, act: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < ROUNDS; i++) {
    const begun = performance.now()
    act()
    least = Math.min(least, performance.now() - begun)
  }
  return bytes / 1000 / least
}

function cut(content: Uint8Array, take: (chunk: Uint8Array) => void): void {
  const chunker = new Chunker()
  for (let at = 0; at < content.length; at += BUFFER_BYTES) {
    for (const chunk of chunker.push(content.subarray(at, at + BUFFER_BYTES))) take(chunk)
  }
  for (const chunk of chunker.flush()) take(chunk)
}

/** `openssl speed` in MB/s, blocks of 64 KiB: about a chunk. */
function opensslSpeed(): number {
  const args = ['speed', '-seconds', '1', '-bytes', '65536', '-mr', '-evp', 'sha256']
  const text = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const bytesPerSecond = Number(/^\+F:\d+:[^:]+:([\d.]+)/m.exec(text)?.[1])
  return bytesPerSecond / 1e6
}

const size = Number(process.argv[2] ?? 64) * MIB
const content = seededBytes(size, 42)
const openssl = opensslSpeed()
const chunking = best(size, () => cut(content, () => undefined))
const both = best(size, () => cut(content, (chunk) => void hash('sha256', chunk, 'hex')))
const hashing = best(size, () => {
  for (let at = 0; at < size; at += 65_536) hash('sha256', content.subarray(at, at + 65_536), 'hex')
})
const round = (n: number): number => Math.round(n)
console.log(
  JSON.stringify({
    node: process.version,
    mebibytes: size / MIB,
    opensslMBs: round(openssl),
    hashMBs: round(hashing),
    chunkMBs: round(chunking),
    chunkAndHashMBs: round(both),
    ofOpenssl: Number((both / openssl).toFixed(2)),
  }),
)
