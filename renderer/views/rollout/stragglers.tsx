import { memo, type ReactElement } from 'react'
import type { RolloutUpdate, Straggler } from '../../../protocol/control/window.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Age, Bytes, Known, Moment } from '../../components/values.tsx'
import { countOf, formatDuration, formatRate, formatShare } from '../../state/format.ts'
import { useClient } from '../../state/hooks.ts'
import { wholeSinceMs } from '../../state/rollout.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { useRetry } from '../hosts/use-retry.ts'

/** What it means that nobody is late. */
function NobodyLate({ update, nowMs }: { readonly update: RolloutUpdate; readonly nowMs: number }): ReactElement {
  const { hosts, superseded } = update
  const since = wholeSinceMs(update)
  if (hosts === 0) return <>No host has this channel as a target yet.</>
  if (since === undefined)
    return <>{superseded ? 'Whoever did not take it takes the newer one.' : 'Nobody is stuck.'}</>
  return (
    <>
      {hosts === 1 ? 'Its one host proved it, ' : `All ${countOf(hosts, 'host')} proved it, the last one `}
      at <Moment atMs={since} nowMs={nowMs} />.
    </>
  )
}

const RETRY = new Set(['failed', 'rolled-back', 'refused'])

/** The slowest and the stuck, worst first, each with its reason. */
export const Stragglers = memo(StragglersTable)

function StragglersTable({
  update,
  nowMs,
  live,
}: {
  readonly update: RolloutUpdate
  readonly nowMs: number
  readonly live: boolean
}): ReactElement {
  return (
    <section className="panel" aria-labelledby="rollout-stragglers">
      <header>
        <h2 id="rollout-stragglers">Slowest and stuck</h2>
        <a href={hostsHref('-is:current', update.channel)}>Everybody who is not current</a>
      </header>
      {update.stragglers.length === 0 ? (
        <p className="quiet pad">
          <NobodyLate update={update} nowMs={nowMs} />
        </p>
      ) : (
        <SimpleTable
          label="Slowest and stuck"
          rows={update.stragglers}
          keyOf={(line) => line.host}
          columns={[
            {
              title: 'Host',
              className: 'nowrap',
              render: (line) => (
                <a href={hostsHref('', update.channel, line.host)}>{showText(line.host, { max: 80 })}</a>
              ),
            },
            { title: 'Site', className: 'nowrap', render: (line) => line.site },
            { title: 'State', render: (line) => <State line={line} /> },
            { title: 'Left', numeric: true, render: (line) => <Bytes value={line.left} /> },
            {
              title: 'Rate',
              numeric: true,
              className: 'nowrap',
              render: (line) => <Known value={line.rate} format={formatRate} />,
            },
            {
              title: 'Time left',
              numeric: true,
              className: 'nowrap',
              render: (line) => <Known value={line.secondsLeft} format={(seconds) => formatDuration(seconds * 1000)} />,
            },
            { title: 'Heard', numeric: true, render: (line) => <Age atMs={line.heardMs} nowMs={nowMs} /> },
            { title: 'Why', className: 'why-cell', render: (line) => showText(line.why.text, { max: 300 }) },
            {
              title: 'Action',
              untitled: true,
              render: (line) =>
                RETRY.has(line.state) && <Retry host={line.host} channel={update.channel} live={live} />,
            },
          ]}
        />
      )}
    </section>
  )
}

function State({ line }: { readonly line: Straggler }): ReactElement {
  return (
    <StateMark state={line.state}>
      {line.progress !== null && line.left !== null && ` ${formatShare(Math.round(line.progress * 1000), 1000)}`}
    </StateMark>
  )
}

/** Has one host try again; why it was not told stands below. */
function Retry({
  host,
  channel,
  live,
}: {
  readonly host: string
  readonly channel: string
  readonly live: boolean
}): ReactElement {
  const client = useClient()
  const retry = useRetry(host, channel)
  return (
    <>
      <button
        type="button"
        className="button small"
        disabled={!live || client === undefined || retry.busy}
        onClick={() => retry.run()}
      >
        Try again<span className="visually-hidden"> on {host}</span>
      </button>
      {retry.problem !== undefined && (
        <p className="bad small" role="alert">
          Not told: {showText(retry.problem.message, { max: 160 })}
        </p>
      )}
    </>
  )
}
