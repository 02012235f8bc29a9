import type { ReactElement } from 'react'
import type { ChannelCard } from '../../../protocol/control/window.ts'
import { CountsBar } from '../../components/counts.tsx'
import { ShapeMark } from '../../components/state-mark.tsx'
import { Ago, Foreign, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { MARKS } from '../../state/mark.ts'
import { etaText } from '../../state/overview.ts'
import { formatRoute, hostsHref } from '../../state/route.ts'

/** A card a channel: how many hosts proved its release, what is in the way, and until when. */
export function ChannelCards({
  cards,
  nowMs,
}: {
  readonly cards: readonly ChannelCard[]
  readonly nowMs: number
}): ReactElement {
  return (
    <ul className="cards" aria-label="Channels">
      {cards.map((card) => (
        <li key={card.channel} className="panel card">
          <Card card={card} nowMs={nowMs} />
        </li>
      ))}
    </ul>
  )
}

/** States that a card names beside its bar. */
const NAMED = [
  'failed',
  'rolled-back',
  'drifted',
  'refused',
  'held',
  'paused',
  'catching-up',
  'offline',
  'unknown',
] as const

function Card({ card, nowMs }: { readonly card: ChannelCard; readonly nowMs: number }): ReactElement {
  const { channel, release, counts, rollout } = card
  const eta = etaText(card.estimate, nowMs)
  const named = NAMED.filter((state) => counts[state] > 0).slice(0, 4)
  return (
    <>
      <div className="row spread">
        <h2 className="break">
          <a href={formatRoute({ page: 'rollouts', channel, release: undefined })}>
            {channel}
            {release > 0 && <span className="quiet">@{release}</span>}
          </a>
        </h2>
        {rollout !== null && rollout.waves > 1 && (
          <span className={`chip ${rollout.state === 'done' ? 'good' : rollout.state === 'running' ? 'busy' : 'held'}`}>
            {rollout.state === 'done'
              ? 'all waves open'
              : `${rollout.state === 'running' ? '' : `${rollout.state}, `}wave ${rollout.wave} of ${rollout.waves}`}
          </span>
        )}
      </div>
      {release === 0 ? (
        <p className="quiet">No release yet; {countOf(card.hosts, 'host')} wait for one.</p>
      ) : (
        <>
          <p className="card-number">
            <a href={hostsHref('is:current', channel)}>{formatCount(card.converged)}</a>
            <span className="quiet"> of </span>
            <a href={hostsHref('', channel)}>{formatCount(card.hosts)}</a>
            <span className="quiet"> proved</span>
          </p>
          <CountsBar counts={counts} />
          <p className="row wrap small card-states">
            {named.map((state) => (
              <a key={state} className="row" href={hostsHref(`is:${state}`, channel)}>
                <span className={`row ${MARKS[state].tone}`}>
                  <ShapeMark shape={MARKS[state].shape} />
                </span>
                {formatCount(counts[state])} {MARKS[state].word}
              </a>
            ))}
            {named.length === 0 && <span className="quiet">nothing in the way</span>}
          </p>
          <p className="quiet small">{eta === '' ? `all reachable hosts are there` : eta}</p>
          <p className="quiet small break" title={card.message}>
            <Ago atMs={card.publishedMs} nowMs={nowMs} />
            {card.message !== '' && (
              <>
                {' · '}
                <Foreign text={card.message} max={80} />
              </>
            )}
          </p>
          {!card.fresh && (
            <p className="small bad">
              expired <Moment atMs={card.expiresMs} nowMs={nowMs} />: no host applies it any more
            </p>
          )}
        </>
      )}
    </>
  )
}
