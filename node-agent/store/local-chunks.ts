import { readSync } from 'node:fs'
import {
  type ChannelName,
  type ChunkRef,
  decodeChunkList,
  type Digest,
  distinctChunks,
  isManifest,
  isShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { readIfThere, type TreeRoot } from '../fs/index.ts'
import type { LiveIndex, LivePlace } from './live-index.ts'
import { digestOf, type ManifestStore } from './manifest-store.ts'
import type { PackStore } from './pack-store.ts'

/** A release being staged, as far as serving its chunks is concerned. */
export interface StagedChunks {
  readonly manifest: Digest
  read(digest: Digest): Uint8Array | undefined
  missing(): readonly { readonly digest: Digest }[]
}

export interface LocalChunksDeps {
  readonly packs: PackStore
  readonly manifests: ManifestStore
  readonly live: LiveIndex
  /** A live place does not hold what the index says: the file was changed on this host. The bytes are not served. */
  onDrift(key: string, path: TreePath): void
}

/**
 * Every chunk on this host, wherever it lies: the publisher's packs, releases being staged, live trees, kept manifests. Each read is
 * verified against its digest, so nothing that was changed on this host is ever served or reused (STORE-8).
 */
export class LocalChunks {
  readonly #deps: LocalChunksDeps
  readonly #roots = new Map<string, TreeRoot>()
  readonly #staged = new Map<ChannelName, StagedChunks>()
  /** Manifests whose content is all here, with the number of their distinct chunks. */
  readonly #whole = new Map<Digest, number>()
  /** Manifests of whose content a part is in the packs. */
  readonly #parts = new Set<Digest>()
  readonly #listeners = new Set<(manifest: Digest, indices: readonly number[]) => void>()

  constructor(deps: LocalChunksDeps) {
    this.#deps = deps
  }

  /** A tree by its key in the index, opened by its pipeline: a channel's live tree, or what a commit displaced. undefined when it is closed again. */
  setRoot(key: string, root: TreeRoot | undefined): void {
    if (root === undefined) this.#roots.delete(key)
    else this.#roots.set(key, root)
  }

  setStaged(channel: ChannelName, staged: StagedChunks | undefined): void {
    if (staged === undefined) this.#staged.delete(channel)
    else this.#staged.set(channel, staged)
  }

  /** The manifest's content is all here: neighbours are told so. */
  async addWhole(manifest: Digest): Promise<void> {
    if (this.#whole.has(manifest)) return
    const loaded = await this.#deps.manifests.load(manifest)
    if (loaded === undefined || !(await this.#deps.manifests.serve(manifest))) return
    this.#whole.set(manifest, distinctChunks(loaded).length)
  }

  /** Some of the manifest's content is in the packs: neighbours are told which. */
  async addPart(manifest: Digest): Promise<void> {
    if (this.#whole.has(manifest) || !(await this.#deps.manifests.serve(manifest))) return
    this.#parts.add(manifest)
    const bits = await this.have(manifest)
    const loaded = await this.#deps.manifests.load(manifest)
    const refs = loaded === undefined ? [] : distinctChunks(loaded)
    this.announce(
      manifest,
      refs.flatMap((_, i) => (((bits?.[i >> 3] ?? 0) >> (i & 7)) & 1 ? [i] : [])),
    )
  }

  removeWhole(manifest: Digest): void {
    this.#parts.delete(manifest)
    this.#whole.delete(manifest)
  }

  async read(digest: Digest): Promise<Uint8Array | undefined> {
    for (const staged of this.#staged.values()) {
      const bytes = staged.read(digest)
      if (bytes !== undefined) return bytes
    }
    const packed = await this.#deps.packs.read(digest)
    if (packed !== undefined) return packed
    for (const [key, root] of this.#roots) {
      const place = await this.#deps.live.find(key, digest)
      const bytes = place === undefined ? undefined : readPlace(root, place)
      if (bytes === undefined || place === undefined) continue
      if (digestOf(bytes) === digest) return bytes
      this.#deps.onDrift(key, place.path)
    }
    return this.#deps.manifests.chunk(digest)
  }

  /** See ChunkSource.have. */
  async have(manifest: Digest): Promise<Uint8Array | undefined> {
    const count = this.#whole.get(manifest)
    if (count !== undefined) return bitmap(count, () => true)
    const staged = [...this.#staged.values()].find((s) => s.manifest === manifest)
    const part = this.#parts.has(manifest)
    if (staged === undefined && !part) return this.#haveListed(manifest)
    const loaded = await this.#deps.manifests.load(manifest)
    if (loaded === undefined) return undefined
    if (staged === undefined) return this.#havePacked(distinctChunks(loaded))
    const missing = new Set(staged.missing().map((ref) => ref.digest))
    const refs = distinctChunks(loaded)
    return bitmap(refs.length, (i) => !missing.has(refs[i]?.digest ?? digestOf(new Uint8Array())))
  }

  async #havePacked(refs: readonly ChunkRef[]): Promise<Uint8Array> {
    const here = await Promise.all(refs.map(({ digest }) => this.#deps.packs.has(digest)))
    return bitmap(refs.length, (i) => here[i] === true)
  }

  /** A list of chunks (a manifest's own, a delta's pieces): the list is chunk 0, what it names follows. Content of one chunk is its own list. */
  async #haveListed(list: Digest): Promise<Uint8Array | undefined> {
    const { packs, manifests } = this.#deps
    const bytes = manifests.chunk(list) ?? (await packs.read(list))
    // A manifest of one chunk has that chunk's digest: its bitmap would be another one.
    if (bytes === undefined || isManifest(bytes)) return undefined
    const refs = listOf(bytes)
    const here = await Promise.all(
      refs.map(async ({ digest }) => manifests.chunk(digest) !== undefined || (await packs.has(digest))),
    )
    return bitmap(1 + refs.length, (i) => i === 0 || here[i - 1] === true)
  }

  onHave(listener: (manifest: Digest, indices: readonly number[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** A pipeline staged chunks of a manifest: indices into its distinct chunks. */
  announce(manifest: Digest, indices: readonly number[]): void {
    for (const listener of this.#listeners) listener(manifest, indices)
  }
}

/** What a list names; nothing when it is none. */
function listOf(bytes: Uint8Array): readonly ChunkRef[] {
  try {
    return decodeChunkList(bytes)
  } catch (err) {
    if (isShoalError(err)) return []
    throw err
  }
}

/** Bit i of byte i>>3 is `1 << (i & 7)`. */
function bitmap(count: number, has: (index: number) => boolean): Uint8Array {
  const bits = new Uint8Array((count + 7) >> 3)
  for (let i = 0; i < count; i++) if (has(i)) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
  return bits
}

/** The bytes at a place of a live tree; undefined when the path is gone, too short or no file any more. */
function readPlace(root: TreeRoot, { path, offset, length }: LivePlace): Uint8Array | undefined {
  return readIfThere(root, path, (fd) => {
    const bytes = new Uint8Array(length)
    return readSync(fd, bytes, 0, length, offset) === length ? bytes : undefined
  })
}
