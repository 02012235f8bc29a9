import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ManifestStore, openStore, PackStore } from '../../node-agent/store/index.ts'
import {
  type ChunkRef,
  Chunker,
  type Digest,
  encodeManifest,
  type FileEntry,
  type Manifest,
} from '../../protocol/index.ts'
import { file, manifestOf } from './entries.ts'
import { digestOf } from './fake-chunks.ts'
import { tempDir } from './temp-dir.ts'

/** Content by path, as a release. */
export type Files = Readonly<Record<string, Uint8Array>>

/** A store as a publisher's: manifests and chunks of releases made of plain contents. */
export async function releaseStore() {
  const folder = await tempDir()
  const store = await openStore(join(folder, 'db'))
  const packs = new PackStore({ store }, { directory: join(folder, 'packs') })
  const manifests = new ManifestStore({ directory: join(folder, 'manifests') })
  onTestFinished(async () => {
    await packs.close()
    await store.close()
  })
  const add = async (
    files: Files,
  ): Promise<{ readonly id: Digest; readonly manifest: Manifest; readonly bytes: Uint8Array }> => {
    const entries: FileEntry[] = []
    for (const [path, content] of Object.entries(files)) {
      const chunks: ChunkRef[] = []
      for (const bytes of cut(content)) {
        const ref = { digest: digestOf(bytes), size: bytes.length }
        chunks.push(ref)
        await packs.put(ref.digest, bytes)
      }
      entries.push(file(path, '', { size: content.length, chunks }))
    }
    const manifest = manifestOf(...entries)
    const bytes = encodeManifest(manifest)
    await packs.flush()
    return { id: await manifests.save(bytes), manifest, bytes }
  }
  return { packs, manifests, add, read: (digest: Digest) => packs.read(digest) }
}

function cut(content: Uint8Array): readonly Uint8Array[] {
  const chunker = new Chunker()
  return [...chunker.push(content).map((bytes) => bytes.slice()), ...chunker.flush()]
}
