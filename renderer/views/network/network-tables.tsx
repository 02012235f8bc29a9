import type { ReactElement } from 'react'
import type { NetworkUpdate } from '../../../protocol/control/window.ts'
import { CountsBar } from '../../components/counts.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Age, Known } from '../../components/values.tsx'
import { formatCount, formatDuration, formatRate } from '../../state/format.ts'
import { rateOf } from '../../state/network.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'

/** Every site: how many hosts, how they stand, and how old the last word from there is. */
export function SiteTable({ update, nowMs }: { readonly update: NetworkUpdate; readonly nowMs: number }): ReactElement {
  return (
    <section className="panel" aria-labelledby="network-sites">
      <header>
        <h2 id="network-sites">Sites</h2>
      </header>
      <SimpleTable
        label="Sites"
        rows={update.sites}
        keyOf={(site) => site.site}
        columns={[
          {
            title: 'Site',
            render: (site) => (
              <>
                <a href={hostsHref(`site:${site.site}`)}>{showText(site.site, { max: 60 })}</a>
                {site.site === update.selfSite && <span className="quiet"> (here)</span>}
              </>
            ),
          },
          { title: 'Hosts', numeric: true, render: (site) => formatCount(site.hosts) },
          {
            title: 'Heard of',
            numeric: true,
            render: (site) => <span className={site.heard === 0 ? 'bad' : ''}>{formatCount(site.heard)}</span>,
          },
          { title: 'Relayed only', numeric: true, render: (site) => formatCount(site.relayedOnly) },
          { title: 'State', className: 'wide', render: (site) => <CountsBar counts={site.counts} /> },
          { title: 'Last word', numeric: true, render: (site) => <Age atMs={site.heardMs} nowMs={nowMs} /> },
        ]}
      />
    </section>
  )
}

/** Every pair of sites that reports a connection. */
export function LinkTable({ update, nowMs }: { readonly update: NetworkUpdate; readonly nowMs: number }): ReactElement {
  return (
    <section className="panel" aria-labelledby="network-links">
      <header>
        <h2 id="network-links">Between sites</h2>
      </header>
      {update.links.length === 0 ? (
        <p className="quiet pad">No site reports a connection to another.</p>
      ) : (
        <SimpleTable
          label="Between sites"
          rows={update.links}
          keyOf={(link) => `${link.a} ${link.b}`}
          columns={[
            {
              title: 'Sites',
              render: (link) => `${showText(link.a, { max: 40 })} – ${showText(link.b, { max: 40 })}`,
            },
            {
              title: 'Links',
              numeric: true,
              render: (link) => (
                <>
                  {formatCount(link.connections)}
                  {link.relayed > 0 && <span className="held"> ({formatCount(link.relayed)} relayed)</span>}
                </>
              ),
            },
            {
              title: 'Round trip',
              numeric: true,
              render: (link) => <Known value={link.roundTripMs} format={formatDuration} />,
            },
            { title: 'Rate', numeric: true, render: (link) => <Known value={rateOf(link)} format={formatRate} /> },
            { title: 'Told', numeric: true, render: (link) => <Age atMs={link.heardMs} nowMs={nowMs} /> },
          ]}
        />
      )}
    </section>
  )
}
