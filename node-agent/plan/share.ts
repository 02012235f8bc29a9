import type { ChunkRef, Digest, PeerKey, SiteName } from '../../protocol/index.ts'

export interface ShareInit {
  /** Who this is among those that share: a host within its site, or a site among sites. */
  readonly self: PeerKey | SiteName
  /** What is shared out: the same on every host that shares it. */
  readonly content: Digest
  /** Its chunks, numbered and sized as on every host that shares it. */
  readonly chunks: readonly ChunkRef[]
}

interface Partner {
  readonly seed: number
  heardAtMs: number
  /** Nothing was heard of it for too long: what it owns is shared out among the others. */
  silent: boolean
}

/** Chunks that begin in the same range of this many bytes have one owner: small ones are asked for, packed and compressed together. */
const BLOCK_BYTES = 128 * 1024

/**
 * Which chunks of a content this host brings over its site's uplink, and which it leaves to neighbours that miss the same (SHARE-1); or, with sites for hosts, which it asks a far source for first (SHARE-6). Every host finds the
 * same owner by itself, by rendezvous hashing: each block belongs to the member with the highest hash of member and block (Thaler and Ravishankar, "Using name-based
 * mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998). A member that comes or goes moves its own share only. Pure: times are passed in, in milliseconds.
 */
export class Share {
  readonly #content: Digest
  readonly #ownSeed: number
  /** Block of each chunk. */
  readonly #blocks: Uint32Array
  readonly #partners = new Map<PeerKey | SiteName, Partner>()
  /** By block: 0 unknown, 1 this host's, 2 a neighbour's. */
  readonly #owned: Uint8Array

  constructor({ self, content, chunks }: ShareInit) {
    this.#content = content
    this.#ownSeed = seedOf(content, self)
    this.#blocks = new Uint32Array(chunks.length)
    let offset = 0
    for (const [i, { size }] of chunks.entries()) {
      this.#blocks[i] = Math.floor(offset / BLOCK_BYTES)
      offset += size
    }
    this.#owned = new Uint8Array((this.#blocks.at(-1) ?? 0) + 1)
  }

  /**
   * Takes note of who is there now.
   *
   * @param patienceMs after this much silence a partner's share is taken over, until it is heard of again
   * @returns whether owners changed
   */
  update(partners: ReadonlySet<PeerKey | SiteName>, nowMs: number, patienceMs: number): boolean {
    let changed = false
    for (const peer of this.#partners.keys()) if (!partners.has(peer)) changed = this.#partners.delete(peer) || changed
    for (const peer of partners) {
      const known = this.#partners.get(peer)
      if (known === undefined) {
        this.#partners.set(peer, { seed: seedOf(this.#content, peer), heardAtMs: nowMs, silent: false })
        changed = true
        continue
      }
      const silent = nowMs - known.heardAtMs > patienceMs
      changed ||= silent !== known.silent
      known.silent = silent
    }
    if (changed) this.#owned.fill(0)
    return changed
  }

  /** A partner announced chunks that it has brought. */
  heard(peer: PeerKey | SiteName, nowMs: number): void {
    const partner = this.#partners.get(peer)
    if (partner !== undefined) partner.heardAtMs = nowMs
  }

  /** Whether this one is to bring a chunk. */
  owns(chunk: number): boolean {
    const block = this.#blocks[chunk] ?? 0
    const known = this.#owned[block] ?? 0
    if (known !== 0) return known === 1
    const own = mix(this.#ownSeed, block)
    const mine = [...this.#partners.values()].every(
      ({ silent, seed }) => silent || wins(own, this.#ownSeed, seed, block),
    )
    this.#owned[block] = mine ? 1 : 2
    return mine
  }
}

/** Two seeds that are equal would both win, or both lose: the first of 2^32 meshes of ten hosts may see it, and fetches twice. */
const wins = (own: number, ownSeed: number, seed: number, block: number): boolean => {
  const theirs = mix(seed, block)
  return own > theirs || (own === theirs && ownSeed >= seed)
}

/** FNV-1a of a member's name and the content's. */
function seedOf(content: Digest, peer: PeerKey | SiteName): number {
  let hash = 0x811c9dc5
  for (const text of [peer, content]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return hash >>> 0
}

/** The finaliser of MurmurHash3 over both: every bit of either changes half of the bits of the result. */
function mix(seed: number, block: number): number {
  let hash = (seed ^ Math.imul(block + 1, 0x9e3779b1)) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
