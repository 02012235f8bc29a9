import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import {
  type ChannelName,
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

/** First place of every distinct chunk of a manifest. */
function placesOf(manifest: Manifest | undefined): Map<Digest, LivePlace> {
  const places = new Map<Digest, LivePlace>()
  for (const entry of manifest?.entries ?? []) {
    if (entry.kind !== 'file') continue
    let offset = 0
    for (const { digest, size } of entry.chunks) {
      if (!places.has(digest)) places.set(digest, { path: entry.path, offset, length: size })
      offset += size
    }
  }
  return places
}

const samePlace = (a: LivePlace, b: LivePlace | undefined): boolean =>
  b !== undefined && a.path === b.path && a.offset === b.offset && a.length === b.length

/**
 * The index chunk → place of one channel's live tree, so that a host serves and reuses chunks from the tree itself and keeps no second
 * copy. Places are hints: whoever reads verifies the bytes.
 */
export class LiveIndex {
  readonly #store: Store
  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  /** Makes the index that of `next`, given that it was that of `previous`. Writes only what differs. */
  async replace(channel: ChannelName, previous: Manifest | undefined, next: Manifest | undefined): Promise<void> {
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
        await put(digest, cbor.encode([fromByteString(place.path), place.offset, place.length]))
      }
      before.delete(digest)
    }
    for (const digest of before.keys()) await put(digest, undefined)
    await this.#store.write(changes)
  }

  async find(channel: ChannelName, digest: Digest): Promise<LivePlace | undefined> {
    const value = await this.#store.live.get(`${channel}!${digest}`)
    if (value === undefined) return undefined
    const [path, offset, length] = placeSchema.parse(cbor.decode(value))
    return { path: parseTreePath(toByteString(path)), offset, length }
  }
}
