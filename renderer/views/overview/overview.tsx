import type { ReactElement } from 'react'
import type { OverviewUpdate } from '../../../protocol/control/window.ts'
import { CountsLegend } from '../../components/counts.tsx'
import { Icon } from '../../components/icon.tsx'
import { Empty, Skeleton } from '../../components/notice.tsx'
import { useAgentNow, useSession } from '../../state/hooks.ts'
import { truthOf } from '../../state/overview.ts'
import { formatRoute, hostsHref } from '../../state/route.ts'
import { AlertList } from './alert-list.tsx'
import { ChannelCards } from './channel-cards.tsx'
import { RecentReleases } from './recent-releases.tsx'
import { SiteWaffle } from './site-waffle.tsx'

/** Is everything where it should be, and if not, when? */
export function Overview(): ReactElement {
  const { overview, overviewAtMs, link } = useSession()
  return (
    <div className="page">
      {overview === undefined ? (
        <>
          <h1 className="visually-hidden">Overview</h1>
          <Skeleton what="the overview" lines={9} />
        </>
      ) : (
        <div className="stack" data-stale={link !== 'live'}>
          <OverviewBody update={overview} atMs={overviewAtMs} />
        </div>
      )}
    </div>
  )
}

function OverviewBody({ update, atMs }: { readonly update: OverviewUpdate; readonly atMs: number }): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  return (
    <>
      <header>
        <h1 className="truth">
          <span className="visually-hidden">Overview: </span>
          {truthOf({ ...update, nowMs }).map(({ text, query }, place) =>
            query === undefined ? (
              <span key={place}>{text}</span>
            ) : (
              <a key={place} href={hostsHref(query)}>
                {text}
              </a>
            ),
          )}
        </h1>
      </header>
      {update.channels.length > 0 && <ChannelCards cards={update.channels} nowMs={nowMs} />}
      <div className="columns">
        <section className="panel" aria-labelledby="overview-hosts">
          <header>
            <h2 id="overview-hosts">Hosts by site</h2>
            <a href={hostsHref('')}>All hosts</a>
          </header>
          {update.hosts === 0 ? (
            <Empty icon="hosts" title="No host has joined yet">
              <p>
                <a href={formatRoute({ page: 'access', tab: 'hosts' })}>Invite a host</a>: you get one line to run on
                it.
              </p>
            </Empty>
          ) : (
            <>
              <div className="panel-legend">
                <CountsLegend counts={update.counts} hrefOf={(state) => hostsHref(`is:${state}`)} />
              </div>
              <SiteWaffle sites={update.sites} hosts={update.hosts} />
            </>
          )}
        </section>
        <div className="stack">
          <section className="panel" aria-labelledby="overview-alerts">
            <header>
              <h2 id="overview-alerts">Alerts{update.openAlerts > 0 && ` (${update.openAlerts})`}</h2>
              <a href="#/alerts">All alerts</a>
            </header>
            <AlertList alerts={update.alerts} nowMs={nowMs} />
          </section>
          <section className="panel" aria-labelledby="overview-recent">
            <header>
              <h2 id="overview-recent">Recently published</h2>
              <a className="row" href="#/publish">
                <Icon name="publish" size={13} /> Publish
              </a>
            </header>
            <RecentReleases lines={update.recent} nowMs={nowMs} />
          </section>
        </div>
      </div>
    </>
  )
}
