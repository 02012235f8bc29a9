import { distinctChunks } from '../manifest/queries.ts'
import type { ChunkRef, FileEntry, Manifest } from '../manifest/types.ts'
import { BaseFiles, type BaseFile } from './base-files.ts'
import { DELTA_BASE_BYTES, DELTA_NEXT_BYTES, DELTA_SLACK_BYTES } from './limits.ts'

/** New content that resembles nothing shares a window with what does up to this size: it may resemble that. */
const SMALL_BYTES = 128 * 1024

/** Consecutive numbers of distinct chunks (the numbering of have-bitmaps). */
export interface Run {
  readonly start: number
  readonly count: number
}

/** Part of a delta: the chunks of the new release that it makes, and those of the base that it reads, in order. */
export interface DeltaWindow {
  readonly base: readonly Run[]
  readonly next: readonly Run[]
}

/** Chunks of one file that the base does not have, next to each other, and where in an old file their like stands. */
interface Segment {
  readonly chunks: readonly { readonly number: number; readonly size: number }[]
  readonly bytes: number
  readonly old: BaseFile | undefined
  /** Bytes of the old file between what surrounds the segment. */
  readonly from: number
  readonly to: number
}

/**
 * Which new chunks are coded together against which old ones: every chunk of `next` that `base` lacks, in order of first use, in windows of at most
 * DELTA_NEXT_BYTES; for each the places of the old file that the chunks around it point to. Pure.
 */
export function planWindows(base: Manifest, next: Manifest): readonly DeltaWindow[] {
  const files = new BaseFiles(base)
  const numbers = new Map(distinctChunks(next).map(({ digest }, number) => [digest, number]))
  const builder = new WindowBuilder()
  // What resembles nothing is kept apart: where it does not compress either, its windows are left out.
  const strange = new WindowBuilder()
  const done = new Set<number>()
  for (const entry of next.entries) {
    if (entry.kind !== 'file') continue
    for (const segment of segmentsOf(entry, files, (ref) => fresh(ref, files, numbers, done)))
      (segment.old === undefined && segment.bytes > SMALL_BYTES ? strange : builder).add(segment)
  }
  return [...builder.finish(), ...strange.finish()]
}

/** Number of a chunk that the base lacks, the first time it is met. */
function fresh(
  ref: ChunkRef,
  files: BaseFiles,
  numbers: ReadonlyMap<string, number>,
  done: Set<number>,
): number | undefined {
  if (files.numberOf(ref.digest) !== undefined) return undefined
  const number = numbers.get(ref.digest)
  if (number === undefined || done.has(number)) return undefined
  done.add(number)
  return number
}

function segmentsOf(
  entry: FileEntry,
  files: BaseFiles,
  take: (ref: ChunkRef) => number | undefined,
): readonly Segment[] {
  const taken = entry.chunks.map(take)
  if (taken.every((number) => number === undefined)) return []
  const old = files.likest(entry)
  const segments: Segment[] = []
  let from = 0
  let at = 0
  for (let i = 0; i < entry.chunks.length;) {
    const ref = entry.chunks[i]
    const number = taken[i]
    if (ref === undefined) break
    if (number === undefined) {
      const place = old?.offsetOf(ref.digest, from)
      from = place === undefined ? from + ref.size : place + ref.size
      at += ref.size
      i++
      continue
    }
    const chunks: { number: number; size: number }[] = []
    let bytes = 0
    for (; i < entry.chunks.length && taken[i] !== undefined; i++) {
      const size = entry.chunks[i]?.size ?? 0
      chunks.push({ number: taken[i] ?? 0, size })
      bytes += size
    }
    at += bytes
    const after = old === undefined ? undefined : nextShared(entry, i, old, from)
    const to = after ?? (old === undefined ? 0 : at === entry.size ? old.size : from + bytes)
    segments.push({ chunks, bytes, old, from, to: Math.max(from, to) })
    from += bytes
  }
  return segments
}

/** Where in the old file the first chunk from `i` on stands that both have. */
function nextShared(entry: FileEntry, i: number, old: BaseFile, from: number): number | undefined {
  const ref = entry.chunks[i]
  return ref === undefined ? undefined : old.offsetOf(ref.digest, from)
}

class WindowBuilder {
  readonly #windows: DeltaWindow[] = []
  #next: number[] = []
  #nextBytes = 0
  #base = new Set<number>()
  #baseBytes = 0

  add({ chunks, bytes, old, from, to }: Segment): void {
    let at = 0
    for (let i = 0; i < chunks.length;) {
      const part: number[] = []
      let size = 0
      for (; i < chunks.length; i++) {
        const chunk = chunks[i]
        if (chunk === undefined || (part.length > 0 && size + chunk.size > DELTA_NEXT_BYTES)) break
        part.push(chunk.number)
        size += chunk.size
      }
      const scale = bytes === 0 ? 0 : (to - from) / bytes
      const slack = slackFor(size)
      const places = old?.chunksBetween(from + at * scale - slack, from + (at + size) * scale + slack) ?? []
      this.#put(part, size, places)
      at += size
    }
  }

  finish(): readonly DeltaWindow[] {
    this.#close()
    return this.#windows
  }

  #put(
    part: readonly number[],
    size: number,
    places: readonly { readonly number: number; readonly size: number }[],
  ): void {
    const more = places.reduce((sum, place) => sum + (this.#base.has(place.number) ? 0 : place.size), 0)
    const full = this.#nextBytes + size > DELTA_NEXT_BYTES || this.#baseBytes + more > DELTA_BASE_BYTES
    if (full) this.#close()
    for (const number of part) this.#next.push(number)
    this.#nextBytes += size
    for (const place of places) {
      if (this.#base.has(place.number) || this.#baseBytes + place.size > DELTA_BASE_BYTES) continue
      this.#base.add(place.number)
      this.#baseBytes += place.size
    }
  }

  #close(): void {
    if (this.#next.length > 0) this.#windows.push({ base: toRuns([...this.#base]), next: toRuns(this.#next) })
    this.#next = []
    this.#nextBytes = 0
    this.#base = new Set()
    this.#baseBytes = 0
  }
}

/** Few changed bytes need little around them; a large changed part may have moved far. */
const slackFor = (bytes: number): number => Math.min(DELTA_SLACK_BYTES, Math.max(64 * 1024, bytes))

function toRuns(numbers: readonly number[]): readonly Run[] {
  const runs: { start: number; count: number }[] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && number === last.start + last.count) last.count++
    else runs.push({ start: number, count: 1 })
  }
  return runs
}
