import type { ReactElement } from 'react'
import { CountsBar } from '../../components/counts.tsx'
import { Empty, Skeleton } from '../../components/notice.tsx'
import { Age, Foreign } from '../../components/values.tsx'
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
          <table className="simple-table">
            <thead>
              <tr>
                <th scope="col">Channel</th>
                <th scope="col">Message</th>
                <th scope="col">Published</th>
                <th scope="col">Waves</th>
                <th scope="col" className="num">
                  Proved
                </th>
                <th scope="col" className="wide">
                  Hosts
                </th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {overview.channels.map((card) => (
                <tr key={card.channel}>
                  <th scope="row">
                    <a href={formatRoute({ page: 'rollouts', channel: card.channel, release: undefined })}>
                      {card.channel}
                      {card.release > 0 && `@${card.release}`}
                    </a>
                  </th>
                  <td className="clip-cell">
                    {card.message === '' ? <span className="quiet">–</span> : <Foreign text={card.message} max={60} />}
                  </td>
                  <td className="nowrap">
                    {card.publishedMs === null ? (
                      <span className="quiet">never</span>
                    ) : (
                      <>
                        <Age atMs={card.publishedMs} nowMs={nowMs} /> ago
                      </>
                    )}
                  </td>
                  <td className="nowrap">
                    {card.rollout === null ? (
                      <span className="quiet">at once</span>
                    ) : (
                      `${card.rollout.wave} of ${card.rollout.waves}, ${card.rollout.state}`
                    )}
                  </td>
                  <td className="num nowrap">
                    {formatCount(card.converged)} <span className="quiet">of {formatCount(card.hosts)}</span>
                  </td>
                  <td className="wide">
                    <CountsBar counts={card.counts} />
                  </td>
                  <td className="quiet">{etaText(card.estimate, nowMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  )
}
