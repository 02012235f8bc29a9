import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from '../../protocol/content/index.ts'
import { DELTA_BASE_BYTES, DELTA_NEXT_BYTES } from '../../protocol/delta/index.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { seededBytes } from '../support/seeded-bytes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A publisher, one host, and a folder to be published. */
async function pair() {
  const folder = await tempDir()
  const [admin, tree] = [quietHome(folder, 'admin'), join(folder, 'source')]
  mkdirSync(tree)
  await shoalJson(admin, 'mesh', 'create', 'north')
  await startAgent(admin)
  const host = await enrolledHost(folder, admin, 'one', 'oslo')
  await startAgent(host.home)
  /** Publishes, waits for the proof. @returns bytes that came over the wire */
  const deliver = async (): Promise<number> => {
    await shoalJson(admin, 'publish', tree, '--channel', 'web')
    const { code, stderr } = await shoal(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '4m')
    expect(code, stderr).toBe(0)
    const { self, channels } = await statusOf(host.home)
    const own = channels[0]?.states.find(({ peerId }) => peerId === self.peerId)
    return own?.received.wireBytes ?? Number.NaN
  }
  return { tree, root: host.root, deliver }
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(piece as Buffer)
  return hash.digest('hex')
}

function writeAt(path: string, bytes: Uint8Array, at: number): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, at)
  closeSync(fd)
}

const GIB = 1024 ** 3

describe('content of unusual shape, from publish to live tree', () => {
  test(
    'CONTENT-7 a file of 4 GiB, most of it holes: it stays sparse, and edits in it cost about their own bytes',
    { timeout: 600_000 },
    async () => {
      const { tree, root, deliver } = await pair()
      const [from, to] = [join(tree, 'disk.img'), join(root, 'disk.img')]
      writeFileSync(from, '')
      await truncate(from, 4 * GIB + 4097)
      for (let i = 0; i < 8; i++) writeAt(from, seededBytes(1_000_000, i + 1), i * 500_000_003)
      expect(await deliver()).toBeLessThan(9_500_000)
      expect(await digestOfFile(to)).toBe(await digestOfFile(from))
      expect(statSync(to).blocks * 512).toBeLessThan(40_000_000)

      writeAt(from, seededBytes(5_000, 100), 1_500_300_000)
      writeAt(from, seededBytes(700, 101), 4 * GIB + 1000)
      expect(await deliver()).toBeLessThan(30_000)
      expect(await digestOfFile(to)).toBe(await digestOfFile(from))
      expect(statSync(to).blocks * 512).toBeLessThan(40_000_000)
    },
  )

  test(
    'CONTENT-7 every size around a boundary, all-zero content and insertions arrive as they are, and so do changes to all of them',
    { timeout: 240_000 },
    async () => {
      const { tree, root, deliver } = await pair()
      const sizes = [
        0,
        1,
        4096,
        64 * 1024,
        128 * 1024,
        MIN_CHUNK_BYTES,
        MAX_CHUNK_BYTES,
        DELTA_NEXT_BYTES,
        DELTA_BASE_BYTES,
      ]
      const around = new Set(sizes.flatMap((size) => [size - 1, size, size + 1]).filter((size) => size >= 0))
      for (const size of around) {
        writeFileSync(join(tree, `random-${size}`), seededBytes(size, size + 1))
        writeFileSync(join(tree, `zero-${size}`), new Uint8Array(size))
      }
      await deliver()
      expect(await compareTrees(tree, root)).toEqual([])
      for (const size of around) {
        const bytes = seededBytes(size, size + 1)
        const middle = size >> 1
        const inserted = Buffer.concat([bytes.subarray(0, middle), Buffer.from('inserted'), bytes.subarray(middle)])
        writeFileSync(join(tree, `random-${size}`), inserted)
        appendFileSync(join(tree, `zero-${size}`), Uint8Array.of(0, 1))
      }
      expect(await deliver()).toBeLessThan(60_000)
      expect(await compareTrees(tree, root)).toEqual([])
    },
  )
})
