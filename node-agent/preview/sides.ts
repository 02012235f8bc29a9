import { closeSync, readSync } from 'node:fs'
import {
  type ChunkRef,
  displayPath,
  type Entry,
  findEntry,
  isShoalError,
  type Manifest,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { CONTROL_LIMITS, type PreviewSide, type PreviewText } from '../../protocol/control/index.ts'
import { fstat, openTreeRoot } from '../fs/index.ts'
import { isBinary } from './content-look.ts'
import { hexdump } from './hexdump.ts'
import { isStamped } from './stamps.ts'
import type { Previewed } from './tickets.ts'

export interface SidesDeps {
  readonly load: (manifest: NonNullable<Previewed['base']['id']>) => Promise<Manifest | undefined>
  /** A chunk that is on this host, wherever it lies. */
  readonly read: (digest: ChunkRef['digest']) => Promise<Uint8Array | undefined>
}

/** Both sides of a path that was previewed (PREV-6). @throws STALE_PREVIEW when the file is not what was previewed, BAD_REQUEST for a path of neither side */
export async function bothSides(deps: SidesDeps, previewed: Previewed, path: TreePath): Promise<PreviewText> {
  const { manifest, base, origins } = previewed
  const previous = base.id === undefined ? undefined : await deps.load(base.id)
  const before = entryOf(previous, origins.get(path) ?? path)
  const after = entryOf(manifest, path)
  if (before === undefined && after === undefined) {
    throw new ShoalError('BAD_REQUEST', `previewText: ${displayPath(path)} is on neither side`)
  }
  return {
    before: before === undefined ? null : await sideOf(before, (file, most) => oldBytes(deps, file.chunks, most)),
    after: after === undefined ? null : await sideOf(after, async (file, most) => newBytes(previewed, file.path, most)),
  }
}

type FileEntry = Extract<Entry, { kind: 'file' }>

/** What a name stands for: of a hardlink, its file. */
function entryOf(manifest: Manifest | undefined, path: TreePath): Entry | undefined {
  const entries = manifest?.entries ?? []
  const found = findEntry(entries, path)
  return found?.kind === 'hardlink' ? findEntry(entries, found.target) : found
}

/** @param read the first bytes of a file, at most so many; undefined when they are not here */
async function sideOf(
  entry: Entry,
  read: (file: FileEntry, most: number) => Promise<Uint8Array | undefined>,
): Promise<PreviewSide | null> {
  if (entry.kind === 'symlink') {
    return { kind: 'link', size: entry.target.length, text: displayPath(entry.target), dump: null }
  }
  if (entry.kind !== 'file') return null
  const { size } = entry
  const isLong = size > CONTROL_LIMITS.previewTextBytes
  const bytes = await read(entry, isLong ? CONTROL_LIMITS.previewDumpBytes : size)
  if (bytes === undefined) return { kind: 'elsewhere', size, text: null, dump: null }
  const text = isLong || isBinary(bytes) ? undefined : asText(bytes)
  if (text !== undefined) return { kind: 'text', size, text, dump: null }
  const dump = hexdump(bytes.subarray(0, CONTROL_LIMITS.previewDumpBytes))
  return { kind: isLong ? 'long' : 'binary', size, text: null, dump }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function asText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

async function oldBytes(
  { read }: SidesDeps,
  chunks: readonly ChunkRef[],
  most: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  for (const { digest } of chunks) {
    if (length >= most) break
    const bytes = await read(digest)
    if (bytes === undefined) return undefined
    parts.push(bytes)
    length += bytes.length
  }
  return new Uint8Array(Buffer.concat(parts)).subarray(0, most)
}

function newBytes(previewed: Previewed, path: TreePath, most: number): Uint8Array {
  const stale = (): ShoalError =>
    new ShoalError('STALE_PREVIEW', `${displayPath(path)} is not what was previewed; look at the folder again`)
  const index = previewed.manifest.entries.findIndex((entry) => entry.path === path)
  const root = openTreeRoot(previewed.dir)
  let fd: number | undefined
  try {
    fd = root.openRead(path)
    const bytes = new Uint8Array(most)
    let length = 0
    for (let read = -1; read !== 0 && length < most; length += read)
      read = readSync(fd, bytes, length, most - length, length)
    if (!isStamped(previewed, index, fstat(fd))) throw stale()
    return bytes.subarray(0, length)
  } catch (err) {
    if (isShoalError(err, 'FILE_SYSTEM') || isShoalError(err, 'PATH_ESCAPES')) throw stale()
    throw err
  } finally {
    if (fd !== undefined) closeSync(fd)
    root.close()
  }
}
