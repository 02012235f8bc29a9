import { type Digest, distinctChunks, type Manifest, type RecordOf } from '../../protocol/index.ts'

/** What needs are told from. */
export interface NeedSources {
  /** Heads of a channel, oldest first. */
  heads(channel: string): Promise<readonly RecordOf<'head'>[]>
  manifest(id: Digest): Promise<Manifest | undefined>
}

/** Bytes that a host at each earlier release has to fetch for this one: a delta and what no delta holds, else the chunks that it lacks. */
export async function needsOf(head: RecordOf<'head'>, sources: NeedSources): Promise<ReadonlyMap<Digest, number>> {
  const next = await sources.manifest(head.body.manifest)
  const deltas = new Map(head.body.deltas.map(({ from, bytes }) => [from, bytes]))
  const needs = new Map<Digest, number>()
  for (const { body } of await sources.heads(head.key)) {
    const delta = deltas.get(body.manifest)
    const base = await sources.manifest(body.manifest)
    if (base !== undefined && next !== undefined) needs.set(body.manifest, bytesBetween(base, next, delta))
    else if (delta !== undefined) needs.set(body.manifest, delta)
  }
  return needs
}

/** A delta leaves out new files that are packed already: theirs are fetched as chunks. Pure. */
export function bytesBetween(base: Manifest, next: Manifest, delta: number | undefined): number {
  const there = new Set(distinctChunks(base).map(({ digest }) => digest))
  if (delta === undefined) return sum(distinctChunks(next).filter(({ digest }) => !there.has(digest)))
  const known = new Set(base.entries.map(({ path }) => path))
  const fresh = { ...next, entries: next.entries.filter(({ path }) => !known.has(path)) }
  return delta + sum(distinctChunks(fresh).filter(({ digest }) => !there.has(digest)))
}

const sum = (chunks: readonly { readonly size: number }[]): number =>
  chunks.reduce((bytes, { size }) => bytes + size, 0)
