import type { ReactElement } from 'react'
import type { ChannelView, HostView } from '../../protocol/status/index.ts'
import { ageText, convergenceText, markOf } from '../state/view-model.ts'

/** One channel: a sentence of truth, and a row a host with the age of its word. */
export function ChannelSection({ channel }: { readonly channel: ChannelView }): ReactElement {
  return (
    <section aria-labelledby={`channel-${channel.name}`}>
      <h2 id={`channel-${channel.name}`}>{channel.name}</h2>
      <p>{convergenceText(channel)}</p>
      {channel.publishedAt !== null && (
        <p className="quiet">
          published <time dateTime={channel.publishedAt}>{channel.publishedAt}</time>
          {channel.fresh ? '' : ' · expired: nobody will apply it any more'}
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">Site</th>
            <th scope="col">State</th>
            <th scope="col">Release</th>
            <th scope="col">Age</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {channel.states.map((host) => (
            <HostRow key={host.peerId} host={host} sequence={channel.sequence} />
          ))}
        </tbody>
      </table>
      {channel.states.length === 0 && <p className="quiet">No host has told that it has this channel as a target.</p>}
    </section>
  )
}

function HostRow({ host, sequence }: { readonly host: HostView; readonly sequence: number }): ReactElement {
  const mark = markOf(host, sequence)
  return (
    <tr>
      <th scope="row">{host.host}</th>
      <td>{host.site}</td>
      <td className={mark.tone}>
        <span aria-hidden="true">{mark.shape}</span> {mark.word}
      </td>
      <td>{host.sequence === 0 ? 'none' : host.sequence}</td>
      <td>{ageText(host.ageSeconds)}</td>
      <td>{host.error === null ? '' : `${host.error.code}: ${host.error.message}`}</td>
    </tr>
  )
}
