import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, PackStore, type Store } from '../../../node-agent/store/index.ts'
import type { Digest } from '../../../protocol/index.ts'
import { digestOf } from '../../support/fake-chunks.ts'
import { CAN_MOUNT, mountKind } from '../../support/loop-mount.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NEVER = new AbortController().signal

const chunk = (n: number): Uint8Array => seededBytes(2000 + (n % 7) * 500, n + 1)
const chunks = (from: number, to: number): readonly Uint8Array[] =>
  Array.from({ length: to - from }, (_, i) => chunk(from + i))
const digests = (list: readonly Uint8Array[]): ReadonlySet<Digest> => new Set(list.map(digestOf))

async function openPacks(folder: string) {
  const store = await openStore(join(folder, 'db'))
  const packs = new PackStore({ store }, { directory: join(folder, 'packs') })
  const close = async (): Promise<void> => {
    await packs.close()
    await store.close()
  }
  return { store, packs, close }
}

async function putAll(packs: PackStore, list: readonly Uint8Array[]): Promise<void> {
  for (const bytes of list) await packs.put(digestOf(bytes), bytes)
  await packs.flush()
}

async function expectAll(packs: PackStore, list: readonly Uint8Array[]): Promise<void> {
  for (const bytes of list) {
    const read = await packs.read(digestOf(bytes))
    expect(read !== undefined && Buffer.from(read).equals(bytes)).toBe(true)
  }
}

const packFiles = (folder: string): readonly string[] => readdirSync(join(folder, 'packs')).toSorted()

/** A store of which the call number `at` fails, counted over index writes. */
function failing(store: Store, at: number): Store {
  let calls = 0
  return {
    ...store,
    write: (changes, options) =>
      ++calls === at ? Promise.reject(new Error('power cut')) : store.write(changes, options),
  }
}

describe('collecting garbage', () => {
  test('STORE-9 dead packs go, mostly dead ones are rewritten, others stay', async () => {
    const folder = await tempDir()
    const { packs, close } = await openPacks(folder)
    onTestFinished(close)
    const [dead, mostly, alive] = [chunks(0, 40), chunks(40, 80), chunks(80, 120)]
    for (const list of [dead, mostly, alive]) {
      await putAll(packs, list)
      // A collection that keeps all closes the pack being written.
      await packs.collect(async () => digests([...dead, ...mostly, ...alive]), NEVER)
    }
    const before = await packs.diskBytes()
    expect(packFiles(folder)).toHaveLength(3)
    const needed = [...mostly.slice(0, 10), ...alive.slice(5)]
    const freed = await packs.collect(async () => digests(needed), NEVER)
    expect(freed).toBeGreaterThan(0)
    expect(packFiles(folder)).toEqual(['00000003.pack', '00000004.pack'])
    expect(await packs.diskBytes()).toBeLessThan(before / 2)
    await expectAll(packs, needed)
    for (const bytes of dead) expect(await packs.has(digestOf(bytes))).toBe(false)
    expect(await packs.read(digestOf(dead[0] ?? new Uint8Array()))).toBeUndefined()
    await putAll(packs, dead)
    await expectAll(packs, [...dead, ...needed])
  })

  test('STORE-9 whatever is put and read meanwhile: what is needed or new is there, before and after a reopen', async () => {
    const orders = fc.array(fc.tuple(fc.nat(60), fc.boolean(), fc.boolean()), { minLength: 5, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const folder = await tempDir()
        const { packs, close } = await openPacks(folder)
        const old = chunks(0, 30)
        await putAll(packs, old)
        const needed = old.filter((_, i) => order[i % order.length]?.[1] === true)
        const collecting = packs.collect(async () => digests(needed), NEVER)
        const added: Uint8Array[] = []
        for (const [n, , reads] of order) {
          const bytes = chunk(100 + n)
          if (reads) await expectAll(packs, needed.slice(0, 3))
          await packs.put(digestOf(bytes), bytes)
          added.push(bytes)
        }
        await collecting
        await packs.flush()
        await expectAll(packs, [...needed, ...added])
        await close()
        const again = await openPacks(folder)
        await expectAll(again.packs, [...needed, ...added])
        await again.close()
      }),
      { seed: 51, numRuns: 25 },
    )
  })

  test('STORE-10 cut off at any write of the index: nothing needed is lost, and the next collection ends it', async () => {
    for (let at = 1; at <= 4; at++) {
      const folder = await tempDir()
      const { store, packs } = await openPacks(folder)
      const list = chunks(0, 60)
      await putAll(packs, list)
      await packs.close()
      const needed = list.slice(0, 15)
      const cut = new PackStore({ store: failing(store, at) }, { directory: join(folder, 'packs') })
      await cut.collect(async () => digests(needed), NEVER).catch(() => undefined)
      await store.close()
      const { packs: again, close } = await openPacks(folder)
      await expectAll(again, needed)
      // What the index still names is there, and a pack that nothing names goes.
      for (const bytes of list) if (await again.has(digestOf(bytes))) await expectAll(again, [bytes])
      appendFileSync(join(folder, 'packs', '00000099.pack'), 'left by a crash')
      await again.collect(async () => digests(needed), NEVER)
      await expectAll(again, needed)
      expect(packFiles(folder)).toHaveLength(1)
      expect(statSync(join(folder, 'packs', packFiles(folder)[0] ?? '')).size).toBe(
        needed.reduce((sum, { length }) => sum + length, 0),
      )
      await close()
    }
  })

  test('STORE-10 a pack with a damaged chunk is not thrown away, and cancelling leaves everything readable', async () => {
    const folder = await tempDir()
    const { packs, close } = await openPacks(folder)
    onTestFinished(close)
    const list = chunks(0, 30)
    await putAll(packs, list)
    const aborted = new AbortController()
    aborted.abort()
    await expect(packs.collect(async () => digests(list), aborted.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    await expectAll(packs, list)
  })
})

describe.skipIf(!CAN_MOUNT)('a full disk', () => {
  test('STORE-12 a write that fails makes nothing known, and once there is room the next one succeeds', async () => {
    const folder = await tempDir()
    const point = join(folder, 'packs')
    const unmount = mountKind('tmpfs', '', point, 1)
    onTestFinished(unmount)
    const { packs, close } = await openPacks(folder)
    const list = chunks(0, 600)
    await expect(putAll(packs, list)).rejects.toMatchObject({ code: 'NO_SPACE' })
    for (const bytes of list) expect(await packs.has(digestOf(bytes))).toBe(false)
    expect(await packs.collect(async () => new Set(), NEVER)).toBeGreaterThan(0)
    const few = list.slice(0, 20)
    await putAll(packs, few)
    await expectAll(packs, few)
    await close()
  })
})
