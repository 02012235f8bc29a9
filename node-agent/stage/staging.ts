import { hash } from 'node:crypto'
import { closeSync, readSync, writeSync } from 'node:fs'
import {
  type ChunkRef,
  type Digest,
  distinctChunks,
  type Entry,
  joinPath,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { InodeMetadata, MetadataRefusal, TreeRoot } from '../fs/index.ts'
import { ensureArea, removeTree, slotPath, STAGING } from './area.ts'
import type { LocalChunks, SlotNeed, StagingArea, StagingRequest } from './types.ts'

/** Space that stays free beyond what the release needs. */
const SPARE = 1.01

interface Place {
  readonly path: TreePath
  readonly offset: number
  readonly size: number
}

export interface StagingDeps {
  readonly local: LocalChunks
  readonly signal: AbortSignal
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void
}

/**
 * Prepares the staging folder of one release: removes what other releases left, keeps and verifies what an earlier attempt at this one
 * completed, takes from this host what it has.
 * @throws NO_SPACE before anything is written, TARGET_READ_ONLY, FILE_SYSTEM, CANCELLED
 */
export async function openStaging(root: TreeRoot, request: StagingRequest, deps: StagingDeps): Promise<StagingArea> {
  const staging = new Staging(root, request)
  staging.prepare()
  await staging.reuse(deps)
  return staging
}

class Staging implements StagingArea {
  readonly #root: TreeRoot
  readonly #request: StagingRequest
  /** Staged path of every staged entry, by its path in the release. */
  readonly #staged = new Map<TreePath, TreePath>()
  readonly #places = new Map<Digest, Place[]>()
  readonly #missing = new Map<Digest, ChunkRef>()
  reusedBytes = 0

  constructor(root: TreeRoot, request: StagingRequest) {
    this.#root = root
    this.#request = request
    for (const need of request.slots) this.#locate(need)
  }

  #locate({ slot, entry, beneath }: SlotNeed): void {
    const { manifest, key } = this.#request
    const top = manifest.entries[entry]
    if (top === undefined) throw new TypeError('a slot names no entry')
    const base = slotPath(key, slot)
    this.#staged.set(top.path, base)
    for (const index of beneath) {
      const path = manifest.entries[index]?.path
      if (path !== undefined) this.#staged.set(path, `${base}${path.slice(top.path.length)}` as TreePath)
    }
  }

  #entries(): Entry[] {
    return this.#request.manifest.entries.filter((entry) => this.#staged.has(entry.path))
  }

  #at(path: TreePath): TreePath {
    const staged = this.#staged.get(path)
    if (staged === undefined) throw new TypeError('an entry is not staged')
    return staged
  }

  prepare(): void {
    const { key } = this.#request
    ensureArea(this.#root)
    for (const name of this.#root.readdir(STAGING)) if (name !== key) removeTree(this.#root, joinPath(STAGING, name))
    const entries = this.#entries()
    this.#checkSpace(entries)
    const folder = joinPath(STAGING, key)
    if (this.#root.lstat(folder) === undefined) this.#root.mkdir(folder, 0o700)
    for (const entry of entries) this.#create(entry)
    for (const ref of distinctChunks(this.#request.manifest)) {
      const places = this.#places.get(ref.digest)
      if (places !== undefined && places.length > 0) this.#missing.set(ref.digest, ref)
    }
  }

  /** What is staged already does not count again. */
  #checkSpace(entries: readonly Entry[]): void {
    let [bytes, inodes] = [0, 0]
    for (const entry of entries) {
      const present = this.#root.lstat(this.#at(entry.path))
      if (present === undefined) inodes++
      if (entry.kind === 'file') bytes += Math.max(0, entry.size - (present === undefined ? 0 : present.blocks * 512))
    }
    const { freeBytes, freeInodes } = this.#root.space()
    if (bytes * SPARE > freeBytes) {
      throw new ShoalError(
        'NO_SPACE',
        `this release needs ${bytes} bytes more on the target's file system, ${freeBytes} are free; nothing was changed`,
      )
    }
    // Some file systems (btrfs) have no fixed number of inodes and state 0.
    if (freeInodes > 0 && inodes > freeInodes) {
      throw new ShoalError(
        'NO_SPACE',
        `this release needs ${inodes} inodes more, ${freeInodes} are free; nothing was changed`,
      )
    }
  }

  #create(entry: Entry): void {
    const path = this.#at(entry.path)
    const present = this.#root.lstat(path)
    if (entry.kind === 'file') {
      if (present !== undefined && present.kind !== 'file') removeTree(this.#root, path)
      // An earlier attempt may have set the release's mode, which need not let this agent write.
      if (present?.kind === 'file') this.#root.setMetadata(path, { ...KEEP_ALL, mode: 0o600 })
      else closeSync(this.#root.createFile(path))
      this.#addPlaces(entry.chunks, path)
    } else if (entry.kind === 'directory') {
      if (present?.kind === 'directory') {
        this.#root.setMetadata(path, { ...KEEP_ALL, mode: 0o700 })
        return
      }
      if (present !== undefined) removeTree(this.#root, path)
      this.#root.mkdir(path, 0o700)
    } else if (present !== undefined) {
      removeTree(this.#root, path)
    }
    if (entry.kind === 'symlink') this.#root.symlink(entry.target, path)
  }

  #addPlaces(chunks: readonly ChunkRef[], path: TreePath): void {
    let offset = 0
    for (const { digest, size } of chunks) {
      const places = this.#places.get(digest)
      if (places === undefined) this.#places.set(digest, [{ path, offset, size }])
      else places.push({ path, offset, size })
      offset += size
    }
  }

  /** Fills from what an earlier attempt staged, then from this host's other chunks. */
  async reuse({ local, signal, onProgress }: StagingDeps): Promise<void> {
    const total = [...this.#missing.values()].reduce((sum, ref) => sum + ref.size, 0)
    let done = 0
    for (const { digest, size } of [...this.#missing.values()]) {
      if (signal.aborted) throw new ShoalError('CANCELLED', 'staging was cancelled; what is staged is kept')
      const bytes = this.#stagedBytes(digest) ?? (await local.read(digest))
      if (bytes !== undefined) {
        this.write(digest, bytes)
        this.reusedBytes += size
      }
      done += size
      onProgress?.(done, total)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** The chunk's bytes if any of its places holds them already. */
  #stagedBytes(digest: Digest): Uint8Array | undefined {
    for (const { path, offset, size } of this.#places.get(digest) ?? []) {
      const fd = this.#root.openRead(path)
      try {
        const bytes = new Uint8Array(size)
        if (readSync(fd, bytes, 0, size, offset) === size && hash('sha256', bytes, 'hex') === digest) return bytes
      } finally {
        closeSync(fd)
      }
    }
    return undefined
  }

  missing(): readonly ChunkRef[] {
    return [...this.#missing.values()]
  }

  write(digest: Digest, bytes: Uint8Array): void {
    for (const { path, offset } of this.#places.get(digest) ?? []) {
      const fd = this.#root.openWrite(path)
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, offset + at)
      } catch (err) {
        throw writeError(err)
      } finally {
        closeSync(fd)
      }
    }
    this.#missing.delete(digest)
  }

  read(digest: Digest): Uint8Array | undefined {
    return this.#places.has(digest) && !this.#missing.has(digest) ? this.#stagedBytes(digest) : undefined
  }

  async complete(): Promise<readonly MetadataRefusal[]> {
    if (this.#missing.size > 0) throw new TypeError('staging is not complete')
    const entries = this.#entries()
    const refusals: MetadataRefusal[] = []
    for (const entry of entries) if (entry.kind === 'file') this.#checkSize(entry.path, entry.size)
    for (const entry of entries) if (entry.kind === 'hardlink') this.#link(entry.path, entry.target)
    // Directories last and deepest first: their times hold only once nothing is made in them any more.
    const others = entries.filter((e) => e.kind === 'file' || e.kind === 'symlink')
    const directories = entries.filter((e) => e.kind === 'directory').toReversed()
    for (const entry of [...others, ...directories]) {
      refusals.push(...this.#root.setMetadata(this.#at(entry.path), metadataOf(entry)))
    }
    this.#root.syncFileSystem()
    return refusals
  }

  #checkSize(path: TreePath, size: number): void {
    const stat = this.#root.lstat(this.#at(path))
    if (stat?.kind === 'file' && stat.size === size) return
    throw new ShoalError('TARGET_MODIFIED', 'a staged file has not the size of its release; staging starts anew')
  }

  /** A further name of a staged inode, or of a live one that stays as it is. */
  #link(path: TreePath, target: TreePath): void {
    const to = this.#at(path)
    if (this.#root.lstat(to) !== undefined) this.#root.unlink(to)
    this.#root.link(this.#staged.get(target) ?? target, to)
  }
}

const KEEP_ALL: InodeMetadata = {
  uid: undefined,
  gid: undefined,
  mode: undefined,
  xattrs: undefined,
  mtimeNs: undefined,
}

/** Everything that an entry says of its inode, as it is to be set. */
export function metadataOf(entry: Exclude<Entry, { kind: 'hardlink' }>): InodeMetadata {
  const { uid, gid, xattrs, mtimeSec, mtimeNs } = entry
  const mode = entry.kind === 'symlink' ? undefined : entry.mode
  return { uid, gid, mode, xattrs, mtimeNs: BigInt(mtimeSec) * 1_000_000_000n + BigInt(mtimeNs) }
}

function writeError(err: unknown): ShoalError {
  const errno = err instanceof Error && 'code' in err ? String(err.code) : String(err)
  return errno === 'ENOSPC' || errno === 'EDQUOT'
    ? new ShoalError(
        'NO_SPACE',
        'the target’s file system is full; the live tree is untouched, what is staged is kept',
        { cause: err },
      )
    : new ShoalError('FILE_SYSTEM', `cannot write in staging: ${errno}; the live tree is untouched`, { cause: err })
}
