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
  const nowMs = useAgentNow(overview?.nowMs ?? 0, overviewAtMs)
  return (
    <div className="page">
      <div className="stack" data-stale={overview !== undefined && link !== 'live'}>
        <header>
          <h1 className="truth">
            <span className="visually-hidden">Overview: </span>
            {overview !== undefined && <Truth update={overview} nowMs={nowMs} />}
          </h1>
        </header>
        {overview === undefined ? (
          <Skeleton what="the overview" lines={9} />
        ) : (
          <OverviewBody update={overview} nowMs={nowMs} />
        )}
      </div>
    </div>
  )
}

function Truth({ update, nowMs }: { readonly update: OverviewUpdate; readonly nowMs: number }): ReactElement {
  return (
    <>
      {truthOf({ ...update, nowMs }).map(({ text, query }, place) =>
        query === undefined ? (
          <span key={place}>{text}</span>
        ) : (
          <a key={place} href={hostsHref(query)}>
            {text}
          </a>
        ),
      )}
    </>
  )
}

function OverviewBody({ update, nowMs }: { readonly update: OverviewUpdate; readonly nowMs: number }): ReactElement {
  return (
    <>
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
