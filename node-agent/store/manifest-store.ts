import { createHash, hash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ChunkRef,
  Chunker,
  decodeManifest,
  type Digest,
  encodeChunkList,
  isShoalError,
  type Manifest,
  ManifestDecoder,
  type ManifestReading,
  parseDigest,
  readingOf,
  ShoalError,
} from '../../protocol/index.ts'

/** A manifest's bytes as content: the index chunk that lists its chunks, and the chunks. */
export interface ManifestContent {
  /** The manifest's own id. */
  readonly id: Digest
  readonly index: Digest
  readonly chunks: ReadonlyMap<Digest, Uint8Array>
}

/** Digest of some bytes. */
export const digestOf = (bytes: Uint8Array): Digest => parseDigest(hash('sha256', bytes, 'hex'))

/** Cuts a manifest's canonical bytes into chunks as any file, and makes the index chunk. */
export function manifestContent(bytes: Uint8Array): ManifestContent {
  const refs: ChunkRef[] = []
  const chunks = new Map<Digest, Uint8Array>()
  const chunker = new Chunker()
  const take = (chunk: Uint8Array): void => {
    const copy = chunk.slice()
    const digest = digestOf(copy)
    refs.push({ digest, size: copy.length })
    chunks.set(digest, copy)
  }
  for (const chunk of chunker.push(bytes)) take(chunk)
  for (const chunk of chunker.flush()) take(chunk)
  const list = encodeChunkList(refs)
  const index = digestOf(list)
  chunks.set(index, list)
  return { id: digestOf(bytes), index, chunks }
}

/** Decoding runs in slices of about this long, so that the network and the control socket stay alive. */
const SLICE_MS = 10
/** Hashed without a pause. */
const HASH_BYTES = 4 * 1024 * 1024

async function digestInSlices(bytes: Uint8Array): Promise<Digest> {
  const hashing = createHash('sha256')
  for (let at = 0; at < bytes.length; at += HASH_BYTES) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve))
    hashing.update(bytes.subarray(at, at + HASH_BYTES))
  }
  return parseDigest(hashing.digest('hex'))
}

/** Manifests kept in the home, one file each, named by digest. */
export class ManifestStore {
  readonly #directory: string
  /** Chunks of the manifests that are served, made when first asked for. */
  readonly #served = new Map<Digest, ManifestContent>()

  /** Decoding takes long, and what is decoded is large: shared for as long as somebody uses it. */
  readonly #decoded = new Map<Digest, WeakRef<Manifest>>()
  readonly #readings = new Map<Digest, WeakRef<ManifestReading>>()
  /** Read once for everybody who asks meanwhile. */
  readonly #opening = new Map<Digest, Promise<ManifestReading | undefined>>()
  readonly #loading = new Map<Digest, Promise<Manifest | undefined>>()

  constructor(init: { readonly directory: string }) {
    this.#directory = init.directory
  }

  /** Writes a manifest's canonical bytes durably and returns its id. `manifest`: what they say, where that is known. */
  async save(bytes: Uint8Array, manifest?: Manifest): Promise<Digest> {
    const id = digestOf(bytes)
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const path = this.#path(id)
    const temporary = `${path}.new`
    const file = await open(temporary, 'w', 0o600)
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    await rename(temporary, path)
    this.#served.set(id, manifestContent(bytes))
    if (manifest !== undefined) this.#decoded.set(id, new WeakRef(manifest))
    return id
  }

  async has(id: Digest): Promise<boolean> {
    return (await stat(this.#path(id)).catch(() => undefined)) !== undefined
  }

  /** The canonical bytes, verified; undefined when it is not here. @throws STORE_CORRUPT */
  async bytes(id: Digest): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array
    try {
      bytes = await readFile(this.#path(id))
    } catch (err) {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
      throw new ShoalError('FILE_SYSTEM', `cannot read the kept manifest ${id}`, { cause: err })
    }
    if ((await digestInSlices(bytes)) !== id)
      throw new ShoalError('STORE_CORRUPT', `the kept manifest ${id} is damaged; it was not used`)
    return bytes
  }

  /** All of a kept manifest; undefined when it is not here. With pauses: a manifest of a million entries takes seconds. @throws STORE_CORRUPT */
  async load(id: Digest): Promise<Manifest | undefined> {
    const known = this.#decoded.get(id)?.deref()
    if (known !== undefined) return known
    const loading = this.#loading.get(id) ?? this.#load(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, loading)
    return loading
  }

  async #load(id: Digest): Promise<Manifest | undefined> {
    const reading = await this.open(id)
    let sliceStart = performance.now()
    for (;;) {
      const manifest = reading?.step()
      if (manifest !== undefined || reading === undefined) return manifest
      if (performance.now() - sliceStart < SLICE_MS) continue
      await new Promise((resolve) => setImmediate(resolve))
      sliceStart = performance.now()
    }
  }

  /** A kept manifest, decoded as far as its readers need it: what one has decoded, all have. undefined when it is not here. @throws STORE_CORRUPT */
  async open(id: Digest): Promise<ManifestReading | undefined> {
    const known = this.#decoded.get(id)?.deref()
    if (known !== undefined) return readingOf(known)
    const begun = this.#readings.get(id)?.deref()
    if (begun !== undefined) return begun
    const opening = this.#opening.get(id) ?? this.#open(id).finally(() => this.#opening.delete(id))
    this.#opening.set(id, opening)
    return opening
  }

  async #open(id: Digest): Promise<ManifestReading | undefined> {
    const bytes = await this.bytes(id)
    if (bytes === undefined) return undefined
    const decoder = new ManifestDecoder(bytes, this.#latest())
    const reading: ManifestReading = {
      ...{ count: decoder.count, entries: decoder.entries },
      step: () => {
        const manifest = decoder.step()
        if (manifest !== undefined && this.#readings.delete(id)) this.#decoded.set(id, new WeakRef(manifest))
        return manifest
      },
    }
    this.#readings.set(id, new WeakRef(reading))
    return reading
  }

  /** Reads hostile bytes; entries that the manifest decoded last has too are shared with it. @throws as `decodeManifest` */
  decode(bytes: Uint8Array): Manifest {
    return decodeManifest(bytes, this.#latest())
  }

  #latest(): Manifest | undefined {
    return [...this.#decoded.values()].map((ref) => ref.deref()).findLast((manifest) => manifest !== undefined)
  }

  /** Makes a kept manifest's chunks available to `chunk`. A manifest that is not here or damaged is left out. */
  async serve(id: Digest): Promise<boolean> {
    if (this.#served.has(id)) return true
    try {
      const bytes = await this.bytes(id)
      if (bytes === undefined) return false
      this.#served.set(id, manifestContent(bytes))
      return true
    } catch (err) {
      if (isShoalError(err, 'STORE_CORRUPT')) return false
      throw err
    }
  }

  /** A chunk of a served manifest, or its index chunk. */
  chunk(digest: Digest): Uint8Array | undefined {
    for (const content of this.#served.values()) {
      const bytes = content.chunks.get(digest)
      if (bytes !== undefined) return bytes
    }
    return undefined
  }

  async remove(id: Digest): Promise<void> {
    this.#served.delete(id)
    this.#decoded.delete(id)
    this.#readings.delete(id)
    await unlink(this.#path(id)).catch((err: NodeJS.ErrnoException) => {
      if (err.code !== 'ENOENT') throw err
    })
  }

  /** Ids of all that are kept. */
  async list(): Promise<readonly Digest[]> {
    const names = await readdir(this.#directory).catch(() => [])
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map(parseDigest)
  }

  /** Where a kept manifest's bytes lie. */
  pathOf(id: Digest): string {
    return this.#path(id)
  }

  #path(id: Digest): string {
    return join(this.#directory, id)
  }
}
