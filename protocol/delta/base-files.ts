import type { Digest, TreePath } from '../ids/index.ts'
import { distinctChunks } from '../manifest/queries.ts'
import type { FileEntry, Manifest } from '../manifest/types.ts'

interface PlacedChunk {
  readonly number: number
  readonly size: number
  readonly offset: number
}

/** One file of a base, to be read in parts. */
export class BaseFile {
  readonly size: number
  readonly #chunks: readonly PlacedChunk[]
  #offsets: ReadonlyMap<number, readonly number[]> | undefined
  readonly #numberOf: (digest: Digest) => number | undefined

  constructor(entry: FileEntry, numberOf: (digest: Digest) => number | undefined) {
    this.size = entry.size
    this.#numberOf = numberOf
    let offset = 0
    this.#chunks = entry.chunks.map(({ digest, size }) => {
      const chunk = { number: numberOf(digest) ?? 0, size, offset }
      offset += size
      return chunk
    })
  }

  /** First place of a chunk at or after `from`, bytes; undefined when it has none there. */
  offsetOf(digest: Digest, from: number): number | undefined {
    const number = this.#numberOf(digest)
    if (number === undefined) return undefined
    this.#offsets ??= offsetsOf(this.#chunks)
    return this.#offsets.get(number)?.find((offset) => offset >= from)
  }

  /** Chunks that overlap a range of bytes. */
  chunksBetween(from: number, to: number): readonly PlacedChunk[] {
    return this.#chunks.filter(({ offset, size }) => offset < to && offset + size > from)
  }
}

function offsetsOf(chunks: readonly PlacedChunk[]): ReadonlyMap<number, readonly number[]> {
  const offsets = new Map<number, number[]>()
  for (const { number, offset } of chunks) {
    const known = offsets.get(number)
    if (known === undefined) offsets.set(number, [offset])
    else known.push(offset)
  }
  return offsets
}

/** A file is looked for by its chunks in so many old files that have one of them. */
const OWNERS_KEPT = 8

/** The files of a base by what makes a new file resemble them: chunks in common, path, name. */
export class BaseFiles {
  readonly #numbers: ReadonlyMap<Digest, number>
  readonly #byPath = new Map<TreePath, FileEntry>()
  readonly #byName = new Map<string, FileEntry[]>()
  readonly #owners = new Map<Digest, FileEntry[]>()
  readonly #opened = new Map<FileEntry, BaseFile>()

  constructor(base: Manifest) {
    this.#numbers = new Map(distinctChunks(base).map(({ digest }, number) => [digest, number]))
    for (const entry of base.entries) {
      const first = entry.kind === 'hardlink' ? this.#byPath.get(entry.target) : undefined
      const file = entry.kind === 'file' ? entry : first
      if (file === undefined) continue
      this.#byPath.set(entry.path, file)
      pushTo(this.#byName, nameOf(entry.path), file)
      if (entry.kind !== 'file') continue
      for (const { digest } of file.chunks)
        if ((this.#owners.get(digest)?.length ?? 0) < OWNERS_KEPT) pushTo(this.#owners, digest, file)
    }
  }

  numberOf = (digest: Digest): number | undefined => this.#numbers.get(digest)

  /** The old file that a new one is coded against; undefined when nothing resembles it. */
  likest(entry: FileEntry): BaseFile | undefined {
    const found = this.#byContent(entry) ?? this.#byPath.get(entry.path) ?? this.#bySameName(entry)
    if (found === undefined || found.size === 0) return undefined
    let opened = this.#opened.get(found)
    if (opened === undefined) this.#opened.set(found, (opened = new BaseFile(found, this.numberOf)))
    return opened
  }

  #byContent(entry: FileEntry): FileEntry | undefined {
    const votes = new Map<FileEntry, number>()
    for (const { digest, size } of entry.chunks) {
      for (const owner of this.#owners.get(digest) ?? []) votes.set(owner, (votes.get(owner) ?? 0) + size)
    }
    const same = this.#byPath.get(entry.path)
    let best: FileEntry | undefined
    for (const [file, bytes] of votes) {
      const most = best === undefined ? 0 : (votes.get(best) ?? 0)
      if (bytes > most || (bytes === most && file === same)) best = file
    }
    return best
  }

  /** Of the files with the same name the one whose directory resembles most, then the one of the nearest size. */
  #bySameName(entry: FileEntry): FileEntry | undefined {
    let best: FileEntry | undefined
    let bestScore = -1
    for (const file of this.#byName.get(nameOf(entry.path)) ?? []) {
      const nearness = 1 - Math.abs(file.size - entry.size) / Math.max(file.size, entry.size, 1)
      const score = commonEnds(file.path, entry.path) + nearness
      if (score > bestScore) [best, bestScore] = [file, score]
    }
    return best
  }
}

function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** The last component with every number as one sign: `libz.so.1.2.13` and `libz.so.1.3` are likely the same. */
const nameOf = (path: TreePath): string => path.slice(path.lastIndexOf('/') + 1).replaceAll(/\d+(?:[.]\d+)*/g, '#')

/** Components that two paths share at their beginning and at their end. */
function commonEnds(a: string, b: string): number {
  const [x, y] = [a.split('/'), b.split('/')]
  const most = Math.min(x.length, y.length)
  let [front, back] = [0, 0]
  while (front < most && x[front] === y[front]) front++
  while (back < most - front && x.at(-1 - back) === y.at(-1 - back)) back++
  return front + back
}
