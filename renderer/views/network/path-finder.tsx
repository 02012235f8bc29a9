import { type ReactElement, useState } from 'react'
import { TextField } from '../../components/field.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Age } from '../../components/values.tsx'
import { formatDuration, formatRate } from '../../state/format.ts'
import { useAnswer } from '../../state/hooks.ts'
import { showText } from '../../state/text.ts'

/** How two hosts reach each other, site by site. */
export function PathFinder({
  from,
  to,
  nowMs,
  onAsk,
}: {
  readonly from: string | undefined
  readonly to: string | undefined
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
        {from !== undefined && to !== undefined && <Hops key={`${from} ${to}`} from={from} to={to} nowMs={nowMs} />}
      </form>
    </section>
  )
}

function Hops({
  from,
  to,
  nowMs,
}: {
  readonly from: string
  readonly to: string
  readonly nowMs: number
}): ReactElement {
  const feed = useAnswer(`path ${from} ${to}`, (client, signal) => client.call('networkPath', { from, to }, { signal }))
  return (
    <FeedFrame feed={feed} what="the path" lines={2}>
      {({ hops }) =>
        hops.length === 0 ? (
          <p className="held">No way between them is known: no host reports a connection that leads there.</p>
        ) : (
          <ol className="hops">
            {hops.map((hop) => (
              <li key={`${hop.fromSite} ${hop.toSite}`}>
                <span className="strong">
                  {showText(hop.fromSite, { max: 40 })} → {showText(hop.toSite, { max: 40 })}
                </span>{' '}
                <span className={hop.relayed ? 'held' : 'quiet'}>{hop.relayed ? 'through a relay' : 'direct'}</span>
                <span className="quiet">
                  {hop.roundTripMs !== null && `, ${formatDuration(hop.roundTripMs)}`}
                  {hop.rate !== null && `, ${formatRate(hop.rate)}`}, told <Age atMs={hop.heardMs} nowMs={nowMs} /> ago
                </span>
              </li>
            ))}
          </ol>
        )
      }
    </FeedFrame>
  )
}
