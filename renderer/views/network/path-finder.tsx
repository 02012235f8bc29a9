import { type ReactElement, useState } from 'react'
import type { NetworkHop, NetworkPath } from '../../../protocol/control/window.ts'
import { TextField } from '../../components/field.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Ago } from '../../components/values.tsx'
import { formatDuration, formatRate } from '../../state/format.ts'
import type { Feed } from '../../state/hooks.ts'
import { isRelayed, measuredText } from '../../state/network.ts'
import { showText } from '../../state/text.ts'

/** How two hosts reach each other, site by site. */
export function PathFinder({
  from,
  to,
  feed,
  nowMs,
  onAsk,
}: {
  readonly from: string | undefined
  readonly to: string | undefined
  /** The answer; undefined while none was asked for. */
  readonly feed: Feed<NetworkPath> | undefined
  readonly nowMs: number
  readonly onAsk: (from: string, to: string) => void
}): ReactElement {
  const [start, setStart] = useState(from ?? '')
  const [end, setEnd] = useState(to ?? '')
  return (
    <section className="panel" aria-labelledby="network-path">
      <header>
        <h2 id="network-path">Path between two hosts</h2>
      </header>
      <form
        className="body stack tight"
        onSubmit={(event) => {
          event.preventDefault()
          if (start !== '' && end !== '') onAsk(start.trim(), end.trim())
        }}
      >
        <div className="path-fields">
          <TextField label="From host" value={start} onChange={setStart} mono />
          <TextField label="to host" value={end} onChange={setEnd} mono />
          <button type="submit" className="button" disabled={start.trim() === '' || end.trim() === ''}>
            Find
          </button>
        </div>
        {feed !== undefined && (
          <FeedFrame feed={feed} what="the path" lines={2}>
            {(path) => <Hops path={path} from={from ?? ''} to={to ?? ''} nowMs={nowMs} />}
          </FeedFrame>
        )}
      </form>
    </section>
  )
}

function Hops({
  path,
  from,
  to,
  nowMs,
}: {
  readonly path: NetworkPath
  readonly from: string
  readonly to: string
  readonly nowMs: number
}): ReactElement {
  if (path.fromSite === path.toSite) {
    return <p>Both are at {showText(path.fromSite, { max: 40 })}: they reach each other on the site’s own network.</p>
  }
  if (path.hops.length === 0) {
    return <p className="held">No way between them is known: no host tells of a connection that leads there.</p>
  }
  return (
    <ol className="hops">
      {path.hops.map((hop, place) => (
        <li key={`${hop.fromSite} ${hop.toSite}`} className={hop.stale ? 'quiet' : undefined}>
          <span className="strong">
            {showText(hop.fromSite, { max: 40 })} → {showText(hop.toSite, { max: 40 })}
          </span>{' '}
          <span className={isRelayed(hop) ? 'held' : 'quiet'}>{isRelayed(hop) ? 'through a relay' : 'direct'}</span>
          <span className="quiet">
            {hop.roundTripMs !== null && `, ${formatDuration(hop.roundTripMs)}`}
            {hop.rate !== null && `, ${formatRate(hop.rate)} comes now`}
            {hop.rate === null && hop.measured !== null && `, ${measuredText(hop.measured)}`}, told{' '}
            <Ago atMs={hop.heardMs} nowMs={nowMs} />
            {hop.stale && ' by hosts that are silent now'}
          </span>
          <Ends hop={hop} from={place === 0 ? from : undefined} to={place === path.hops.length - 1 ? to : undefined} />
        </li>
      ))}
    </ol>
  )
}

/** Which hosts have the link: those that were asked for, or neighbours that pass on for them. */
function Ends({
  hop: { leave, arrive },
  from,
  to,
}: {
  readonly hop: NetworkHop
  readonly from: string | undefined
  readonly to: string | undefined
}): ReactElement | null {
  const parts = [endText('leaves from', leave, from), endText('arrives at', arrive, to)].filter((text) => text !== '')
  return parts.length === 0 ? null : <p className="quiet small">{parts.join('; ')}</p>
}

function endText(verb: string, hosts: readonly string[], asked: string | undefined): string {
  if (hosts.length === 0) return ''
  if (asked !== undefined && hosts[0] === asked) return `${verb} ${showText(asked, { max: 60 })} itself`
  const names = hosts.map((host) => showText(host, { max: 60 })).join(', ')
  return asked === undefined
    ? `${verb} ${names}`
    : `${verb} its ${hosts.length === 1 ? 'neighbour' : 'neighbours'} ${names}`
}
