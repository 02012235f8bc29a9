import { appendFileSync, closeSync, ftruncateSync, openSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { scanTree } from '../../../node-agent/scan/index.ts'
import { type ChunkRef, Chunker, type Entry } from '../../../protocol/index.ts'
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from '../../../protocol/content/index.ts'
import { digestOf } from '../../support/fake-chunks.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NEVER = new AbortController().signal
const MIB = 1024 * 1024
const threads = (): number => readdirSync('/proc/self/task').length

/** Sizes around every border of chunks, segments and jobs, and enough in all that threads are worth it. */
const SIZES = [0, 1, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES, 2 * MIB, 4 * MIB, 8 * MIB].flatMap((size) => [
  Math.max(0, size - 1),
  size,
  size + 1,
])

async function largeTree(): Promise<string> {
  const directory = await tempDir()
  for (const [i, size] of SIZES.entries()) writeFileSync(join(directory, `f${i}`), seededBytes(size, i + 1))
  for (let i = 0; i < 300; i++) writeFileSync(join(directory, `small${i}`), seededBytes(10 + i * 40, 1000 + i))
  return directory
}

const filesOf = (entries: readonly Entry[]) => entries.flatMap((entry) => (entry.kind === 'file' ? [entry] : []))

function cut(content: Uint8Array): readonly ChunkRef[] {
  const chunker = new Chunker()
  const chunks = [...chunker.push(content).map((bytes) => bytes.slice()), ...chunker.flush()]
  return chunks.map((bytes) => ({ digest: digestOf(bytes), size: bytes.length }))
}

describe('reading with threads', () => {
  test('SCAN-10 every file is cut as by one thread, and every chunk is handed out with its bytes', async () => {
    const directory = await largeTree()
    const root = openTreeRoot(directory)
    const got = new Map<string, number>()
    const seen: number[] = []
    const { entries } = await scanTree(root, {
      signal: NEVER,
      onChunk: ({ digest, size }, bytes) => {
        expect(digestOf(bytes)).toBe(digest)
        got.set(digest, size)
      },
      onProgress: ({ bytes }) => seen.push(bytes),
    })
    root.close()
    const files = new Map(filesOf(entries).map((entry) => [entry.path as string, entry.chunks]))
    for (const [i, size] of SIZES.entries()) expect(files.get(`f${i}`)).toEqual(cut(seededBytes(size, i + 1)))
    for (let i = 0; i < 300; i++) expect(files.get(`small${i}`)).toEqual(cut(seededBytes(10 + i * 40, 1000 + i)))
    for (const { digest } of filesOf(entries).flatMap(({ chunks }) => chunks)) expect(got.has(digest)).toBe(true)
    expect(seen.at(-1)).toBe(filesOf(entries).reduce((sum, { size }) => sum + size, 0))
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  test('SCAN-3 SCAN-10 a file that grows or shrinks meanwhile is SOURCE_CHANGED', async () => {
    for (const change of [(path: string) => appendFileSync(path, 'more'), (path: string) => shrink(path)]) {
      const directory = await largeTree()
      const root = openTreeRoot(directory)
      let changed = false
      const scan = scanTree(root, {
        signal: NEVER,
        onChunk: () => {
          if (changed) return
          changed = true
          change(join(directory, 'small299'))
          change(join(directory, `f${SIZES.length - 1}`))
        },
      })
      await expect(scan).rejects.toMatchObject({ code: 'SOURCE_CHANGED' })
      root.close()
    }
  })

  test('SCAN-8 SCAN-10 cancelled or failed in the middle, no thread and no descriptor is left', async () => {
    const directory = await largeTree()
    const root = openTreeRoot(directory)
    const before = { threads: threads(), fds: readdirSync('/proc/self/fd').length }
    const abort = new AbortController()
    let chunks = 0
    const cancelled = scanTree(root, { signal: abort.signal, onChunk: () => void (++chunks === 20 && abort.abort()) })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    const full = scanTree(root, { signal: NEVER, onChunk: () => Promise.reject(new Error('no space')) })
    await expect(full).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(threads()).toBeLessThanOrEqual(before.threads)
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before.fds)
    root.close()
  })

  test('SCAN-10 a sparse file of 4 GiB is read in bounded memory', { timeout: 120_000 }, async () => {
    const directory = await tempDir()
    const path = join(directory, 'large')
    const fd = openSync(path, 'w')
    ftruncateSync(fd, 4096 * MIB)
    closeSync(fd)
    utimesSync(path, 1, 1)
    const root = openTreeRoot(directory)
    const before = process.memoryUsage().rss
    let [most, told] = [0, 0]
    const { entries } = await scanTree(root, {
      signal: NEVER,
      onProgress: () => {
        if (told++ % 64 === 0) most = Math.max(most, process.memoryUsage.rss())
      },
    })
    root.close()
    expect(filesOf(entries)[0]).toMatchObject({ size: 4096 * MIB, sparse: true })
    expect(filesOf(entries)[0]?.chunks).toHaveLength(4096 * 4)
    expect(most - before).toBeLessThan(256 * MIB)
  })
})

function shrink(path: string): void {
  const fd = openSync(path, 'r+')
  ftruncateSync(fd, 5)
  closeSync(fd)
}
