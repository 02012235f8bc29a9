import { hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, LIMITS, ShoalError } from '../../protocol/index.ts'
import { decodePlace, encodePlace, type Place, tallyPacks } from './pack-index.ts'
import type { Store, StoreChange } from './store.ts'

/** A pack is closed for writing at this size, so that reclaiming space later rewrites little. */
const PACK_BYTES = 256 * 1024 * 1024
/** A pack of which this share is dead is rewritten: less would move many bytes to free few. */
const DEAD_SHARE = 0.4
/** Index entries deleted at once. */
const BATCH = 4096
/** Chunks are gathered to this much before one write call. */
const BUFFER_BYTES = 1024 * 1024

/**
 * The publisher's chunks: append-only pack files in the home, and an index in Level (digest → pack, offset, length; three u32/u48 big
 * endian). A chunk is in the index only after its bytes are on disk, so a crash leaves at most unused bytes at a pack's end.
 */
export class PackStore {
  readonly #store: Store
  readonly #directory: string
  readonly #readers = new Map<number, Promise<FileHandle>>()
  /** Written but not yet in the index. */
  #pending = new Map<Digest, Place>()
  /** Filled while the other one is written. */
  #buffer: Uint8Array | undefined
  #spare: Uint8Array | undefined
  #bufferedBytes = 0
  #writing: Promise<void> = Promise.resolve()
  #turn: Promise<void> = Promise.resolve()
  #writer: { readonly file: FileHandle; readonly pack: number; size: number } | undefined

  constructor(deps: { readonly store: Store }, init: { readonly directory: string }) {
    this.#store = deps.store
    this.#directory = init.directory
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#pending.has(digest) || (await this.#store.packs.get(digest)) !== undefined
  }

  /** Adds a chunk whose digest the caller computed from these very bytes. Kept for good only after `flush`. @returns false when it was here already */
  async put(digest: Digest, bytes: Uint8Array): Promise<boolean> {
    // Looked up outside of the turn, many at once: a chunk that another call puts meanwhile is at worst stored twice.
    if (await this.has(digest)) return false
    return this.#inTurn(async () => {
      if (this.#pending.has(digest)) return false
      await this.#append(digest, bytes)
      return true
    })
  }

  async #append(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || bytes.length > LIMITS.chunkBytes) {
      throw new ShoalError('CHUNK_TOO_LARGE', `a chunk has 1 to ${LIMITS.chunkBytes} bytes, not ${bytes.length}`)
    }
    const writer = await this.#openWriter()
    this.#pending.set(digest, { pack: writer.pack, offset: writer.size + this.#bufferedBytes, length: bytes.length })
    this.#buffer ??= new Uint8Array(BUFFER_BYTES + LIMITS.chunkBytes)
    this.#buffer.set(bytes, this.#bufferedBytes)
    this.#bufferedBytes += bytes.length
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#drain()
    if (writer.size >= PACK_BYTES) await this.#closeWriter()
  }

  /** Makes everything that was put durable: bytes first, then the index. @throws NO_SPACE, FILE_SYSTEM */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush())
  }

  async #flush(): Promise<void> {
    await this.#drain()
    await this.#written()
    await this.#syncWriter()
    const changes: StoreChange[] = []
    for (const [digest, place] of this.#pending)
      changes.push({ in: this.#store.packs, key: digest, value: encodePlace(place) })
    await this.#store.write(changes, { sync: true })
    this.#pending = new Map()
  }

  /** The chunk's bytes, verified against its digest; undefined when it is not here. @throws STORE_CORRUPT when the pack does not hold what the index says */
  async read(digest: Digest): Promise<Uint8Array | undefined> {
    let value = await this.#store.packs.get(digest)
    for (;;) {
      if (value === undefined) return undefined
      const bytes = await this.#readAt(decodePlace(value)).catch(() => undefined)
      if (bytes !== undefined && hash('sha256', bytes, 'hex') === digest) return bytes
      // A collection may have moved it meanwhile.
      const now = await this.#store.packs.get(digest)
      if (now !== undefined && Buffer.compare(now, value) === 0) throw damaged(digest, decodePlace(value))
      value = now
    }
  }

  async #readAt({ pack, offset, length }: Place): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length)
    const file = await this.#reader(pack)
    const { bytesRead } = await file.read(bytes, 0, length, offset)
    return bytesRead === length ? bytes : undefined
  }

  /** Bytes on disk, dead ones included. */
  async diskBytes(): Promise<number> {
    let bytes = 0
    // One that is collected meanwhile has none.
    for (const pack of await this.#packs()) bytes += (await stat(this.#path(pack)).catch(() => undefined))?.size ?? 0
    return bytes
  }

  /**
   * Deletes every chunk that `keep` does not name, and rewrites packs that are mostly dead. Only packs that were closed before `keep` was asked
   * for are looked at: what is put meanwhile stays, whatever it names. Safe to be cut off anywhere: an index entry goes before its bytes
   * do, and a chunk that moves is durable in its new place first.
   * @returns bytes of files deleted
   */
  async collect(keep: () => Promise<ReadonlySet<Digest>>, signal: AbortSignal): Promise<number> {
    const last = await this.#inTurn(async () => {
      await this.#closeWriter()
      return Math.max(0, ...(await this.#packs()))
    })
    const kept = await keep()
    const { live, dead } = await tallyPacks(this.#store, last, kept, signal)
    for (let at = 0; at < dead.length; at += BATCH) {
      const changes = dead.slice(at, at + BATCH).map((key) => ({ in: this.#store.packs, key, value: undefined }))
      await this.#store.write(changes, { sync: true })
    }
    let freed = 0
    for (const pack of (await this.#packs()).filter((number) => number <= last)) {
      if (signal.aborted) break
      const { size } = await stat(this.#path(pack))
      const { bytes, digests } = live.get(pack) ?? { bytes: 0, digests: [] }
      if (bytes > size * (1 - DEAD_SHARE)) continue
      if (!(await this.#moveAll(digests))) continue
      await this.#removePack(pack)
      freed += size
    }
    return freed
  }

  /** Writes chunks again, in the pack being written. @returns false when one cannot be read: then its pack stays as it is */
  async #moveAll(digests: readonly Digest[]): Promise<boolean> {
    for (const digest of digests) {
      const bytes = await this.read(digest).catch(() => undefined)
      if (bytes === undefined) return false
      await this.#inTurn(() => this.#append(digest, bytes))
    }
    await this.flush()
    return true
  }

  async #removePack(pack: number): Promise<void> {
    const reader = this.#readers.get(pack)
    this.#readers.delete(pack)
    await unlink(this.#path(pack))
    await (await reader)?.close()
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#closeWriter())
    const readers = [...this.#readers.values()]
    this.#readers.clear()
    for (const opened of await Promise.allSettled(readers))
      if (opened.status === 'fulfilled') await opened.value.close()
  }

  /** One writer at a time: chunks come from several peers at once. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  async #openWriter() {
    if (this.#writer !== undefined) return this.#writer
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const pack = Math.max(0, ...(await this.#packs())) + 1
    const file = await open(this.#path(pack), 'ax', 0o600)
    this.#writer = { file, pack, size: 0 }
    return this.#writer
  }

  /** Numbers of the packs on disk. */
  async #packs(): Promise<readonly number[]> {
    const names = await readdir(this.#directory).catch(() => [])
    return names.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0)
  }

  /** Begins to write what is gathered, once the write before is over. */
  async #drain(): Promise<void> {
    await this.#written()
    if (this.#writer === undefined || this.#buffer === undefined || this.#bufferedBytes === 0) return
    const full = this.#buffer.subarray(0, this.#bufferedBytes)
    ;[this.#buffer, this.#spare] = [this.#spare, this.#buffer]
    this.#writer.size += full.length
    this.#bufferedBytes = 0
    this.#writing = this.#writer.file.writeFile(full)
    // Told by whoever waits for it.
    this.#writing.catch(() => undefined)
  }

  async #written(): Promise<void> {
    try {
      await this.#writing
    } catch (err) {
      await this.#abandon()
      throw writeError(err, this.#directory)
    }
  }

  /** A write that failed may have left part of itself: the pack is written no further, and what is not in the index never was here. */
  async #abandon(): Promise<void> {
    const writer = this.#writer
    this.#writer = undefined
    this.#pending = new Map()
    this.#bufferedBytes = 0
    this.#writing = Promise.resolve()
    await writer?.file.close()
  }

  async #syncWriter(): Promise<void> {
    await this.#writer?.file.sync()
    if (this.#writer === undefined) return
    const directory = await open(this.#directory, 'r')
    await directory.sync()
    await directory.close()
  }

  async #closeWriter(): Promise<void> {
    if (this.#writer === undefined) return
    await this.#flush()
    await this.#writer.file.close()
    this.#writer = undefined
  }

  #reader(pack: number): Promise<FileHandle> {
    let reader = this.#readers.get(pack)
    if (reader === undefined) {
      reader = open(this.#path(pack), 'r')
      this.#readers.set(pack, reader)
      // A pack that was just collected is no reader's any more.
      reader.catch(() => this.#readers.delete(pack))
    }
    return reader
  }

  #path(pack: number): string {
    return join(this.#directory, `${String(pack).padStart(8, '0')}.pack`)
  }
}

const damaged = (digest: Digest, { pack }: Place): ShoalError =>
  new ShoalError('STORE_CORRUPT', `chunk ${digest} in pack ${pack} is damaged; publish its release again to restore it`)

function writeError(err: unknown, where: string): ShoalError {
  const code = err instanceof Error && 'code' in err ? err.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new ShoalError('NO_SPACE', `no space left in ${where}; nothing was published`, { cause: err })
    : new ShoalError('FILE_SYSTEM', `cannot write in ${where}: ${String(code ?? err)}`, { cause: err })
}
