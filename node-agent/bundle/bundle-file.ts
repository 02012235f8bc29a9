import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename } from 'node:fs/promises'
import {
  bundleCodec,
  type BundleHeader,
  type BundleMessage,
  encodeFrame,
  type Frame,
  FrameReader,
  isShoalError,
  LIMITS,
  ShoalError,
  toHex,
} from '../../protocol/index.ts'

/** First bytes of every bundle of format 1. */
const MAGIC = new TextEncoder().encode('SHOALBN1')
const READ_BYTES = 1024 * 1024

export const invalid = (file: string, why: string, cause?: unknown): ShoalError =>
  new ShoalError('BUNDLE_INVALID', `${file} is no bundle that can be taken in: ${why}; nothing of it was used`, {
    cause,
  })

const fileError = (file: string, err: unknown): ShoalError => {
  const code = err instanceof Error && 'code' in err ? String(err.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ShoalError('NO_SPACE', `there is no room for ${file}; what is written of it is kept in ${file}.part`)
  return new ShoalError('BUNDLE_UNREADABLE', `${file} cannot be used: ${code || String(err)}`, { cause: err })
}

/** A message, its body, and where in the file it ends. */
export interface BundleFrame {
  readonly message: BundleMessage
  readonly body: Uint8Array
  readonly endsAt: number
  /** SHA-256 over every byte before this frame. */
  readonly digestBefore: () => string
}

/** Every whole frame in order; ends where the file does. @throws BUNDLE_INVALID, BUNDLE_UNREADABLE */
export async function* readBundle(file: string): AsyncGenerator<BundleFrame> {
  const handle = await open(file).catch((err: unknown) => {
    throw fileError(file, err)
  })
  try {
    const hash = createHash('sha256')
    const magic = await pieceAt(handle, 0, MAGIC.length)
    if (Buffer.compare(magic, MAGIC) !== 0) throw invalid(file, 'it does not begin as one')
    hash.update(magic)
    const reader = new FrameReader(LIMITS.exchangeMessageBytes)
    let at = MAGIC.length
    let endsAt = at
    for (
      let piece = await pieceAt(handle, at, READ_BYTES);
      piece.length > 0;
      piece = await pieceAt(handle, at, READ_BYTES)
    ) {
      at += piece.length
      for (const frame of framesOf(reader, piece, file)) {
        endsAt += frame.wireBytes
        yield { ...parsed(frame, file), endsAt, digestBefore: () => hash.copy().digest('hex') }
        hash.update(encodeFrame(frame.header, frame.body))
      }
    }
  } finally {
    await handle.close()
  }
}

async function pieceAt(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await handle.read(bytes, 0, length, at)
  return bytes.subarray(0, bytesRead)
}

function framesOf(reader: FrameReader, piece: Uint8Array, file: string): readonly Frame[] {
  try {
    return reader.push(piece)
  } catch (err) {
    throw invalid(file, isShoalError(err) ? err.message : 'a frame', err)
  }
}

function parsed({ header, body }: Frame, file: string): { readonly message: BundleMessage; readonly body: Uint8Array } {
  try {
    return { message: bundleCodec.decode(header), body }
  } catch (err) {
    throw invalid(file, 'a part of it has another form', err)
  }
}

/** Writes a bundle to FILE.part, and under its name when it is whole. An interrupted one of the same content is gone on with. */
export class BundleWriter {
  readonly #file: string
  readonly #handle: FileHandle
  readonly #hash: Hash
  #at: number
  /** Frames after the first that are there already. */
  readonly written: number

  private constructor(
    file: string,
    handle: FileHandle,
    state: { readonly hash: Hash; readonly at: number; readonly written: number },
  ) {
    this.#file = file
    this.#handle = handle
    this.#hash = state.hash
    this.#at = state.at
    this.written = state.written
  }

  /** @throws BUNDLE_UNREADABLE, NO_SPACE */
  static async open(file: string, header: BundleHeader): Promise<BundleWriter> {
    const part = `${file}.part`
    const before = await leftOf(part, header)
    try {
      const handle = await open(part, before === undefined ? 'w' : 'r+', 0o644)
      if (before !== undefined) {
        await handle.truncate(before.at)
        return new BundleWriter(file, handle, before)
      }
      const writer = new BundleWriter(file, handle, { hash: createHash('sha256'), at: 0, written: 0 })
      await writer.#write(MAGIC)
      await writer.append(header)
      return writer
    } catch (err) {
      throw fileError(file, err)
    }
  }

  async append(message: BundleMessage, body?: Uint8Array): Promise<void> {
    await this.#write(encodeFrame(bundleCodec.encode(message), body))
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, this.#at + done)).bytesWritten
      }
    } catch (err) {
      throw fileError(this.#file, err)
    }
    this.#hash.update(bytes)
    this.#at += bytes.length
  }

  /** Ends it, makes it durable and gives it its name. */
  async finish(): Promise<void> {
    await this.append({ t: 'end', digest: this.#hash.copy().digest() })
    try {
      await this.#handle.sync()
      await this.#handle.close()
      await rename(`${this.#file}.part`, this.#file)
    } catch (err) {
      throw fileError(this.#file, err)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** What an interrupted export of the same content left: its whole frames. */
async function leftOf(
  part: string,
  header: BundleHeader,
): Promise<{ readonly hash: Hash; readonly at: number; readonly written: number } | undefined> {
  const wanted = toHex(bundleCodec.encode(header))
  const hash = createHash('sha256').update(MAGIC)
  let at = MAGIC.length
  let frames = 0
  try {
    for await (const { message, body, endsAt } of readBundle(part)) {
      const encoded = bundleCodec.encode(message)
      if (frames === 0 && toHex(encoded) !== wanted) return undefined
      if (message.t === 'end') break
      hash.update(encodeFrame(encoded, body))
      at = endsAt
      frames++
    }
  } catch (err) {
    if (isShoalError(err)) return undefined
    throw err
  }
  return frames === 0 ? undefined : { hash, at, written: frames - 1 }
}
