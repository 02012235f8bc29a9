import {
  decodeChunkList,
  type DeltaRef,
  type Digest,
  distinctChunks,
  LIMITS,
  parseChannelName,
} from '../../protocol/index.ts'
import type { Core } from '../core.ts'
import { readCommitted } from '../store/index.ts'

/** Manifests that something still needs: the last releases of every channel, what hosts say they run, and what this host itself is at or may go back to. */
export async function neededManifests(core: Core): Promise<ReadonlySet<Digest>> {
  const { book } = core.mesh
  const needed = new Set<Digest>()
  for (const { key: channel } of book.all('head')) {
    const heads = await book.heads(channel)
    for (const { body } of heads.slice(-1 - core.init.config.keepReleases)) {
      needed.add(body.manifest)
      for (const { from } of body === heads.at(-1)?.body ? body.deltas : []) needed.add(from)
    }
  }
  // What is proposed may be a head soon.
  for (const { record } of book.trust.proposals()) {
    if (record.kind !== 'head') continue
    needed.add(record.body.manifest)
    for (const { from } of record.body.deltas) needed.add(from)
  }
  for (const { body } of book.all('status')) {
    for (const { manifest } of body.channels) if (manifest !== undefined) needed.add(manifest)
  }
  for (const { channel } of core.targets.list()) {
    const committed = await readCommitted(core.store, parseChannelName(channel))
    if (committed === undefined) continue
    needed.add(committed.manifest)
    if (committed.before !== null) needed.add(committed.before.manifest)
  }
  return needed
}

/**
 * Chunks in the packs that something still needs: those of published releases, and the pieces of the current heads' deltas. A publisher keeps the deltas of
 * the last releases, too: a host that was away is led from one to the next.
 */
export async function neededChunks(core: Core, published: Iterable<Digest>): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>()
  for (const id of published) {
    const manifest = await core.manifests.load(id)
    for (const { digest } of manifest === undefined ? [] : distinctChunks(manifest)) needed.add(digest)
  }
  const refs: DeltaRef[] = [...core.made]
  for (const { record } of core.mesh.book.trust.proposals())
    if (record.kind === 'head') refs.push(...record.body.deltas)
  const kept = new Set(published)
  for (const { key } of core.mesh.book.all('head')) {
    const heads = await core.mesh.book.heads(key)
    for (const head of heads) {
      const chained = kept.has(head.body.manifest) ? head.body.deltas.filter(({ from }) => kept.has(from)) : []
      refs.push(...(head === heads.at(-1) ? head.body.deltas : chained))
    }
  }
  for (const ref of refs) for (const digest of await piecesOf(core, ref)) needed.add(digest)
  return needed
}

/** The pieces of a delta as far as they are known here. */
async function piecesOf({ packs }: Core, { blob, bytes }: DeltaRef): Promise<readonly Digest[]> {
  const list = bytes <= LIMITS.chunkBytes ? undefined : await packs.read(blob)
  return [blob, ...(list === undefined ? [] : decodeChunkList(list).map(({ digest }) => digest))]
}
