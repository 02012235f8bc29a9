import type { Digest, HeadBody, StatusBody } from '../../protocol/index.ts'

/** Older releases that always get a delta, whoever is at them: hosts that are away say nothing. */
const LAST_RELEASES = 2
/** Deltas made for one head. */
const MOST_BASES = 8

export interface BaseInit {
  readonly channel: string
  /** Manifest of the new release. */
  readonly to: Digest
  /** Heads of the channel, oldest first. */
  readonly heads: readonly { readonly body: Pick<HeadBody, 'manifest'> }[]
  readonly statuses: readonly Pick<StatusBody, 'channels'>[]
}

/** The releases to make deltas from: the last ones, then those that hosts say they run, most hosts first. Pure. */
export function chooseBases({ channel, to, heads, statuses }: BaseInit): readonly Digest[] {
  const last = new Set<Digest>()
  for (const { body } of heads.toReversed()) {
    if (last.size === LAST_RELEASES) break
    if (body.manifest !== to) last.add(body.manifest)
  }
  const hosts = new Map<Digest, number>()
  for (const { channels } of statuses) {
    const at = channels.find((status) => status.channel === channel)?.manifest
    if (at !== undefined && at !== to && !last.has(at)) hosts.set(at, (hosts.get(at) ?? 0) + 1)
  }
  const reported = [...hosts].toSorted(([, a], [, b]) => b - a).map(([manifest]) => manifest)
  return [...last, ...reported].slice(0, MOST_BASES)
}
