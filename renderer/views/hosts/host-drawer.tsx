import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { HostUpdate } from '../../../protocol/control/window.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { Icon } from '../../components/icon.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Ago, Foreign, Id, Moment } from '../../components/values.tsx'
import { countOf, formatDuration } from '../../state/format.ts'
import { useAgentNow, useFeed } from '../../state/hooks.ts'
import { showText } from '../../state/text.ts'
import { ChannelPart } from './channel-part.tsx'
import { HostLinks } from './host-links.tsx'

/** Everything about one host, beside the table. */
export function HostDrawer({ host, onClose }: { readonly host: string; readonly onClose: () => void }): ReactElement {
  const feed = useFeed(`host ${host}`, (client, signal) => client.stream('watchHost', { host }, { signal }))
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => void heading.current?.focus({ preventScroll: true }), [])
  return (
    <aside className="drawer panel" aria-label={`Host ${showText(host, { max: 80 })}`}>
      <header>
        <h2 ref={heading} tabIndex={-1} className="clip">
          {showText(host, { max: 120 })}
        </h2>
        <CopyButton text={host} what="name" />
        <button type="button" className="button plain icon" aria-label="Close the host" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="drawer-body">
        <FeedFrame feed={feed} what={`host ${showText(host, { max: 60 })}`} lines={10}>
          {(update) => <DrawerBody update={update} atMs={feed.atMs} />}
        </FeedFrame>
      </div>
    </aside>
  )
}

function DrawerBody({ update, atMs }: { readonly update: HostUpdate; readonly atMs: number }): ReactElement {
  const nowMs = useAgentNow(update.nowMs, atMs)
  const labels = Object.entries(update.labels)
  return (
    <>
      <dl className="facts">
        <dt>Heard</dt>
        <dd>
          <Ago atMs={update.heardMs} nowMs={nowMs} />
        </dd>
        <dt>Site</dt>
        <dd>{update.site}</dd>
        {labels.length > 0 && (
          <>
            <dt>Labels</dt>
            <dd className="break">
              {labels.map(([label, value]) => showText(`${label}=${value}`, { max: 80 })).join(' ')}
            </dd>
          </>
        )}
        <dt>Peer id</dt>
        <dd>
          <Id value={update.peerId} />
        </dd>
        <dt>Joined</dt>
        <dd>
          <Moment atMs={update.joinedMs} nowMs={nowMs} />
        </dd>
        <dt>From here</dt>
        <dd>
          {update.connection === null
            ? 'not connected'
            : `${update.connection.direct ? 'direct' : 'through a relay'}${update.connection.roundTripMs === null ? '' : `, ${formatDuration(update.connection.roundTripMs)}`}`}
        </dd>
      </dl>
      {update.channels.map((channel) => (
        <ChannelPart key={channel.channel} host={update.host} channel={channel} nowMs={nowMs} />
      ))}
      {update.channels.length === 0 && <p className="quiet">It has reported no target: it applies nothing.</p>}
      <HostLinks update={update} />
      <Events update={update} nowMs={nowMs} />
      <details>
        <summary>Addresses and agent</summary>
        <ul className="mono small break">
          {update.addresses.map((address) => (
            <li key={address}>
              <Foreign text={address} />
            </li>
          ))}
          {update.addresses.length === 0 && <li className="quiet">It told of no address</li>}
        </ul>
        <p className="quiet small">
          Agent {update.agentVersion === null ? 'unknown' : showText(update.agentVersion, { max: 40 })}
        </p>
      </details>
    </>
  )
}

/** Events shown before the rest is asked for. */
const FIRST_EVENTS = 6

function Events({ update, nowMs }: { readonly update: HostUpdate; readonly nowMs: number }): ReactElement {
  const [all, setAll] = useState(false)
  const shown = all ? update.events : update.events.slice(0, FIRST_EVENTS)
  return (
    <section aria-label="Events">
      <h3>What changed, as seen here</h3>
      {update.events.length === 0 && <p className="quiet">Nothing yet that this agent saw.</p>}
      <ul className="events">
        {shown.map((event, place) => (
          <li key={place}>
            <span className="quiet small nowrap">
              <Moment atMs={event.atMs} nowMs={nowMs} />
            </span>
            <span>
              <Foreign text={event.text} />
            </span>
          </li>
        ))}
      </ul>
      {update.events.length > shown.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {countOf(update.events.length - shown.length, 'earlier event')}
        </button>
      )}
    </section>
  )
}
