import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  decodeChunkList,
  encodeManifest,
  type FileEntry,
  type Manifest,
  parseChannelName,
  ROOT_PATH,
  parseTreePath,
} from '../../../protocol/index.ts'
import {
  digestOf,
  LiveIndex,
  ManifestStore,
  openStore,
  PackStore,
  type Store,
  TargetTable,
} from '../../../node-agent/store/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function openTemp(): Promise<{ readonly home: string; readonly store: Store }> {
  const home = await tempDir()
  const store = await openStore(join(home, 'db'))
  onTestFinished(() => store.close())
  return { home, store }
}

const ownership = { uid: 0, gid: 0, mtimeSec: 1, mtimeNs: 0, xattrs: [] }

const file = (path: string, ...contents: readonly Uint8Array[]): FileEntry => ({
  kind: 'file',
  path: parseTreePath(path),
  mode: 0o644,
  ...ownership,
  size: contents.reduce((sum, c) => sum + c.length, 0),
  sparse: false,
  chunks: contents.map((c) => ({ digest: digestOf(c), size: c.length })),
})

const manifestOf = (...files: readonly FileEntry[]): Manifest => ({
  header: {
    format: 1,
    users: [],
    groups: [],
    settings: { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] },
  },
  entries: [{ kind: 'directory', path: ROOT_PATH, mode: 0o755, ...ownership }, ...files],
})

describe('store', () => {
  test('STORE-2 chunks are read back, verified; damage is reported', async () => {
    const { home, store } = await openTemp()
    const directory = join(home, 'packs')
    const packs = new PackStore({ store }, { directory })
    const chunks = Array.from({ length: 50 }, (_, i) => randomBytes(1 + i * 997))
    for (const chunk of chunks) expect(await packs.put(digestOf(chunk), chunk)).toBe(true)
    expect(await packs.read(digestOf(chunks[0] ?? randomBytes(1)))).toBeUndefined()
    await packs.flush()
    for (const chunk of chunks) expect(Buffer.from((await packs.read(digestOf(chunk))) ?? []).equals(chunk)).toBe(true)
    await packs.close()
    const [name] = readdirSync(directory)
    const bytes = readFileSync(join(directory, name ?? ''))
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(join(directory, name ?? ''), bytes)
    const again = new PackStore({ store }, { directory })
    onTestFinished(() => again.close())
    await expect(again.read(digestOf(chunks.at(-1) ?? randomBytes(1)))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(await again.read(digestOf(chunks[3] ?? randomBytes(1)))).toBeDefined()
  })

  test('STORE-3 a chunk is stored once', async () => {
    const { home, store } = await openTemp()
    const packs = new PackStore({ store }, { directory: join(home, 'packs') })
    onTestFinished(() => packs.close())
    const chunk = randomBytes(5000)
    expect(await packs.put(digestOf(chunk), chunk)).toBe(true)
    expect(await packs.put(digestOf(chunk), chunk)).toBe(false)
    await packs.flush()
    expect(await packs.put(digestOf(chunk), chunk)).toBe(false)
    const [name] = readdirSync(join(home, 'packs'))
    expect(readFileSync(join(home, 'packs', name ?? '')).length).toBe(5000)
  })

  test('STORE-4 a second opening of one database is refused', async () => {
    const { home } = await openTemp()
    await expect(openStore(join(home, 'db'))).rejects.toMatchObject({ code: 'HOME_IN_USE' })
  })

  test('STORE-5 the live index names the chunks of the committed manifest and no others', async () => {
    const { store } = await openTemp()
    const live = new LiveIndex({ store })
    const web = parseChannelName('web')
    const [a, b, c] = [randomBytes(10), randomBytes(20), randomBytes(30)]
    const first = manifestOf(file('one', a, b), file('two', a))
    const second = manifestOf(file('three', c, b))
    await live.replace(web, undefined, first)
    expect(await live.find(web, digestOf(a))).toEqual({ path: 'one', offset: 0, length: 10 })
    expect(await live.find(web, digestOf(b))).toEqual({ path: 'one', offset: 10, length: 20 })
    await live.replace(web, first, second)
    expect(await live.find(web, digestOf(a))).toBeUndefined()
    expect(await live.find(web, digestOf(b))).toEqual({ path: 'three', offset: 30, length: 20 })
    expect(await live.find(parseChannelName('other'), digestOf(b))).toBeUndefined()
  })

  test('STORE-6 a kept manifest gives back its bytes and its chunks', async () => {
    const home = await tempDir()
    const manifests = new ManifestStore({ directory: home })
    const many = Array.from({ length: 6000 }, (_, i) => file(`f${String(i).padStart(5, '0')}`, randomBytes(8)))
    const bytes = encodeManifest(manifestOf(...many))
    const id = await manifests.save(bytes)
    const again = new ManifestStore({ directory: home })
    expect(Buffer.from((await again.bytes(id)) ?? []).equals(bytes)).toBe(true)
    expect(await again.serve(id)).toBe(true)
    const { manifestContent } = await import('../../../node-agent/store/index.ts')
    const list = again.chunk(manifestContent(bytes).index)
    const parts = decodeChunkList(list ?? new Uint8Array()).map(({ digest }) => again.chunk(digest) ?? new Uint8Array())
    expect(parts.length).toBeGreaterThan(1)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    writeFileSync(join(home, id), bytes.subarray(0, -1))
    const damaged = new ManifestStore({ directory: home })
    await expect(damaged.bytes(id)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(await damaged.serve(id)).toBe(false)
  })

  test('STORE-15 a kept manifest is decoded once, and as far as it is needed', async () => {
    const manifests = new ManifestStore({ directory: await tempDir() })
    const manifest = manifestOf(...Array.from({ length: 3000 }, (_, i) => file(`f${1000 + i}`, randomBytes(8))))
    const id = await manifests.save(encodeManifest(manifest))
    const [one, other] = await Promise.all([manifests.open(id), manifests.open(id)])
    expect(one?.count).toBe(manifest.entries.length)
    expect(one?.entries).toHaveLength(0)
    expect(one?.step()).toBeUndefined()
    expect(other?.entries).toEqual(manifest.entries.slice(0, one?.entries.length))
    const [first, second] = await Promise.all([manifests.load(id), manifests.load(id)])
    expect(first).toEqual(manifest)
    expect(second).toBe(first)
    expect(other?.step()).toBe(first)
    expect((await manifests.open(id))?.step()).toBe(first)
    expect(await manifests.open(digestOf(randomBytes(8)))).toBeUndefined()
  })

  test('STORE-7 two targets never own one path', async () => {
    const { store } = await openTemp()
    const table = new TargetTable({ store }, { configured: [] })
    await table.load()
    const target = (channel: string, root: string) => ({
      channel,
      root,
      strategy: 'in-place' as const,
      graceMs: 0,
      keep: 2,
    })
    await table.add(target('web', '/srv/web'))
    for (const [channel, root] of [
      ['web', '/srv/other'],
      ['b', '/srv/web'],
      ['b', '/srv/web/below'],
      ['b', '/srv'],
    ] as const) {
      await expect(table.add(target(channel, root))).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    }
    await table.add(target('b', '/srv/web-2'))
    const again = new TargetTable({ store }, { configured: [] })
    await again.load()
    expect(again.list().map((t) => t.root)).toEqual(['/srv/web-2', '/srv/web'])
    await expect(again.remove('none')).rejects.toMatchObject({ code: 'NO_SUCH_TARGET' })
    await again.remove('b')
    expect(again.get('b')).toBeUndefined()
  })
})
