import type { RecordOf } from '../../protocol/index.ts'
import { toManifestText } from '../../protocol/index.ts'
import type { ReleaseLine, ReleaseListRequest, ReleaseListUpdate } from '../../protocol/control/index.ts'
import type { Fleet } from './fleet.ts'
import type { Views } from './views.ts'

/** Every release of a channel, or of all, newest first. `kept`: manifests whose content is in this home. */
export async function releasesPicture(
  views: Views,
  request: ReleaseListRequest,
  kept: ReadonlySet<string>,
  nowMs: number,
): Promise<ReleaseListUpdate> {
  const fleet = views.fleet()
  const channels = request.channel === null ? fleet.channels() : [request.channel]
  const rows: ReleaseLine[] = []
  for (const channel of channels) rows.push(...(await releasesOf(views, fleet, channel, kept)))
  rows.sort((a, b) => b.publishedMs - a.publishedMs || b.release - a.release)
  const first = Math.min(request.first, rows.length)
  return { nowMs, total: rows.length, first, rows: rows.slice(first, first + request.count) }
}

/** Oldest first. */
async function releasesOf(
  views: Views,
  fleet: Fleet,
  channel: string,
  kept: ReadonlySet<string>,
): Promise<readonly ReleaseLine[]> {
  const heads = await views.heads(channel)
  const signers = views.signers()
  const adopters = new Map<number, { live: number; proved: number }>()
  for (const host of fleet.hosts()) {
    const word = host.channels.get(channel)
    if (word === undefined) continue
    const { live, proved } = adopters.get(word.sequence) ?? { live: 0, proved: 0 }
    adopters.set(word.sequence, { live: live + 1, proved: proved + Number(word.proved) })
  }
  const firstWith = new Map<string, number>()
  return heads.map((head): ReleaseLine => {
    const sameAs = firstWith.get(head.body.manifest) ?? null
    if (sameAs === null) firstWith.set(head.body.manifest, head.version)
    return {
      ...releaseFields(head),
      signers: signers(head),
      head: head === heads.at(-1),
      sameAs,
      ...(adopters.get(head.version) ?? { live: 0, proved: 0 }),
      kept: kept.has(head.body.manifest),
    }
  })
}

const releaseFields = ({ key, version, body }: RecordOf<'head'>) => ({
  channel: key,
  release: version,
  manifest: toManifestText(body.manifest),
  publishedMs: body.publishedAtMs,
  expiresMs: body.expiresMs,
  entries: body.entries,
  bytes: body.treeBytes,
  message: body.message,
})
