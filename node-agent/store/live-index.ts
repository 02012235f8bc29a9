import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import {
  type Digest,
  fromByteString,
  type Manifest,
  parseTreePath,
  toByteString,
  type TreePath,
} from '../../protocol/index.ts'
import type { Store, StoreChange } from './store.ts'

/** Changes written to Level at once. */
const BATCH = 4096

/** Where a chunk's bytes lie in a target's live tree. */
export interface LivePlace {
  readonly path: TreePath
  readonly offset: number
  readonly length: number
}

const bytes = z.instanceof(Uint8Array)
const placeSchema = z.tuple([bytes, z.number().int().nonnegative(), z.number().int().positive()])

/** First place of every distinct chunk of a manifest. `where` says at what path an entry stands; undefined leaves it out. */
function placesOf(
  manifest: Manifest | undefined,
  where: (path: TreePath) => TreePath | undefined = (path) => path,
): Map<Digest, LivePlace> {
  const places = new Map<Digest, LivePlace>()
  for (const entry of manifest?.entries ?? []) {
    const path = entry.kind === 'file' ? where(entry.path) : undefined
    if (entry.kind !== 'file' || path === undefined) continue
    let offset = 0
    for (const { digest, size } of entry.chunks) {
      if (!places.has(digest)) places.set(digest, { path, offset, length: size })
      offset += size
    }
  }
  return places
}

const toValue = ({ path, offset, length }: LivePlace): Uint8Array => cbor.encode([fromByteString(path), offset, length])

const samePlace = (a: LivePlace, b: LivePlace | undefined): boolean =>
  b !== undefined && a.path === b.path && a.offset === b.offset && a.length === b.length

/**
 * The index chunk → place of live trees and of what commits displaced, so that a host serves and reuses chunks from the trees themselves and keeps no
 * second copy. A tree's key is its channel, or names a retained folder. Places are hints: whoever reads verifies the bytes.
 */
export class LiveIndex {
  readonly #store: Store
  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  /** Makes the index that of `next`, given that it was that of `previous`. Writes only what differs. */
  async replace(channel: string, previous: Manifest | undefined, next: Manifest | undefined): Promise<void> {
    const before = placesOf(previous)
    let changes: StoreChange[] = []
    const put = async (digest: Digest, value: Uint8Array | undefined): Promise<void> => {
      changes.push({ in: this.#store.live, key: `${channel}!${digest}`, value })
      if (changes.length < BATCH) return
      await this.#store.write(changes)
      changes = []
    }
    for (const [digest, place] of placesOf(next)) {
      if (!samePlace(place, before.get(digest))) {
        await put(digest, toValue(place))
      }
      before.delete(digest)
    }
    for (const digest of before.keys()) await put(digest, undefined)
    await this.#store.write(changes)
  }

  /** Adds what stands elsewhere than its manifest says: where `where` tells. */
  async add(key: string, manifest: Manifest, where: (path: TreePath) => TreePath | undefined): Promise<void> {
    let changes: StoreChange[] = []
    for (const [digest, place] of placesOf(manifest, where)) {
      changes.push({ in: this.#store.live, key: `${key}!${digest}`, value: toValue(place) })
      if (changes.length < BATCH) continue
      await this.#store.write(changes)
      changes = []
    }
    await this.#store.write(changes)
  }

  /** Forgets a tree. */
  async drop(key: string): Promise<void> {
    await this.#store.live.clear({ gte: `${key}!`, lt: `${key}"` })
  }

  async find(channel: string, digest: Digest): Promise<LivePlace | undefined> {
    const value = await this.#store.live.get(`${channel}!${digest}`)
    if (value === undefined) return undefined
    const [path, offset, length] = placeSchema.parse(cbor.decode(value))
    return { path: parseTreePath(toByteString(path)), offset, length }
  }
}
