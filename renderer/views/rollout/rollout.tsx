import { type ReactElement, useDeferredValue, useMemo } from 'react'
import type { RolloutUpdate } from '../../../protocol/control/window.ts'
import { CountsLegend } from '../../components/counts.tsx'
import { Curve } from '../../components/curve.tsx'
import { Icon } from '../../components/icon.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Foreign, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { type Feed, useAgentNow, useFeed } from '../../state/hooks.ts'
import { etaText } from '../../state/overview.ts'
import { formatRoute, hostsHref } from '../../state/route.ts'
import { signersText } from '../../state/signers.ts'
import { RolloutButtons } from './rollout-buttons.tsx'
import { Sources } from './sources.tsx'
import { Stragglers } from './stragglers.tsx'
import { Waves } from './waves.tsx'

/** How one release is going, and what is stuck. */
export function Rollout({
  channel,
  release,
}: {
  readonly channel: string
  readonly release: number | undefined
}): ReactElement {
  return (
    <div className="page">
      <nav aria-label="Where this is" className="quiet small crumbs">
        <a href={formatRoute({ page: 'rollouts', channel: undefined, release: undefined })}>Rollouts</a>
        <Icon name="right" size={11} />
        <span>{channel}</span>
      </nav>
      <RolloutPart channel={channel} release={release} heading="h1" />
    </div>
  )
}

/** The same, as a part of another page. */
export function RolloutPart({
  channel,
  release,
  heading = 'h2',
}: {
  readonly channel: string
  readonly release: number | undefined
  readonly heading?: 'h1' | 'h2'
}): ReactElement {
  const feed = useFeed(`rollout ${channel} ${release ?? ''}`, (client, signal) =>
    client.stream('watchRollout', { channel, release: release ?? null }, { signal }),
  )
  return (
    <>
      <RolloutHead channel={channel} feed={feed} heading={heading} />
      <FeedFrame feed={feed} what="the rollout" lines={10}>
        {(update) => <RolloutBody update={update} atMs={feed.atMs} live={feed.phase === 'live'} />}
      </FeedFrame>
    </>
  )
}

/** Which release, of when and by whom, and what can be done with it. The heading is there before anything is known of it. */
function RolloutHead({
  channel,
  feed,
  heading: Heading,
}: {
  readonly channel: string
  readonly feed: Feed<RolloutUpdate>
  readonly heading: 'h1' | 'h2'
}): ReactElement {
  const update = feed.value
  const nowMs = useAgentNow(update?.nowMs ?? 0, feed.atMs)
  return (
    <header className="page-head" data-stale={update !== undefined && feed.phase !== 'live'}>
      <div className="titles">
        <Heading className="page-title">
          {channel}
          {update !== undefined && `@${update.release}`}
          {update !== undefined && update.message !== '' && (
            <span className="message">
              {' '}
              <Foreign text={update.message} max={140} />
            </span>
          )}
        </Heading>
        {update !== undefined && (
          <p className="quiet">
            {update.again !== null && `the content of release ${update.again} again · `}
            <Moment atMs={update.publishedMs} nowMs={nowMs} /> · by {signersText(update.signers)}
            {update.superseded && (
              <>
                {' · '}
                <a href={formatRoute({ page: 'rollouts', channel, release: undefined })}>
                  a newer release has taken its place
                </a>
              </>
            )}
          </p>
        )}
      </div>
      {update !== undefined && <RolloutButtons update={update} live={feed.phase === 'live'} />}
    </header>
  )
}

function RolloutBody({
  update,
  atMs,
  live,
}: {
  readonly update: RolloutUpdate
  readonly atMs: number
  readonly live: boolean
}): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  const { channel, counts, estimate } = update
  const eta = etaText(estimate, nowMs)
  // A long table that may wait: what it takes to draw it is cut into pieces.
  const late = useDeferredValue(useMemo(() => ({ update, nowMs }), [update, nowMs]))
  return (
    <>
      <Waves update={update} nowMs={nowMs} />
      <div className="columns">
        <section className="panel" aria-labelledby="rollout-curve">
          <header>
            <h2 id="rollout-curve">
              <a href={hostsHref('is:current', channel)}>{formatCount(update.converged)}</a> of{' '}
              <a href={hostsHref('', channel)}>{countOf(update.hosts, 'host')}</a> proved it
            </h2>
            <span className="quiet small">
              {eta === '' && update.converged >= estimate.reachable ? 'all reachable hosts are there' : eta}
            </span>
          </header>
          <div className="body stack tight">
            {update.curve.length < 2 ? (
              <p className="quiet curve-none">
                {update.superseded
                  ? 'Nobody looked at it while it went out.'
                  : 'The curve begins with the first hosts that report.'}
              </p>
            ) : (
              <Curve points={update.curve} estimate={estimate} nowMs={update.nowMs} />
            )}
            <p className="quiet small curve-key">
              <span className="line-key good" /> proved <span className="line-key bad" /> failed{' '}
              <span className="line-key away dashed" /> offline <span className="line-key wait dashed" /> hosts
            </p>
            <CountsLegend counts={counts} hrefOf={(state) => hostsHref(`is:${state}`, channel)} />
          </div>
        </section>
        <Sources update={update} nowMs={nowMs} />
      </div>
      <Stragglers update={late.update} nowMs={late.nowMs} live={live} />
    </>
  )
}
