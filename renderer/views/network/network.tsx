import { type ReactElement, useState } from 'react'
import type { NetworkUpdate } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { Icon } from '../../components/icon.tsx'
import { Empty, FeedFrame } from '../../components/notice.tsx'
import { Segments } from '../../components/segments.tsx'
import { countOf, formatCount, formatShare } from '../../state/format.ts'
import { useAgentNow, useFeed } from '../../state/hooks.ts'
import { hostsHref, type Route } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { NetworkMap } from './network-map.tsx'
import { LinkTable, SiteTable } from './network-tables.tsx'
import { PathFinder } from './path-finder.tsx'

/** How does it spread? Sites and what is between them, as the hosts of either side report it. */
export function Network({ route }: { readonly route: Extract<Route, { readonly page: 'network' }> }): ReactElement {
  const feed = useFeed('network', (client, signal) => client.stream('watchNetwork', {}, { signal }))
  return (
    <div className="page">
      <FeedFrame feed={feed} what="the network" lines={9}>
        {(update) => <NetworkBody update={update} atMs={feed.atMs} route={route} />}
      </FeedFrame>
    </div>
  )
}

function NetworkBody({
  update,
  atMs,
  route,
}: {
  readonly update: NetworkUpdate
  readonly atMs: number
  readonly route: Extract<Route, { readonly page: 'network' }>
}): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  const [view, setView] = useState<'map' | 'table'>('map')
  const connections = update.links.reduce((sum, link) => sum + link.connections, 0)
  const relayed = update.links.reduce((sum, link) => sum + link.relayed, 0)
  const silent = update.sites.filter((site) => site.heard === 0)
  return (
    <>
      <header className="page-head">
        <div className="titles">
          <h1>Network</h1>
          <p className="quiet">
            {countOf(update.sites.length, 'site')}, {countOf(connections, 'connection')} between them
            {connections > 0 && `, ${formatShare(connections - relayed, connections)} of them direct`}
            {silent.length > 0 &&
              `; nothing is heard from ${silent.map((site) => showText(site.site, { max: 40 })).join(', ')}`}
          </p>
        </div>
        <Segments
          label="View"
          value={view}
          options={[
            { value: 'map', text: 'Map' },
            { value: 'table', text: 'Table' },
          ]}
          onChange={setView}
        />
      </header>
      {update.parts.length > 1 && (
        <div className="band bad partition" role="alert">
          <Icon name="warn" />
          <span>
            <strong>{countOf(update.parts.length, 'part')} do not reach each other:</strong>{' '}
            {update.parts.map((part) => part.map((site) => showText(site, { max: 40 })).join(', ')).join('  |  ')}.
            Releases do not pass between them.
          </span>
        </div>
      )}
      {update.sites.length === 0 ? (
        <Empty icon="network" title="There is only this console">
          <p>
            <a href="#/access">Invite a host</a>: sites appear as their hosts join.
          </p>
        </Empty>
      ) : (
        <>
          {view === 'map' && (
            <section className="panel" aria-label="Map of sites">
              <NetworkMap update={update} onPick={(site) => (location.hash = hostsHref(`site:${site}`))} />
            </section>
          )}
          <div className="columns even">
            <SiteTable update={update} nowMs={nowMs} />
            <div className="stack">
              <PathFinder
                from={route.from}
                to={route.to}
                nowMs={nowMs}
                onAsk={(from, to) => navigate({ page: 'network', from, to })}
              />
              <LinkTable update={update} nowMs={nowMs} />
            </div>
          </div>
          <p className="quiet small">
            {formatCount(update.sites.reduce((sum, site) => sum + site.heard, 0))} of{' '}
            {formatCount(update.sites.reduce((sum, site) => sum + site.hosts, 0))} hosts were heard of lately; what the
            others are connected to is not known.
          </p>
        </>
      )}
    </>
  )
}
