import type { Digest, PeerKey, RecordOf, ShoalRecord } from '../../protocol/index.ts'

export interface PartnersDeps {
  readonly book: { get(slot: string): ShoalRecord | undefined }
  /** Connected members of this host's site. */
  readonly neighbours: () => readonly PeerKey[]
}

/**
 * Neighbours that need for a release exactly what this host needs: by their own reports they follow the channel and are at the same release as it is. They begin
 * when it begins, so that each can count on the others from the first request on.
 *
 * @param current manifest of the live tree; undefined for none
 * @param next manifest of the release
 */
export function partnersFor(
  { book, neighbours }: PartnersDeps,
  channel: RecordOf<'head'>['key'],
  current: Digest | undefined,
  next: Digest,
): ReadonlySet<PeerKey> {
  if (current === next) return new Set()
  return new Set(
    neighbours().filter((peer) => {
      const record = book.get(`status/${peer}`)
      const status = record?.kind === 'status' ? record.body.channels.find((row) => row.channel === channel) : undefined
      return status !== undefined && status.manifest === current && status.state !== 'held' && status.state !== 'failed'
    }),
  )
}
