import { createHash } from 'node:crypto'
import type { ChunkSource } from '../../node-agent/fetch/index.ts'
import { type ChunkRef, type Digest, parseDigest } from '../../protocol/index.ts'
import { seededRng } from './test-mesh.ts'

/** Some chunks and their references. */
export interface FakeContent {
  readonly manifest: Digest
  readonly chunks: readonly ChunkRef[]
  readonly bytes: ReadonlyMap<Digest, Uint8Array>
}

export const digestOf = (bytes: Uint8Array): Digest => parseDigest(createHash('sha256').update(bytes).digest('hex'))

/** `count` distinct chunks of about `size` bytes from a seed; `text` makes them compress well. */
export function fakeContent(seed: number, count: number, size: number, text = false): FakeContent {
  const rng = seededRng(seed)
  const bytes = new Map<Digest, Uint8Array>()
  const chunks: ChunkRef[] = []
  for (let n = 0; n < count; n++) {
    const chunk = new Uint8Array(Math.max(8, Math.floor(size * (0.75 + rng() / 2))))
    for (let i = 0; i < chunk.length; i++) chunk[i] = text ? 97 + (i % 23) : Math.floor(rng() * 256)
    new DataView(chunk.buffer).setUint32(0, n)
    const digest = digestOf(chunk)
    bytes.set(digest, chunk)
    chunks.push({ digest, size: chunk.length })
  }
  return { manifest: digestOf(new TextEncoder().encode(`manifest ${seed}`)), chunks, bytes }
}

/** A chunk source in memory. Chunks of one content may be added while it is served. */
export class FakeSource implements ChunkSource {
  readonly held = new Map<Digest, Uint8Array>()
  /** Manifests known here. */
  readonly known = new Map<Digest, FakeContent>()
  readonly #listeners = new Set<(manifest: Digest, indices: readonly number[]) => void>()
  /** Chunks read, for counting. */
  reads = 0
  /** Answers instead of the held bytes: lies, garbage, delay. */
  answer: ((digest: Digest, held: Uint8Array | undefined) => Promise<Uint8Array | undefined>) | undefined
  /** Claims instead of the truth. */
  claim: ((manifest: Digest) => Uint8Array | undefined) | undefined

  /** Knows a manifest and holds some of its chunks. */
  static of(content: FakeContent, holds: (index: number) => boolean = () => true): FakeSource {
    const source = new FakeSource()
    source.known.set(content.manifest, content)
    content.chunks.forEach(({ digest }, i) => {
      const bytes = content.bytes.get(digest)
      if (holds(i) && bytes !== undefined) source.held.set(digest, bytes)
    })
    return source
  }

  async read(digest: Digest): Promise<Uint8Array | undefined> {
    this.reads++
    const held = this.held.get(digest)
    return this.answer === undefined ? held : this.answer(digest, held)
  }

  async have(manifest: Digest): Promise<Uint8Array | undefined> {
    if (this.claim !== undefined) return this.claim(manifest)
    const content = this.known.get(manifest)
    if (content === undefined) return undefined
    const bits = new Uint8Array((content.chunks.length + 7) >> 3)
    content.chunks.forEach(({ digest }, i) => {
      if (this.held.has(digest)) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
    })
    return bits
  }

  onHave(listener: (manifest: Digest, indices: readonly number[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** A chunk arrived here. */
  add(content: FakeContent, digest: Digest, bytes: Uint8Array): void {
    this.held.set(digest, bytes)
    const index = content.chunks.findIndex((chunk) => chunk.digest === digest)
    for (const listener of this.#listeners) listener(content.manifest, [index])
  }
}

/** A bitmap that claims everything. */
export const everything = (content: FakeContent): Uint8Array =>
  new Uint8Array((content.chunks.length + 7) >> 3).fill(0xff)
