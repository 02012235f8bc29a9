import type { ReactElement } from 'react'
import type { Alert } from '../../../protocol/control/window.ts'
import { Icon } from '../../components/icon.tsx'
import { Age, Foreign } from '../../components/values.tsx'
import { hostsHref } from '../../state/route.ts'

/** Open alerts, worst first; each leads to the hosts behind it. */
export function AlertList({
  alerts,
  nowMs,
}: {
  readonly alerts: readonly Alert[]
  readonly nowMs: number
}): ReactElement {
  if (alerts.length === 0) return <p className="quiet pad">All quiet.</p>
  return (
    <ul className="list">
      {alerts.map((alert) => (
        <li key={alert.id} className="row alert-line">
          <span
            className={alert.severity === 'bad' ? 'bad row' : 'held row'}
            title={alert.severity === 'bad' ? 'bad' : 'warning'}
          >
            <Icon name="warn" size={14} />
            <span className="visually-hidden">{alert.severity === 'bad' ? 'bad: ' : 'warning: '}</span>
          </span>
          <span className="grow">
            {alert.hosts === null ? (
              <Foreign text={alert.text} />
            ) : (
              <a href={hostsHref(alert.hosts.query, alert.channel ?? undefined)}>
                <Foreign text={alert.text} />
              </a>
            )}
          </span>
          <span className="quiet small">
            <Age atMs={alert.sinceMs} nowMs={nowMs} />
          </span>
        </li>
      ))}
    </ul>
  )
}
