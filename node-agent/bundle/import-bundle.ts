import {
  type BundleHeader,
  type ChannelName,
  type ChunkRef,
  decodeChunkList,
  decodeRecord,
  type Digest,
  digestFromBytes,
  distinctChunks,
  LIMITS,
  type Manifest,
  parseChannelName,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  toManifestText,
} from '../../protocol/index.ts'
import type { BundleProgress, BundleResult } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { decompressBody } from '../fetch/compress.ts'
import { digestOf, type LocalChunks } from '../store/index.ts'
import { type BundleFrame, invalid, readBundle } from './bundle-file.ts'

export interface ImportDeps {
  readonly core: Core
  readonly chunks: LocalChunks
  /** Tells the mesh of a record that is new here. */
  readonly announce: (record: ShoalRecord) => Promise<void>
  /** What was missing of the channel's release may be here now. */
  readonly renew: (channel: ChannelName) => void
}

/** Chunks that came are made durable after this many bytes: an import that is cut off finds them the next time. */
const FLUSH_BYTES = 16 * 1024 * 1024

/**
 * Takes in a bundle, verified as what comes by the network is: records by their signatures, the release by its head, each chunk by its digest, and none that
 * the release does not name (BUNDLE-2). The head counts last, when everything is here. Repeatable.
 * @throws BUNDLE_INVALID, BUNDLE_UNREADABLE, HEAD_ROLLBACK and what else refuses a record, NO_SPACE, CANCELLED
 */
export async function* importBundle(
  deps: ImportDeps,
  file: string,
  signal: AbortSignal,
): AsyncGenerator<BundleProgress, BundleResult, undefined> {
  const frames = readBundle(file)
  try {
    const importing = new Importing(deps, frames, file)
    const header = await importing.header()
    const head = await importing.records(header)
    let bytes = 0
    for (let i = 0; i < header.chunks; i++) {
      if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled; what came so far is kept')
      bytes += await importing.chunk(head)
      yield { chunks: i + 1, totalChunks: header.chunks, bytes, totalBytes: header.bytes }
    }
    await importing.end(head)
    const { key: channel, version: sequence } = head
    const manifest = toManifestText(head.body.manifest)
    const { records, chunks } = header
    return { channel, sequence, manifest, file, records, chunks, bytes, reusedChunks: importing.reused }
  } finally {
    await frames.return(undefined)
  }
}

class Importing {
  readonly #deps: ImportDeps
  readonly #frames: AsyncGenerator<BundleFrame>
  readonly #file: string
  /** What may come next: the manifest's list, then its chunks, then content. */
  #allowed: ReadonlySet<Digest> = new Set()
  /** Chunks of the manifest that are still to come; undefined before its list came. */
  #left: Set<Digest> | undefined
  #refs: readonly ChunkRef[] = []
  readonly #parts = new Map<Digest, Uint8Array>()
  #manifest: Manifest | undefined
  #unflushed = 0
  /** Envelope of the head, not yet kept. */
  #head: Uint8Array | undefined
  reused = 0

  constructor(deps: ImportDeps, frames: AsyncGenerator<BundleFrame>, file: string) {
    this.#deps = deps
    this.#frames = frames
    this.#file = file
  }

  async #next(): Promise<BundleFrame> {
    const step = await this.#frames.next()
    if (step.done === true) throw invalid(this.#file, 'it is cut off')
    return step.value
  }

  async header(): Promise<BundleHeader> {
    const { message } = await this.#next()
    if (message.t !== 'bundle') throw invalid(this.#file, 'its first part is missing')
    if (message.mesh !== this.#deps.core.mesh.identity.mesh) throw invalid(this.#file, 'it is of another mesh')
    return message
  }

  /** Keeps what vouches, and judges the head, which is kept once its content is here. */
  async records({ records, manifest, channel }: BundleHeader): Promise<RecordOf<'head'>> {
    const { book } = this.#deps.core.mesh
    for (let i = 0; i < records; i++) {
      const { message, body } = await this.#next()
      if (message.t !== 'record') throw invalid(this.#file, 'a record is missing')
      const last = i === records - 1
      const result = await (last ? book.examine(body) : book.offer(body))
      if (result.outcome === 'rejected' || result.outcome === 'unjudged') throw result.error
      if (!last && result.outcome === 'new') await this.#deps.announce(result.record)
      if (!last) continue
      if (result.outcome === 'known' && result.error !== undefined) throw result.error
      const head = await decodeRecord(body)
      const named = head.kind === 'head' && head.key === channel && head.body.manifest === digestFromBytes(manifest)
      if (head.kind !== 'head' || !named) throw invalid(this.#file, 'its last record is not the head that it states')
      this.#head = body
      this.#allowed = new Set([head.body.manifestIndex])
      return head
    }
    throw invalid(this.#file, 'it has no records')
  }

  /** Takes in what goes on in the mesh, as far as it is trusted here. @returns the frame after it */
  async #news(): Promise<BundleFrame> {
    const { book } = this.#deps.core.mesh
    for (let frame = await this.#next(); ; frame = await this.#next()) {
      if (frame.message.t !== 'record') return frame
      const result = await book.offer(frame.body)
      if (result.outcome === 'new') await this.#deps.announce(result.record)
    }
  }

  /** Takes one chunk in. @returns its plain bytes */
  async chunk(head: RecordOf<'head'>): Promise<number> {
    const { packs } = this.#deps.core
    const { message, body } = await this.#next()
    if (message.t !== 'chunk') throw invalid(this.#file, 'a chunk is missing')
    const digest = digestFromBytes(message.digest)
    if (!this.#allowed.has(digest)) throw invalid(this.#file, 'it holds a chunk that its release does not name')
    const plain = decompressBody(message.encoding, body, LIMITS.chunkBytes)
    if (digestOf(plain) !== digest) throw invalid(this.#file, 'a chunk has other bytes than its digest says')
    if (await packs.put(digest, plain)) this.#unflushed += plain.length
    else this.reused++
    if (this.#unflushed >= FLUSH_BYTES) {
      await packs.flush()
      this.#unflushed = 0
    }
    await this.#advance(head, digest, plain)
    return plain.length
  }

  async #advance({ body }: RecordOf<'head'>, digest: Digest, plain: Uint8Array): Promise<void> {
    if (this.#manifest !== undefined) return
    if (this.#left === undefined) {
      this.#refs = decodeChunkList(plain)
      this.#left = new Set(this.#refs.map((ref) => ref.digest))
      this.#allowed = this.#left
      const bytes = this.#refs.reduce((sum, { size }) => sum + size, 0)
      if (bytes !== body.manifestBytes) throw invalid(this.#file, 'its manifest has another size than the head states')
      return
    }
    this.#parts.set(digest, plain)
    this.#left.delete(digest)
    if (this.#left.size > 0) return
    const { manifests } = this.#deps.core
    const bytes = Buffer.concat(this.#refs.map((ref) => this.#parts.get(ref.digest) ?? new Uint8Array()))
    this.#parts.clear()
    if (digestOf(bytes) !== body.manifest) throw invalid(this.#file, 'its manifest is not the one that the head names')
    this.#manifest = manifests.decode(bytes)
    await manifests.save(bytes, this.#manifest)
    this.#allowed = new Set(distinctChunks(this.#manifest).map((ref) => ref.digest))
  }

  /** Checks the whole file's digest; then what came counts: the head is kept, told, and its chunks are offered to neighbours. */
  async end(head: RecordOf<'head'>): Promise<void> {
    const { core, chunks, announce, renew } = this.#deps
    const { message, digestBefore } = await this.#news()
    if (message.t !== 'end' || digestFromBytes(message.digest) !== digestBefore())
      throw invalid(this.#file, 'it was damaged on its way')
    if (this.#manifest === undefined || this.#head === undefined) throw invalid(this.#file, 'its manifest is missing')
    await core.packs.flush()
    await core.markImported(head.body.manifest)
    const offered = await core.mesh.book.offer(this.#head)
    if (offered.outcome === 'rejected' || offered.outcome === 'unjudged') throw offered.error
    await chunks.addPart(head.body.manifest)
    if (offered.outcome === 'new') await announce(offered.record)
    renew(parseChannelName(head.key))
  }
}
