import { closeSync, ftruncateSync } from 'node:fs'
import {
  type ChunkRef,
  type Digest,
  distinctChunks,
  type Entry,
  type FileEntry,
  isShoalError,
  joinPath,
  quotePath,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import type { MetadataRefusal, TreeRoot, TreeStat } from '../fs/index.ts'
import { Pacer } from '../scan/index.ts'
import { type Area, ensureArea, INSIDE, removeSteps } from './area.ts'
import { readPlace, writePlace } from './file-bytes.ts'
import { metadataOf, onlyMode } from './metadata.ts'
import { childrenOf, Places, stagedPaths } from './places.ts'
import { checkSpace } from './space.ts'
import type { LocalChunks, StagingArea, StagingRequest } from './types.ts'

export interface StagingDeps {
  readonly local: LocalChunks
  readonly signal: AbortSignal
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void
}

/**
 * Prepares the staging folder of one release: removes what other releases left, keeps and verifies what an earlier attempt at this one
 * completed, takes from this host what it has.
 * @throws NO_SPACE before anything of the release is written, TARGET_READ_ONLY, TARGET_ROOT_INVALID, FILE_SYSTEM, CANCELLED
 */
export async function openStaging(root: TreeRoot, request: StagingRequest, deps: StagingDeps): Promise<StagingArea> {
  const staging = new Staging(root, request, deps)
  await staging.prepare()
  await staging.reuse()
  return staging
}

class Staging implements StagingArea {
  readonly #root: TreeRoot
  readonly #request: StagingRequest
  readonly #area: Area
  readonly #deps: StagingDeps
  readonly #pacer: Pacer
  readonly #staged: ReadonlyMap<TreePath, TreePath>
  /** Names that belong in each directory of staging. */
  readonly #children: ReadonlyMap<TreePath, ReadonlySet<string>>
  /** Entries to stage, parents first. */
  readonly #entries: readonly Entry[]
  readonly #places = new Places()
  readonly #missing = new Map<Digest, ChunkRef>()
  /** Entries that are further names of complete inodes: never written to, their metadata never set. */
  readonly #linked = new Set<TreePath>()
  reusedBytes = 0

  constructor(root: TreeRoot, request: StagingRequest, deps: StagingDeps) {
    this.#root = root
    this.#request = request
    this.#area = request.area ?? INSIDE
    this.#deps = deps
    this.#pacer = new Pacer(deps.signal)
    this.#staged = stagedPaths(request)
    this.#children = childrenOf(this.#staged.values())
    this.#entries = request.manifest.entries.filter((entry) => this.#staged.has(entry.path))
  }

  #at(path: TreePath): TreePath {
    const staged = this.#staged.get(path)
    if (staged === undefined) throw new TypeError('an entry is not staged')
    return staged
  }

  async #remove(path: TreePath): Promise<void> {
    for (const _removed of removeSteps(this.#root, path)) await this.#pacer.did(0)
  }

  async prepare(): Promise<void> {
    const { key, manifest } = this.#request
    const { staging } = this.#area
    const folder = joinPath(staging, key)
    ensureArea(this.#root, this.#area)
    for (const name of this.#root.readdir(staging)) if (name !== key) await this.#remove(joinPath(staging, name))
    const wanted: { readonly entry: Entry; readonly present: TreeStat | undefined }[] = []
    for (const entry of this.#entries) {
      if (this.#request.whole?.has(entry.path) !== true)
        wanted.push({ entry, present: this.#leftover(this.#at(entry.path)) })
      await this.#pacer.did(0)
    }
    checkSpace(this.#root, wanted)
    await this.#makeFolder(folder, this.#root.lstat(folder))
    // What stands in place of an entry is looked at again: cleaning its directory may have removed it.
    for (const entry of this.#entries) {
      await this.#create(entry)
      await this.#pacer.did(0)
    }
    for (const ref of distinctChunks(manifest)) {
      if (this.#places.of(ref.digest).length > 0) this.#missing.set(ref.digest, ref)
    }
  }

  /** What an earlier attempt left there; nothing when a symlink of other slots stands in place of a directory. */
  #leftover(path: TreePath): TreeStat | undefined {
    try {
      return this.#root.lstat(path)
    } catch (err) {
      if (isShoalError(err, 'PATH_ESCAPES')) return undefined
      throw err
    }
  }

  /** A directory of staging that holds nothing but what is staged now: a leftover of other slots would go live with it. */
  async #makeFolder(path: TreePath, present: TreeStat | undefined): Promise<void> {
    if (present?.kind !== 'directory') {
      if (present !== undefined) await this.#remove(path)
      this.#root.mkdir(path, 0o700)
      return
    }
    this.#root.setMetadata(path, onlyMode(0o700), 'directory')
    const wanted = this.#children.get(path)
    for (const name of this.#root.readdir(path))
      if (wanted?.has(name) !== true) await this.#remove(joinPath(path, name))
  }

  async #create(entry: Entry): Promise<void> {
    const path = this.#at(entry.path)
    const present = this.#root.lstat(path)
    if (entry.kind === 'directory') return this.#makeFolder(path, present)
    const whole = this.#request.whole?.get(entry.path)
    if (whole !== undefined) return this.#linkWhole(entry.path, path, present, whole)
    if (entry.kind === 'file') return this.#makeFile(entry, path, present)
    if (present !== undefined) await this.#remove(path)
    if (entry.kind === 'symlink') this.#root.symlink(entry.target, path)
  }

  async #linkWhole(entry: TreePath, path: TreePath, present: TreeStat | undefined, whole: TreePath): Promise<void> {
    this.#linked.add(entry)
    if (present !== undefined && present.inode === this.#root.lstat(whole)?.inode) return
    if (present !== undefined) await this.#remove(path)
    this.#root.link(whole, path)
  }

  async #makeFile(entry: FileEntry, path: TreePath, present: TreeStat | undefined): Promise<void> {
    // A leftover with further names may be an inode of the live tree, linked here by an earlier attempt: it must never be written to.
    const reused = present?.kind === 'file' && present.links === 1
    if (present !== undefined && !reused) await this.#remove(path)
    // An earlier attempt may have set the release's mode, which need not let this agent write.
    if (reused) this.#root.setMetadata(path, onlyMode(0o600))
    const fd = reused ? this.#root.openWrite(path) : this.#root.createFile(path)
    try {
      if (entry.sparse || (present?.size ?? 0) > entry.size) ftruncateSync(fd, entry.size)
    } finally {
      closeSync(fd)
    }
    this.#places.add(entry.chunks, { path, reused, hollow: entry.sparse && !reused })
  }

  /** Fills from what an earlier attempt staged, then from this host's other chunks. */
  async reuse(): Promise<void> {
    const { local, onProgress } = this.#deps
    const total = [...this.#missing.values()].reduce((sum, ref) => sum + ref.size, 0)
    let done = 0
    for (const { digest, size } of [...this.#missing.values()]) {
      if (this.#takeStaged(digest, size)) this.reusedBytes += size
      else {
        const bytes = await local.read(digest)
        if (bytes !== undefined) {
          this.write(digest, bytes)
          this.reusedBytes += size
        }
      }
      done += size
      onProgress?.(done, total)
      await this.#pacer.did(size)
    }
  }

  /** Counts a chunk as there if a file of an earlier attempt holds it, and copies it to where else it belongs. */
  #takeStaged(digest: Digest, size: number): boolean {
    let found: Uint8Array | undefined
    const empty = this.#places.of(digest).filter((place) => {
      const bytes = place.reused ? readPlace(this.#root, place, size, digest) : undefined
      found ??= bytes
      return bytes === undefined
    })
    if (found === undefined) return false
    for (const place of empty) writePlace(this.#root, place, found)
    this.#missing.delete(digest)
    return true
  }

  missing(): readonly ChunkRef[] {
    return [...this.#missing.values()]
  }

  write(digest: Digest, bytes: Uint8Array): void {
    const size = this.#places.sizeOf(digest)
    if (size === undefined) return
    if (bytes.length !== size) {
      throw new ShoalError('CHUNK_DIGEST_MISMATCH', `a chunk has ${bytes.length} bytes, the release states ${size}`)
    }
    for (const place of this.#places.of(digest)) writePlace(this.#root, place, bytes)
    this.#missing.delete(digest)
  }

  read(digest: Digest): Uint8Array | undefined {
    const size = this.#places.sizeOf(digest)
    if (size === undefined || this.#missing.has(digest)) return undefined
    for (const place of this.#places.of(digest)) {
      const bytes = readPlace(this.#root, place, size, digest)
      if (bytes !== undefined) return bytes
    }
    return undefined
  }

  async complete(): Promise<readonly MetadataRefusal[]> {
    if (this.#missing.size > 0) throw new TypeError('staging is not complete')
    for (const entry of this.#entries) {
      if (entry.kind === 'file' && !this.#linked.has(entry.path)) this.#checkSize(entry)
      await this.#pacer.did(0)
    }
    const refusals: MetadataRefusal[] = []
    const set = async (entry: Exclude<Entry, { kind: 'hardlink' }>): Promise<void> => {
      for (const { what, detail } of this.#root.setMetadata(this.#at(entry.path), metadataOf(entry))) {
        refusals.push({ what, detail: `${quotePath(entry.path)}: ${detail}` })
      }
      await this.#pacer.did(0)
    }
    const own = this.#entries.filter((e) => !this.#linked.has(e.path))
    // Before further names: an inode that has some may be somebody else's (FS-10).
    for (const entry of own) if (entry.kind === 'file' || entry.kind === 'symlink') await set(entry)
    for (const entry of own) {
      if (entry.kind === 'hardlink') this.#link(entry.path, entry.target)
      await this.#pacer.did(0)
    }
    // Directories last and deepest first: their times hold only once nothing is made in them any more.
    for (const entry of this.#entries.toReversed()) if (entry.kind === 'directory') await set(entry)
    this.#root.syncFileSystem()
    return refusals
  }

  #checkSize({ path, size }: FileEntry): void {
    const stat = this.#root.lstat(this.#at(path))
    if (stat?.kind === 'file' && stat.size === size) return
    throw new ShoalError(
      'TARGET_MODIFIED',
      `the staged copy of ${quotePath(path)} was changed by another process; the live tree is untouched`,
    )
  }

  /** A further name of a staged inode, or of a live one that stays as it is. */
  #link(path: TreePath, target: TreePath): void {
    const to = this.#at(path)
    if (this.#root.lstat(to) !== undefined) this.#root.unlink(to)
    this.#root.link(this.#staged.get(target) ?? target, to)
  }
}
