import type { ChannelView } from '../../protocol/status/index.ts'

/** Bytes that all hosts received for the current release. */
export const wireBytesOf = (channel: ChannelView): number =>
  channel.states.reduce((sum, state) => sum + state.received.wireBytes, 0)

const COLUMNS = [
  'host',
  'site',
  'state',
  'received',
  'same site',
  'other sites',
  'reused',
  'operations',
  'window',
] as const

/** One aligned line a host. */
export function formatTable(channel: ChannelView): string {
  const rows = channel.states.map((s) => [
    s.host,
    s.site,
    s.proved ? `proved v${s.sequence}` : s.state,
    String(s.received.wireBytes),
    String(s.received.sameSiteBytes),
    String(s.received.otherSiteBytes),
    String(s.received.reusedBytes),
    String(s.commit?.operations ?? 0),
    `${(s.commit?.windowMs ?? 0).toFixed(2)} ms`,
  ])
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  return [COLUMNS, ...rows]
    .map((row) =>
      row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n')
}
