import type { HostLine, HostsUpdate } from '../../protocol/control/window.ts'

/** Columns of a file of hosts, in the words of the table. */
const COLUMNS = [
  'host',
  'site',
  'channel',
  'release',
  'want',
  'state',
  'proved',
  'progress',
  'left',
  'rate',
  'heard',
  'error',
  'labels',
] as const

/** One host as the cells of a file: plain bytes, UTC times. */
export const toCells = (line: HostLine): readonly (string | number | null)[] => [
  line.host,
  line.site,
  line.channel,
  line.release,
  line.want,
  line.state,
  String(line.proved),
  line.progress,
  line.left,
  line.rate,
  line.heardMs === null ? null : new Date(line.heardMs).toISOString(),
  line.error,
  Object.entries(line.labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' '),
]
export const HOST_COLUMNS: readonly string[] = COLUMNS

/** Part of a list in steps of so many rows, so that scrolling a little asks for nothing new. */
const STEP = 50
const AHEAD = 25

/** The window of rows to ask for when these are in sight. Pure. */
export function toWindow(
  first: number,
  count: number,
  most: number,
): { readonly first: number; readonly count: number } {
  const from = Math.max(0, Math.floor((first - AHEAD) / STEP) * STEP)
  const to = Math.ceil((first + count + AHEAD) / STEP) * STEP
  return { first: from, count: Math.min(most, to - from) }
}

/** Pictures of hosts in which `sites` is always there: one that is as before comes as null. */
export async function* withSites(
  updates: AsyncIterable<HostsUpdate>,
): AsyncGenerator<HostsUpdate & { readonly sites: NonNullable<HostsUpdate['sites']> }, void, undefined> {
  let sites: NonNullable<HostsUpdate['sites']> = []
  for await (const update of updates) {
    sites = update.sites ?? sites
    yield { ...update, sites }
  }
}

/** The row at an index of the whole list, when the picture holds it. */
export const rowOf = (update: Pick<HostsUpdate, 'first' | 'rows'> | undefined, index: number): HostLine | undefined =>
  update?.rows[index - update.first]

/** The squares of every host, without a row. */
export const SQUARES_OF_ALL = {
  query: '',
  channel: null,
  first: 0,
  count: 0,
  sort: 'host',
  descending: false,
  squares: true,
} as const
