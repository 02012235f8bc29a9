import { type ReactElement, useMemo, useState } from 'react'
import type { NetworkLink, NetworkUpdate } from '../../../protocol/control/window.ts'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { Age, Known } from '../../components/values.tsx'
import { formatCount, formatDuration, formatRate } from '../../state/format.ts'
import { createLinkStates, LINK_STATES, type LinkState, linksOf, measuredText, rateOf } from '../../state/network.ts'
import { showText } from '../../state/text.ts'

const TONES: Readonly<Record<LinkState, string>> = { direct: '', relayed: 'held', stale: 'quiet', cut: 'bad' }
const NONE = <span className="quiet">–</span>

/** Where nothing is said comes last. */
const KEYS: Readonly<Record<string, (link: NetworkLink) => string | number>> = {
  sites: ({ a, b }) => `${a} ${b}`,
  trip: ({ roundTripMs }) => roundTripMs ?? Number.POSITIVE_INFINITY,
  rate: (link) => -(rateOf(link) ?? -1),
  measured: ({ measured }) => -(measured?.bytesPerSecond ?? -1),
  hosts: ({ hosts }) => -hosts,
  told: ({ heardMs }) => -heardMs,
}

/** Every pair of sites of which a host tells that it is joined; those of one site when one is in focus. */
export function LinkTable({
  update,
  focus,
  nowMs,
}: {
  readonly update: NetworkUpdate
  readonly focus: string | undefined
  readonly nowMs: number
}): ReactElement {
  const [sort, setSort] = useState({ column: 'sites', descending: false })
  const stateOf = useMemo(() => createLinkStates(update), [update])
  const links = useMemo(() => {
    const key = KEYS[sort.column] ?? ((link: NetworkLink) => link.a)
    const sign = sort.descending ? -1 : 1
    const shown = focus === undefined ? update.links : linksOf(update.links, focus)
    return shown.toSorted((x, y) => (key(x) < key(y) ? -sign : key(x) > key(y) ? sign : 0))
  }, [update.links, focus, sort])
  return (
    <section className="panel link-table" aria-labelledby="network-links">
      <header>
        <h2 id="network-links">Links {focus === undefined ? 'between sites' : `of ${showText(focus, { max: 40 })}`}</h2>
        <span className="quiet">{formatCount(links.length)}</span>
      </header>
      <DataTable<NetworkLink>
        label="Links between sites"
        columns={columnsOf(stateOf, nowMs)}
        total={links.length}
        rowAt={(index) => links[index]}
        keyOf={({ a, b }) => `${a} ${b}`}
        minWidth={760}
        sort={sort}
        onSort={(column) => setSort({ column, descending: sort.column === column && !sort.descending })}
        empty={<p className="quiet pad">No host tells of a connection to another site.</p>}
      />
    </section>
  )
}

function columnsOf(stateOf: (link: NetworkLink) => LinkState, nowMs: number): readonly Column<NetworkLink>[] {
  // What is told by nobody any more is greyed, whatever the column.
  const grey = (link: NetworkLink, shown: React.ReactNode): ReactElement => (
    <span className={link.stale ? 'quiet' : undefined}>{shown}</span>
  )
  return [
    {
      id: 'sites',
      title: 'Sites',
      width: 'minmax(180px, 1.6fr)',
      sortable: true,
      render: (link) => grey(link, `${showText(link.a, { max: 40 })} – ${showText(link.b, { max: 40 })}`),
    },
    {
      id: 'way',
      title: 'Way',
      width: 'minmax(120px, 1fr)',
      render: (link) => {
        const state = stateOf(link)
        const some = state === 'direct' && link.relayed > 0 ? `, ${formatCount(link.relayed)} relayed` : ''
        return (
          <span className={TONES[state]}>
            {LINK_STATES[state]}
            {some}
          </span>
        )
      },
    },
    {
      id: 'trip',
      title: 'Round trip',
      width: '92px',
      numeric: true,
      sortable: true,
      render: (link) => grey(link, <Known value={link.roundTripMs} format={formatDuration} />),
    },
    {
      id: 'rate',
      title: 'Comes now',
      width: '104px',
      numeric: true,
      sortable: true,
      render: (link) => {
        const rate = rateOf(link)
        if (rate === null) return NONE
        const title = `to ${link.b} ${formatRate(link.rateToB ?? 0)}, to ${link.a} ${formatRate(link.rateToA ?? 0)}`
        return <span title={title}>{formatRate(rate)}</span>
      },
    },
    {
      id: 'measured',
      title: 'Measured',
      width: 'minmax(150px, 1fr)',
      numeric: true,
      sortable: true,
      render: (link) =>
        link.measured === null ? (
          NONE
        ) : (
          <span
            className={link.measured.age === 'now' || link.measured.age === 'minutes' ? undefined : 'quiet'}
            title="The most that one host received from the other site when it last received much"
          >
            {measuredText(link.measured)}
          </span>
        ),
    },
    {
      id: 'hosts',
      title: 'Hosts that tell',
      width: '116px',
      numeric: true,
      sortable: true,
      render: (link) =>
        grey(
          link,
          <span title={`${formatCount(link.connections)} or more connections`}>{formatCount(link.hosts)}</span>,
        ),
    },
    {
      id: 'told',
      title: 'Told',
      width: '72px',
      numeric: true,
      sortable: true,
      render: (link) => grey(link, <Age atMs={link.heardMs} nowMs={nowMs} />),
    },
  ]
}
