import { hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, LIMITS, ShoalError } from '../../protocol/index.ts'
import type { Store, StoreChange } from './store.ts'

/** A pack is closed for writing at this size, so that reclaiming space later rewrites little. */
const PACK_BYTES = 256 * 1024 * 1024
/** Chunks are gathered to this much before one write call. */
const BUFFER_BYTES = 1024 * 1024

interface Place {
  readonly pack: number
  readonly offset: number
  readonly length: number
}

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
  #buffer: Uint8Array[] = []
  #bufferedBytes = 0
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
  put(digest: Digest, bytes: Uint8Array): Promise<boolean> {
    return this.#inTurn(() => this.#put(digest, bytes))
  }

  async #put(digest: Digest, bytes: Uint8Array): Promise<boolean> {
    if (await this.has(digest)) return false
    if (bytes.length === 0 || bytes.length > LIMITS.chunkBytes) {
      throw new ShoalError('CHUNK_TOO_LARGE', `a chunk has 1 to ${LIMITS.chunkBytes} bytes, not ${bytes.length}`)
    }
    const writer = await this.#openWriter()
    this.#pending.set(digest, { pack: writer.pack, offset: writer.size + this.#bufferedBytes, length: bytes.length })
    this.#buffer.push(bytes.slice())
    this.#bufferedBytes += bytes.length
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#drain()
    if (writer.size >= PACK_BYTES) await this.#closeWriter()
    return true
  }

  /** Makes everything that was put durable: bytes first, then the index. @throws NO_SPACE, FILE_SYSTEM */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush())
  }

  async #flush(): Promise<void> {
    await this.#drain()
    await this.#syncWriter()
    const changes: StoreChange[] = []
    for (const [digest, place] of this.#pending)
      changes.push({ in: this.#store.packs, key: digest, value: encodePlace(place) })
    await this.#store.write(changes, { sync: true })
    this.#pending = new Map()
  }

  /** The chunk's bytes, verified against its digest; undefined when it is not here. @throws STORE_CORRUPT when the pack does not hold what the index says */
  async read(digest: Digest): Promise<Uint8Array | undefined> {
    const value = await this.#store.packs.get(digest)
    if (value === undefined) return undefined
    const { pack, offset, length } = decodePlace(value)
    const bytes = new Uint8Array(length)
    const file = await this.#reader(pack)
    const { bytesRead } = await file.read(bytes, 0, length, offset)
    if (bytesRead !== length || hash('sha256', bytes, 'hex') !== digest) {
      throw new ShoalError(
        'STORE_CORRUPT',
        `chunk ${digest} in pack ${pack} is damaged; publish its release again to restore it`,
      )
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#closeWriter())
    for (const reader of this.#readers.values()) await (await reader).close()
    this.#readers.clear()
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
    const numbers = (await readdir(this.#directory)).map((name) => Number.parseInt(name, 10)).filter((n) => n > 0)
    const pack = Math.max(0, ...numbers) + 1
    const file = await open(this.#path(pack), 'ax', 0o600)
    this.#writer = { file, pack, size: 0 }
    return this.#writer
  }

  async #drain(): Promise<void> {
    if (this.#writer === undefined || this.#bufferedBytes === 0) return
    const bytes = Buffer.concat(this.#buffer)
    try {
      await this.#writer.file.writev([bytes])
    } catch (err) {
      throw writeError(err, this.#directory)
    }
    this.#writer.size += bytes.length
    this.#buffer = []
    this.#bufferedBytes = 0
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
    }
    return reader
  }

  #path(pack: number): string {
    return join(this.#directory, `${String(pack).padStart(8, '0')}.pack`)
  }
}

function writeError(err: unknown, where: string): ShoalError {
  const code = err instanceof Error && 'code' in err ? err.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new ShoalError('NO_SPACE', `no space left in ${where}; nothing was published`, { cause: err })
    : new ShoalError('FILE_SYSTEM', `cannot write in ${where}: ${String(code ?? err)}`, { cause: err })
}

function encodePlace({ pack, offset, length }: Place): Uint8Array {
  const bytes = Buffer.alloc(14)
  bytes.writeUInt32BE(pack, 0)
  bytes.writeUIntBE(offset, 4, 6)
  bytes.writeUInt32BE(length, 10)
  return bytes
}

function decodePlace(value: Uint8Array): Place {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length !== 14) throw new ShoalError('STORE_CORRUPT', `a pack index entry has 14 bytes, not ${bytes.length}`)
  return { pack: bytes.readUInt32BE(0), offset: bytes.readUIntBE(4, 6), length: bytes.readUInt32BE(10) }
}
