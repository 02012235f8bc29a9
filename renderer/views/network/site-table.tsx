import { type ReactElement, useMemo } from 'react'
import type { NetworkSite, NetworkUpdate } from '../../../protocol/control/window.ts'
import { CountsBar } from '../../components/counts.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Age } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { linksBySite } from '../../state/network.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'

/** Every site: how many hosts, how they stand, what it reaches, and how old the last word from there is. */
export function SiteTable({
  update,
  focus,
  nowMs,
  onFocus,
}: {
  readonly update: NetworkUpdate
  readonly focus: string | undefined
  readonly nowMs: number
  readonly onFocus: (site: string | undefined) => void
}): ReactElement {
  const links = useMemo(() => linksBySite(update.links.filter(({ stale }) => !stale)), [update.links])
  return (
    <section className="panel" aria-labelledby="network-sites">
      <header>
        <h2 id="network-sites">Sites</h2>
      </header>
      <SimpleTable<NetworkSite>
        label="Sites"
        rows={update.sites}
        keyOf={({ site }) => site}
        columns={[
          {
            title: 'Site',
            render: (site) => (
              <>
                <a href={hostsHref(`site:${site.site}`)}>{showText(site.site, { max: 60 })}</a>
                {site.site === update.selfSite && <span className="quiet"> (here)</span>}
                <Remarks site={site} />
              </>
            ),
          },
          { title: 'Hosts', numeric: true, render: (site) => formatCount(site.hosts) },
          {
            title: 'Heard of',
            numeric: true,
            render: (site) => <span className={site.heard === 0 ? 'bad' : ''}>{formatCount(site.heard)}</span>,
          },
          {
            title: 'Reaches',
            numeric: true,
            render: ({ site }) => (
              <button
                type="button"
                className="link"
                aria-pressed={site === focus}
                aria-label={`Show the links of ${showText(site, { max: 60 })}`}
                onClick={() => onFocus(site === focus ? undefined : site)}
              >
                {countOf(links.get(site)?.length ?? 0, 'site')}
              </button>
            ),
          },
          { title: 'State', className: 'wide', render: (site) => <CountsBar counts={site.counts} /> },
          { title: 'Last word', numeric: true, render: (site) => <Age atMs={site.heardMs} nowMs={nowMs} /> },
        ]}
      />
    </section>
  )
}

/** What is odd about a site's links. */
function Remarks({ site: { heard, telling, relayedOnly, lone } }: { readonly site: NetworkSite }): ReactElement {
  return (
    <>
      {relayedOnly > 0 && <span className="remark held">{countOf(relayedOnly, 'host')} only through a relay</span>}
      {lone > 0 && <span className="remark held">{countOf(lone, 'host')} without a neighbour</span>}
      {telling < heard && (
        <span className="remark quiet">{countOf(heard - telling, 'host')} with an agent that tells no links</span>
      )}
    </>
  )
}
