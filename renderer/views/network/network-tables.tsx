import type { ReactElement } from 'react'
import type { NetworkUpdate } from '../../../protocol/control/window.ts'
import { CountsBar } from '../../components/counts.tsx'
import { Age } from '../../components/values.tsx'
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
      <table className="simple-table">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col" className="num">
              Hosts
            </th>
            <th scope="col" className="num">
              Heard of
            </th>
            <th scope="col" className="num">
              Relayed only
            </th>
            <th scope="col" className="wide">
              State
            </th>
            <th scope="col" className="num">
              Last word
            </th>
          </tr>
        </thead>
        <tbody>
          {update.sites.map((site) => (
            <tr key={site.site}>
              <th scope="row">
                <a href={hostsHref(`site:${site.site}`)}>{showText(site.site, { max: 60 })}</a>
                {site.site === update.selfSite && <span className="quiet"> (here)</span>}
              </th>
              <td className="num">{formatCount(site.hosts)}</td>
              <td className="num">
                <span className={site.heard === 0 ? 'bad' : ''}>{formatCount(site.heard)}</span>
              </td>
              <td className="num">{formatCount(site.relayedOnly)}</td>
              <td className="wide">
                <CountsBar counts={site.counts} />
              </td>
              <td className="num">
                <Age atMs={site.heardMs} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
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
        <table className="simple-table">
          <thead>
            <tr>
              <th scope="col">Sites</th>
              <th scope="col" className="num">
                Links
              </th>
              <th scope="col" className="num">
                Round trip
              </th>
              <th scope="col" className="num">
                Rate
              </th>
              <th scope="col" className="num">
                Told
              </th>
            </tr>
          </thead>
          <tbody>
            {update.links.map((link) => {
              const rate = rateOf(link)
              return (
                <tr key={`${link.a} ${link.b}`}>
                  <th scope="row">
                    {showText(link.a, { max: 40 })} – {showText(link.b, { max: 40 })}
                  </th>
                  <td className="num">
                    {formatCount(link.connections)}
                    {link.relayed > 0 && <span className="held"> ({formatCount(link.relayed)} relayed)</span>}
                  </td>
                  <td className="num">
                    {link.roundTripMs === null ? <span className="quiet">–</span> : formatDuration(link.roundTripMs)}
                  </td>
                  <td className="num">{rate === null ? <span className="quiet">–</span> : formatRate(rate)}</td>
                  <td className="num">
                    <Age atMs={link.heardMs} nowMs={nowMs} />
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </section>
  )
}
