import type { ReactElement } from 'react'
import type { Alert, AlertsUpdate } from '../../../protocol/control/window.ts'
import { Icon } from '../../components/icon.tsx'
import { Empty, Failure, FeedFrame } from '../../components/notice.tsx'
import { Age, Ago, Foreign, Moment } from '../../components/values.tsx'
import { countOf } from '../../state/format.ts'
import { useAction, useAgentNow, useClient, useFeed } from '../../state/hooks.ts'
import { hostsHref } from '../../state/route.ts'

/** What needs a person, what a person has seen, and what has passed. */
export function Alerts(): ReactElement {
  const feed = useFeed('alerts', (client, signal) => client.stream('watchAlerts', {}, { signal }))
  return (
    <div className="page">
      <header className="page-head">
        <div className="titles">
          <h1>Alerts</h1>
          <p className="quiet">
            What this agent sees in the records of the mesh. Which rules count here is set in{' '}
            <a href="#/settings">Settings</a>.
          </p>
        </div>
      </header>
      <FeedFrame feed={feed} what="the alerts">
        {(update) => <AlertsBody update={update} atMs={feed.atMs} />}
      </FeedFrame>
    </div>
  )
}

function AlertsBody({ update, atMs }: { readonly update: AlertsUpdate; readonly atMs: number }): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  const open = update.alerts.filter((alert) => alert.endedMs === null && alert.acknowledgedMs === null)
  const seen = update.alerts.filter((alert) => alert.endedMs === null && alert.acknowledgedMs !== null)
  const ended = update.alerts.filter((alert) => alert.endedMs !== null)
  return (
    <>
      <section className="panel" aria-labelledby="alerts-open">
        <header>
          <h2 id="alerts-open">Open ({open.length})</h2>
        </header>
        {open.length === 0 ? (
          <Empty icon="check" title="All quiet">
            <p>
              {ended[0]?.endedMs === undefined || ended[0].endedMs === null ? (
                'Nothing was raised since this agent watches.'
              ) : (
                <>
                  The last one ended <Ago atMs={ended[0].endedMs} nowMs={nowMs} />.
                </>
              )}
            </p>
          </Empty>
        ) : (
          <AlertRows alerts={open} nowMs={nowMs} />
        )}
      </section>
      {seen.length > 0 && (
        <section className="panel" aria-labelledby="alerts-seen">
          <header>
            <h2 id="alerts-seen">Seen, and going on ({seen.length})</h2>
          </header>
          <AlertRows alerts={seen} nowMs={nowMs} />
        </section>
      )}
      {ended.length > 0 && (
        <section className="panel" aria-labelledby="alerts-ended">
          <header>
            <h2 id="alerts-ended">Ended</h2>
          </header>
          <AlertRows alerts={ended} nowMs={nowMs} />
        </section>
      )}
    </>
  )
}

function AlertRows({ alerts, nowMs }: { readonly alerts: readonly Alert[]; readonly nowMs: number }): ReactElement {
  const client = useClient()
  const acknowledge = useAction(async (id: string, acknowledged: boolean) => {
    await client?.call('alertAcknowledge', { id, acknowledged })
  })
  return (
    <>
      {acknowledge.problem !== undefined && <Failure problem={acknowledge.problem} what="The alert was not marked" />}
      <ul className="list">
        {alerts.map((alert) => (
          <li key={`${alert.id} ${alert.sinceMs}`} className="row alert-row">
            <span className={alert.endedMs !== null ? 'wait row' : alert.severity === 'bad' ? 'bad row' : 'held row'}>
              <Icon name={alert.endedMs === null ? 'warn' : 'check'} size={15} />
              <span className="visually-hidden">{alert.severity === 'bad' ? 'bad: ' : 'warning: '}</span>
            </span>
            <span className="grow break">
              <Foreign text={alert.text} max={400} />
              <span className="quiet small">
                {' '}
                {alert.rule}
                {alert.channel !== null && ` · ${alert.channel}`}
              </span>
            </span>
            {alert.hosts !== null && (
              <a className="nowrap" href={hostsHref(alert.hosts.query, alert.channel ?? undefined)}>
                {countOf(alert.hosts.count, 'host')}
              </a>
            )}
            <span className="quiet small nowrap alert-time">
              {alert.endedMs === null ? (
                <>
                  for <Age atMs={alert.sinceMs} nowMs={nowMs} />
                </>
              ) : (
                <Moment atMs={alert.endedMs} nowMs={nowMs} />
              )}
            </span>
            {alert.endedMs === null && (
              <button
                type="button"
                className="button small"
                disabled={client === undefined || acknowledge.busy}
                onClick={() => acknowledge.run(alert.id, alert.acknowledgedMs === null)}
              >
                {alert.acknowledgedMs === null ? 'I have seen it' : 'Open again'}
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
