import type { ReactElement } from 'react'
import type { HostChannel } from '../../../protocol/control/window.ts'
import { Failure } from '../../components/notice.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { Bytes, Foreign, Moment } from '../../components/values.tsx'
import { mayRetry } from '../../state/bulk.ts'
import { countOf, formatAge, formatBytes, formatDuration, formatRate, formatShare } from '../../state/format.ts'
import { useClient } from '../../state/hooks.ts'
import { formatRoute } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { ProcessList } from './process-list.tsx'
import { useRetry } from './use-retry.ts'

/** One channel on one host: what is live, what it works on, why it is not there, and what its last commit cost. */
export function ChannelPart({
  host,
  channel,
  nowMs,
}: {
  readonly host: string
  readonly channel: HostChannel
  readonly nowMs: number
}): ReactElement {
  const client = useClient()
  const { why, commit, received, retained } = channel
  const retry = useRetry(host, channel.channel)
  return (
    <section className="channel-part" aria-label={`Channel ${channel.channel}`}>
      <div className="row spread">
        <h3 className="strong">
          <a href={formatRoute({ page: 'rollouts', channel: channel.channel, release: undefined })}>
            {channel.channel}@{channel.release === 0 ? 'none' : channel.release}
          </a>
          {channel.want !== channel.release && <span> → {channel.want}</span>}
        </h3>
        <StateMark state={channel.state} />
      </div>
      {channel.left !== null && (
        <p>
          {channel.progress !== null && `${formatShare(Math.round(channel.progress * 1000), 1000)}, `}
          {formatBytes(channel.left)} left
          {channel.rate !== null && channel.rate > 0 && ` at ${formatRate(channel.rate)}`}
          {channel.secondsLeft !== null && `, about ${formatDuration(channel.secondsLeft * 1000)}`}
        </p>
      )}
      {why.reason !== 'proved' && (
        <p className="why">
          <span className="strong">Why not current: </span>
          {showText(why.text, { max: 600 })} <span className="quiet">(evidence {formatAge(why.ageSeconds)} old)</span>
        </p>
      )}
      {channel.error !== null && (
        <p className="bad break">
          <code>{channel.error.code}</code> <Foreign text={channel.error.message} max={500} />
        </p>
      )}
      {mayRetry(channel.state) && (
        <div>
          <button
            type="button"
            className="button small"
            disabled={client === undefined || retry.busy}
            onClick={() => retry.run()}
          >
            Try {channel.channel} again on this host
          </button>
        </div>
      )}
      {retry.problem !== undefined && <Failure problem={retry.problem} what="The host was not told" />}
      <dl className="facts small">
        {channel.provedMs !== null && (
          <>
            <dt>Proved</dt>
            <dd>
              <Moment atMs={channel.provedMs} nowMs={nowMs} />
            </dd>
          </>
        )}
        {commit !== null && (
          <>
            <dt>Last commit</dt>
            <dd>
              {commit.strategy}, {countOf(commit.operations, 'operation')}, window {formatDuration(commit.windowMs)}
              {commit.weaker.map((text) => (
                <span key={text} className="held break">
                  {' '}
                  · {showText(text, { max: 200 })}
                </span>
              ))}
            </dd>
          </>
        )}
        <dt>Received</dt>
        <dd>
          <Bytes value={received.sameSiteBytes} /> same site, <Bytes value={received.otherSiteBytes} /> other sites
          {received.reusedBytes > 0 && `, ${formatBytes(received.reusedBytes)} reused`}
          {received.wastedBytes > 0 && `, ${formatBytes(received.wastedBytes)} wasted`}
        </dd>
        {retained.bytes > 0 && (
          <>
            <dt>Retained</dt>
            <dd>
              <Bytes value={retained.bytes} /> of {countOf(retained.releases, 'release')}
              {retained.heldBytes > 0 && `, ${formatBytes(retained.heldBytes)} still held by processes`}
            </dd>
          </>
        )}
      </dl>
      <ProcessList title="on an older release" processes={channel.staleProcesses} nowMs={nowMs} />
      <ProcessList title="will be stale after the commit" processes={channel.atRisk} nowMs={nowMs} />
    </section>
  )
}
