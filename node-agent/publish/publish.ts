import {
  type ChannelName,
  type DeltaRef,
  type Digest,
  encodeManifest,
  type HeadBody,
  type KeyPair,
  type Manifest,
  type MeshId,
  type RecordOf,
  type Rollout,
  signRecord,
  toManifestText,
  treeBytes,
} from '../../protocol/index.ts'
import type { PublishResult } from '../../protocol/control/index.ts'
import { openTreeRoot } from '../fs/index.ts'
import { type ChunkSink, scanTree, type ScanProgress, type StatCache } from '../scan/index.ts'
import { readReleaseFile, RELEASE_FILE, settingsWarnings } from './release-file.ts'
import { manifestContent, type ManifestStore, type PackStore } from '../store/index.ts'

/** What publishing needs of the home. */
export interface PublishDeps {
  readonly packs: Pick<PackStore, 'has' | 'put' | 'flush'>
  readonly manifests: ManifestStore
  readonly clock: { now(): number }
  /** What is to be published; hands out content that the store may not have. */
  readonly read: (keep: ChunkSink) => Promise<Manifest>
  /** Keeps what this time told of it. */
  readonly remember: (id: Digest, manifest: Manifest) => Promise<void>
  /** Makes deltas to a release that is wholly in the store by now. */
  readonly makeDeltas: (to: Digest) => Promise<readonly DeltaRef[]>
}

export interface PublishInit {
  readonly mesh: MeshId
  /** Keys that sign the head; none for a dry run. */
  readonly publishers: readonly KeyPair[]
  readonly channel: ChannelName
  readonly message: string
  readonly lifetimeMs: number
  /** Sequence of the channel's head; 0 when it has none. */
  readonly previous: number
  /** undefined: to every host at once. */
  readonly rollout: Rollout | undefined
  /** Everything except storing and signing. */
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

export interface Published {
  /** undefined for a dry run. */
  readonly head: RecordOf<'head'> | undefined
  readonly manifest: Manifest
  readonly result: PublishResult
}

/**
 * Reads what is to be published, imports what is new into the chunk store, writes the manifest and signs the head. The folder may change afterwards.
 * Nothing is announced here; when it fails, the channel's head is as before.
 * @throws SOURCE_* when the folder cannot be published as it is, NO_SPACE, CANCELLED
 */
export async function publishTree(deps: PublishDeps, init: PublishInit): Promise<Published> {
  const newBytes = { count: 0 }
  const manifest = await readAndStore(deps, init, newBytes)
  const bytes = encodeManifest(manifest)
  const content = manifestContent(bytes)
  const now = deps.clock.now()
  const sequence = init.previous + 1
  const unsigned = {
    manifest: content.id,
    manifestBytes: bytes.length,
    manifestIndex: content.index,
    entries: manifest.entries.length,
    treeBytes: treeBytes(manifest),
    publishedAtMs: now,
    expiresMs: now + init.lifetimeMs,
    message: init.message,
    rollout: init.rollout,
  }
  const result: PublishResult = {
    channel: init.channel,
    sequence,
    manifest: toManifestText(content.id),
    entries: unsigned.entries,
    bytes: unsigned.treeBytes,
    newBytes: newBytes.count,
    deltaBytes: 0,
    warnings: settingsWarnings(manifest.header.settings, manifest.entries),
    changes: null,
    proposal: null,
    waves: null,
  }
  if (init.dryRun) return { head: undefined, manifest, result }
  await deps.packs.flush()
  await deps.manifests.save(bytes, manifest)
  init.signal.throwIfAborted()
  const { mesh, channel, publishers } = init
  await deps.remember(content.id, manifest)
  const deltas = await deps.makeDeltas(content.id)
  init.signal.throwIfAborted()
  const body: HeadBody = { ...unsigned, deltas }
  const head = await signRecord({ mesh, kind: 'head', key: channel, version: sequence, body }, publishers)
  const deltaBytes = deltas.reduce((sum, { bytes: delta }) => sum + delta, 0)
  return { head, manifest, result: { ...result, deltaBytes } }
}

function readAndStore(deps: PublishDeps, init: PublishInit, newBytes: { count: number }): Promise<Manifest> {
  const counted = new Set<string>()
  return deps.read(async (ref, bytes) => {
    if (counted.has(ref.digest)) return
    counted.add(ref.digest)
    const isNew = init.dryRun ? !(await deps.packs.has(ref.digest)) : await deps.packs.put(ref.digest, bytes)
    if (isNew) newBytes.count += bytes.length
  })
}

export interface ReadFolderInit {
  readonly signal: AbortSignal
  readonly known: StatCache
  readonly clock: { now(): number }
  readonly onChunk: ChunkSink
  readonly onProgress: (progress: ScanProgress) => void
}

/** What a folder would be as a release. @throws SOURCE_* when it cannot be published as it is, CANCELLED */
export async function readFolder(
  dir: string,
  { signal, known: cache, clock, onChunk, onProgress }: ReadFolderInit,
): Promise<Manifest> {
  const root = openTreeRoot(dir)
  try {
    const settings = await readReleaseFile(root)
    const now = (): number => clock.now()
    const tree = await scanTree(root, { signal, onChunk, onProgress, exclude: RELEASE_FILE, cache, now })
    return {
      header: { format: 1, users: tree.users, groups: tree.groups, settings },
      entries: tree.entries,
    }
  } finally {
    root.close()
  }
}
