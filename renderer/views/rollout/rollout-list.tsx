import type { ReactElement } from 'react'
import { CountsBar } from '../../components/counts.tsx'
import { Empty, Skeleton } from '../../components/notice.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Ago, Foreign } from '../../components/values.tsx'
import { formatCount } from '../../state/format.ts'
import { useAgentNow, useSession } from '../../state/hooks.ts'
import { etaText } from '../../state/overview.ts'
import { formatRoute } from '../../state/route.ts'

/** Every channel's newest release, and how far it is. */
export function RolloutList(): ReactElement {
  const { overview, overviewAtMs, link } = useSession()
  const nowMs = useAgentNow(overview?.nowMs ?? 0, overviewAtMs)
  return (
    <div className="page">
      <header className="page-head">
        <h1 className="titles">Rollouts</h1>
        <div className="actions">
          <a className="button" href="#/publish">
            Publish a release
          </a>
        </div>
      </header>
      {overview === undefined ? (
        <Skeleton what="the rollouts" />
      ) : overview.channels.length === 0 ? (
        <Empty icon="rollouts" title="Nothing was published yet">
          <p>
            <a href="#/publish">Publish your first folder</a>, and watch it arrive here.
          </p>
        </Empty>
      ) : (
        <section className="panel" data-stale={link !== 'live'} aria-label="Channels">
          <SimpleTable
            label="Rollouts"
            rows={overview.channels}
            keyOf={(card) => card.channel}
            columns={[
              {
                title: 'Channel',
                render: (card) => (
                  <a href={formatRoute({ page: 'rollouts', channel: card.channel, release: undefined })}>
                    {card.channel}
                    {card.release > 0 && `@${card.release}`}
                  </a>
                ),
              },
              {
                title: 'Message',
                className: 'message-cell',
                render: (card) =>
                  card.message === '' ? <span className="quiet">–</span> : <Foreign text={card.message} max={60} />,
              },
              {
                title: 'Published',
                className: 'nowrap',
                render: (card) =>
                  card.publishedMs === null ? (
                    <span className="quiet">never</span>
                  ) : (
                    <>
                      <Ago atMs={card.publishedMs} nowMs={nowMs} />
                    </>
                  ),
              },
              {
                title: 'Waves',
                className: 'nowrap',
                render: (card) =>
                  card.rollout === null ? (
                    <span className="quiet">at once</span>
                  ) : (
                    `${card.rollout.wave} of ${card.rollout.waves}, ${card.rollout.state}`
                  ),
              },
              {
                title: 'Proved',
                numeric: true,
                className: 'nowrap',
                render: (card) => (
                  <>
                    {formatCount(card.converged)} <span className="quiet">of {formatCount(card.hosts)}</span>
                  </>
                ),
              },
              { title: 'Hosts', className: 'wide', render: (card) => <CountsBar counts={card.counts} /> },
              {
                title: 'When',
                className: 'quiet when-cell',
                render: (card) => etaText(card.estimate, nowMs),
              },
            ]}
          />
        </section>
      )}
    </div>
  )
}
