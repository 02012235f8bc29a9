import { createHash } from 'node:crypto'
import {
  type ChannelName,
  type ChunkRef,
  decodeChunkList,
  type Digest,
  distinctChunks,
  fromHex,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  toManifestText,
} from '../../protocol/index.ts'
import type { BundleProgress, BundleResult } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { compressBody } from '../fetch/compress.ts'
import type { LocalChunks } from '../store/index.ts'
import { BundleWriter } from './bundle-file.ts'

export interface ExportInit {
  readonly channel: ChannelName
  /** Absolute path. */
  readonly file: string
  /** Sites whose hosts' last reports say what is lacking; none for everything. */
  readonly sites: readonly string[]
  readonly signal: AbortSignal
}

/** zstd level of what is carried by hand: strong, as a stick is slow. */
const LEVEL = 9

/**
 * Writes the newest release of a channel to a file: the records that prove it, its manifest, and its chunks (BUNDLE-1). Goes on with an interrupted one.
 * @throws NO_SUCH_RELEASE, NO_SUCH_HOST for a site without hosts, CHUNK_NOT_FOUND when this node does not have all of it, BUNDLE_UNREADABLE, NO_SPACE, CANCELLED
 */
export async function* exportBundle(
  { core, chunks }: { readonly core: Core; readonly chunks: LocalChunks },
  init: ExportInit,
): AsyncGenerator<BundleProgress, BundleResult, undefined> {
  const { channel, file, signal } = init
  const { book } = core.mesh
  const head = book.head(channel)
  if (head === undefined) throw new ShoalError('NO_SUCH_RELEASE', `no release of channel ${channel} is known here`)
  await chunks.addWhole(head.body.manifest)
  const refs = [...(await manifestChunks(core, head)), ...(await contentChunks(core, head, init))]
  const records = recordsFor(core, head)
  const totalBytes = refs.reduce((sum, { size }) => sum + size, 0)
  const header = {
    t: 'bundle',
    mesh: core.mesh.identity.mesh,
    channel,
    sequence: head.version,
    manifest: fromHex(head.body.manifest),
    records: records.length,
    chunks: refs.length,
    bytes: totalBytes,
    items: namesDigest([...records.map(({ id }) => id), ...refs.map(({ digest }) => digest)]),
  } as const
  const writer = await BundleWriter.open(file, header)
  try {
    const reused = Math.max(0, writer.written - records.length)
    for (const { bytes } of records.slice(writer.written)) await writer.append({ t: 'record' }, bytes)
    let bytes = 0
    for (const [i, { digest, size }] of refs.entries()) {
      if (signal.aborted) throw new ShoalError('CANCELLED', `cancelled; what is written is kept in ${file}.part`)
      bytes += size
      if (i < reused) continue
      const plain = await chunks.read(digest)
      if (plain === undefined)
        throw new ShoalError(
          'CHUNK_NOT_FOUND',
          `this node does not have all of ${channel}@${head.version}; export where it is whole`,
        )
      const { encoding, body } = compressBody(plain, LEVEL)
      await writer.append({ t: 'chunk', digest: fromHex(digest), encoding }, body)
      yield { chunks: i + 1, totalChunks: refs.length, bytes, totalBytes }
    }
    for (const { bytes: envelope } of newsFor(core, channel)) await writer.append({ t: 'record' }, envelope)
    await writer.finish()
    return {
      channel,
      sequence: head.version,
      manifest: toManifestText(head.body.manifest),
      file,
      records: records.length,
      chunks: refs.length,
      bytes: totalBytes,
      reusedChunks: reused,
    }
  } catch (err) {
    await writer.close()
    throw err
  }
}

/** The records that prove a release and its hosts, each after what vouches for it, the head last. */
function recordsFor({ mesh: { book } }: Core, head: RecordOf<'head'>): readonly ShoalRecord[] {
  const byVersion = (a: ShoalRecord, b: ShoalRecord): number => a.version - b.version || (a.id < b.id ? -1 : 1)
  const kinds = (['root', 'grant', 'binding', 'revocation'] as const).flatMap((kind) =>
    [...book.all(kind)].toSorted(byVersion),
  )
  return [...kinds, head]
}

/** What goes on in the mesh: how the channel's rollout is steered, and every host's last report. It changes all the time, so that it stands last and is no part of what an interrupted export goes on with. */
function newsFor({ mesh: { book } }: Core, channel: ChannelName): readonly ShoalRecord[] {
  const steering = (['control', 'retry'] as const).flatMap((kind) => [...book.all(kind)])
  return [...steering.filter(({ key }) => key.slice(0, key.lastIndexOf('.')) === channel), ...book.all('status')]
}

async function manifestChunks({ manifests }: Core, { body }: RecordOf<'head'>): Promise<readonly ChunkRef[]> {
  const list = (await manifests.serve(body.manifest)) ? manifests.chunk(body.manifestIndex) : undefined
  if (list === undefined) throw new ShoalError('CHUNK_NOT_FOUND', 'the manifest of the release is not in this home')
  return [{ digest: body.manifestIndex, size: list.length }, ...decodeChunkList(list)]
}

/** Chunks that some host of the sites lacks; all when no site is named, or a host reports no release that is known here. */
async function contentChunks(
  core: Core,
  { key, body }: RecordOf<'head'>,
  { sites }: ExportInit,
): Promise<readonly ChunkRef[]> {
  const manifest = await core.manifests.load(body.manifest)
  if (manifest === undefined) throw new ShoalError('CHUNK_NOT_FOUND', 'the manifest of the release is not in this home')
  const all = distinctChunks(manifest)
  if (sites.length === 0) return all
  const bases = new Set<Digest | undefined>()
  for (const site of sites) {
    const hosts = [...core.mesh.book.all('status')].filter((status) => status.body.site === site)
    const invited = [...core.mesh.book.all('grant')].filter((grant) => grant.body.site === site)
    if (hosts.length === 0 && invited.length === 0)
      throw new ShoalError('NO_SUCH_HOST', `no host of site ${site} was ever invited to this mesh`)
    // A machine that joined by its ticket alone has nothing, and nobody has heard of it.
    const reported = new Set(hosts.map((status) => status.body.host))
    if (invited.some((grant) => !reported.has(grant.body.host))) bases.add(undefined)
    for (const { body: status } of hosts) {
      const row = status.channels.find(({ channel }) => channel === key)
      if (row !== undefined) bases.add(row.manifest)
    }
  }
  const everywhere = new Map<Digest, number>()
  for (const base of bases) {
    const known = base === undefined ? undefined : await core.manifests.load(base)
    for (const { digest } of known === undefined ? [] : distinctChunks(known))
      everywhere.set(digest, (everywhere.get(digest) ?? 0) + 1)
  }
  return all.filter(({ digest }) => (everywhere.get(digest) ?? 0) < bases.size)
}

function namesDigest(names: readonly Digest[]): Uint8Array {
  const hash = createHash('sha256')
  for (const name of names) hash.update(fromHex(name))
  return new Uint8Array(hash.digest())
}
