import type { ReactElement } from 'react'
import type { RolloutUpdate, Straggler } from '../../../protocol/control/window.ts'
import { StateMark } from '../../components/state-mark.tsx'
import { Age, Bytes } from '../../components/values.tsx'
import { countOf, formatDuration, formatRate, formatShare } from '../../state/format.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'

const RETRY = new Set(['failed', 'rolled-back', 'refused'])

/** The slowest and the stuck, worst first, each with its reason. */
export function Stragglers({
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
          {update.converged >= update.hosts
            ? update.hosts === 1
              ? 'Its one host proved it.'
              : `All ${countOf(update.hosts, 'host')} proved it.`
            : 'Nobody is stuck.'}
        </p>
      ) : (
        <div className="scroll-x">
          <table className="simple-table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Site</th>
                <th scope="col">State</th>
                <th scope="col" className="num">
                  Left
                </th>
                <th scope="col" className="num">
                  Rate
                </th>
                <th scope="col" className="num">
                  Time left
                </th>
                <th scope="col" className="num">
                  Heard
                </th>
                <th scope="col">Why</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {update.stragglers.map((line) => (
                <Row key={line.host} line={line} channel={update.channel} nowMs={nowMs} live={live} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Row({
  line,
  channel,
  nowMs,
  live,
}: {
  readonly line: Straggler
  readonly channel: string
  readonly nowMs: number
  readonly live: boolean
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const retry = useAction(async () => {
    await client?.call('retryHost', { channel, host: line.host })
    toast({ tone: 'good', text: `${line.host} will try ${channel} again` })
  })
  return (
    <tr>
      <th scope="row" className="nowrap">
        <a href={hostsHref('', channel, line.host)}>{showText(line.host, { max: 80 })}</a>
      </th>
      <td className="nowrap">{line.site}</td>
      <td>
        <StateMark state={line.state}>
          {line.progress !== null && line.left !== null && ` ${formatShare(Math.round(line.progress * 1000), 1000)}`}
        </StateMark>
      </td>
      <td className="num">
        <Bytes value={line.left} />
      </td>
      <td className="num nowrap">{line.rate === null ? <span className="quiet">–</span> : formatRate(line.rate)}</td>
      <td className="num nowrap">
        {line.secondsLeft === null ? <span className="quiet">–</span> : formatDuration(line.secondsLeft * 1000)}
      </td>
      <td className="num">
        <Age atMs={line.heardMs} nowMs={nowMs} />
      </td>
      <td className="why-cell">
        {showText(line.why.text, { max: 300 })}
        {retry.problem !== undefined && (
          <span className="bad"> Not told: {showText(retry.problem.message, { max: 160 })}</span>
        )}
      </td>
      <td>
        {RETRY.has(line.state) && (
          <button
            type="button"
            className="button small"
            disabled={!live || client === undefined || retry.busy}
            onClick={() => retry.run()}
          >
            Try again<span className="visually-hidden"> on {line.host}</span>
          </button>
        )}
      </td>
    </tr>
  )
}
