import { type ReactElement, useState } from 'react'
import type { NetworkPath, NetworkUpdate } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { SelectField } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Empty, FeedFrame } from '../../components/notice.tsx'
import { Segments } from '../../components/segments.tsx'
import { countOf, formatCount, formatShare } from '../../state/format.ts'
import { type Feed, useAgentNow, useAnswer, useFeed } from '../../state/hooks.ts'
import { isRelayed, partText } from '../../state/network.ts'
import { hostsHref, type Route } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { LinkTable } from './link-table.tsx'
import { NetworkMap } from './network-map.tsx'
import { PathFinder } from './path-finder.tsx'
import { SiteTable } from './site-table.tsx'

type NetworkRoute = Extract<Route, { readonly page: 'network' }>

/** How does it spread? Sites and what is between them, as the hosts of either side tell it. */
export function Network({ route }: { readonly route: NetworkRoute }): ReactElement {
  const feed = useFeed('network', (client, signal) => client.stream('watchNetwork', {}, { signal }))
  const [view, setView] = useState<NetworkView>('map')
  const [picked, setFocus] = useState<string>()
  const update = feed.value
  const sites = update?.sites ?? []
  const focus = sites.some(({ site }) => site === picked) ? picked : undefined
  const body = { atMs: feed.atMs, route, view, focus, onFocus: setFocus }
  return (
    <div className="page">
      <header className="page-head" data-stale={update !== undefined && feed.phase !== 'live'}>
        <div className="titles">
          <h1>Network</h1>
          {update !== undefined && <p className="quiet">{summaryOf(update)}</p>}
        </div>
        {sites.length > 1 && (
          <SelectField
            label="Links of"
            inline
            value={focus ?? ALL}
            options={[
              { value: ALL, text: 'all sites' },
              ...sites.map(({ site }) => ({ value: site, text: showText(site, { max: 60 }) })),
            ]}
            onChange={(site) => setFocus(site === ALL ? undefined : site)}
          />
        )}
        {sites.length > 0 && <Segments label="View" value={view} options={VIEWS} onChange={setView} />}
      </header>
      <FeedFrame feed={feed} what="the network" lines={9}>
        {(shown) =>
          route.from === undefined || route.to === undefined ? (
            <NetworkBody {...body} update={shown} path={undefined} />
          ) : (
            <WithPath {...body} update={shown} from={route.from} to={route.to} />
          )
        }
      </FeedFrame>
    </div>
  )
}

type NetworkView = 'map' | 'table'
const VIEWS = [
  { value: 'map', text: 'Map' },
  { value: 'table', text: 'Table' },
] as const

interface BodyProps {
  readonly update: NetworkUpdate
  readonly atMs: number
  readonly route: NetworkRoute
  readonly view: NetworkView
  /** Site whose links stand out. */
  readonly focus: string | undefined
  readonly onFocus: (site: string | undefined) => void
}

function WithPath({ from, to, ...props }: BodyProps & { readonly from: string; readonly to: string }): ReactElement {
  const feed = useAnswer(`path ${from} ${to}`, (client, signal) => client.call('networkPath', { from, to }, { signal }))
  return <NetworkBody {...props} path={feed} />
}

const ALL = '\u0000all'

function NetworkBody({
  update,
  atMs,
  route,
  path,
  view,
  focus,
  onFocus,
}: BodyProps & { readonly path: Feed<NetworkPath> | undefined }): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  return (
    <>
      <Partition update={update} nowMs={nowMs} />
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
              <NetworkMap
                update={update}
                focus={focus}
                path={path?.value?.hops ?? NO_HOPS}
                nowMs={nowMs}
                onPick={(site) => onFocus(site === focus ? undefined : site)}
              />
            </section>
          )}
          <LinkTable update={update} focus={focus} nowMs={nowMs} />
          <div className="columns even">
            <SiteTable update={update} focus={focus} nowMs={nowMs} onFocus={onFocus} />
            <PathFinder
              key={`${route.from} ${route.to}`}
              from={route.from}
              to={route.to}
              feed={path}
              nowMs={nowMs}
              onAsk={(from, to) => navigate({ page: 'network', from, to })}
            />
          </div>
        </>
      )}
    </>
  )
}

const NO_HOPS = [] as const

/** How much is known, and of how many. */
function summaryOf({ sites, links }: NetworkUpdate): string {
  const told = links.filter(({ stale }) => !stale)
  const relayed = told.filter(isRelayed).length
  const [telling, hosts] = [
    sites.reduce((sum, site) => sum + site.telling, 0),
    sites.reduce((sum, site) => sum + site.hosts, 0),
  ]
  return [
    `${countOf(sites.length, 'site')}, ${countOf(told.length, 'link')} between them`,
    ...(relayed > 0 ? [`${formatShare(told.length - relayed, told.length)} of them direct`] : []),
    `as ${formatCount(telling)} of ${countOf(hosts, 'host')} told lately`,
  ].join(', ')
}

/** Parts shown before the rest is counted. */
const PARTS = 5

/** Which sites are out of reach, who says so, and since when. */
function Partition({ update, nowMs }: { readonly update: NetworkUpdate; readonly nowMs: number }): ReactElement | null {
  const away = update.parts.slice(1)
  if (away.length === 0) return null
  return (
    <div className="band bad partition" role="alert">
      <Icon name="warn" />
      <div className="grow">
        <p className="strong">
          {countOf(update.parts.length, 'part')} of the mesh do not reach each other. Releases do not pass between them.
        </p>
        {away.slice(0, PARTS).map((part) => (
          <p key={part.sites[0]} className="break">
            {partText(part, nowMs)}{' '}
            <a href={hostsHref(`site:${part.sites.join(',')}`)}>Show {countOf(part.hosts, 'host')}</a>
          </p>
        ))}
        {away.length > PARTS && (
          <p>And {countOf(away.length - PARTS, 'more part')}; the table below lists every site.</p>
        )}
      </div>
    </div>
  )
}
