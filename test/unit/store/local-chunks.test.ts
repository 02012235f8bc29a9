import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Digest, encodeManifest, parseChannelName, type TreePath } from '../../../protocol/index.ts'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import {
  digestOf,
  LiveIndex,
  LocalChunks,
  ManifestStore,
  openStore,
  PackStore,
} from '../../../node-agent/store/index.ts'
import { chunkOf, file, manifestOf } from '../../support/entries.ts'
import { tempDir } from '../../support/temp-dir.ts'

const WEB = parseChannelName('web')
const textOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString())

test('STORE-8 chunks are read from packs, staging and live trees; what was changed here is drift and never served', async () => {
  const home = await tempDir()
  const store = await openStore(join(home, 'db'))
  onTestFinished(() => store.close())
  const packs = new PackStore({ store }, { directory: join(home, 'packs') })
  onTestFinished(() => packs.close())
  const manifests = new ManifestStore({ directory: join(home, 'manifests') })
  const live = new LiveIndex({ store })
  const drifted: TreePath[] = []
  const chunks = new LocalChunks({ packs, manifests, live, onDrift: (_channel, path) => void drifted.push(path) })

  const manifest = manifestOf(file('a', 'live a'), file('b', 'live b'), file('c', 'gone'))
  const id = await manifests.save(encodeManifest(manifest))
  const tree = join(home, 'tree')
  mkdirSync(tree)
  writeFileSync(join(tree, 'a'), 'live a')
  writeFileSync(join(tree, 'b'), 'edited')
  const root = openTreeRoot(tree)
  onTestFinished(() => root.close())
  await live.replace(WEB, undefined, manifest)
  const read = async (text: string) => textOf(await chunks.read(chunkOf(text).digest))

  expect(await read('live a')).toBeUndefined()
  chunks.setRoot(WEB, root)
  expect(await read('live a')).toBe('live a')
  expect(await read('live b')).toBeUndefined()
  expect(await read('gone')).toBeUndefined()
  expect(drifted).toEqual(['b'])

  const packed = Buffer.from('packed')
  await packs.put(digestOf(packed), packed)
  await packs.flush()
  expect(await read('packed')).toBe('packed')

  expect(await chunks.have(id)).toBeUndefined()
  const stagedRead = (digest: Digest) => (digest === chunkOf('gone').digest ? Buffer.from('gone') : undefined)
  chunks.setStaged(WEB, { manifest: id, read: stagedRead, missing: () => [chunkOf('live b')] })
  expect(await read('gone')).toBe('gone')
  expect(await chunks.have(id)).toEqual(Uint8Array.of(0b101))
  chunks.setStaged(WEB, undefined)
  await chunks.addWhole(id)
  expect(await chunks.have(id)).toEqual(Uint8Array.of(0b111))
})
