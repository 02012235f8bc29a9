import type { ReactElement } from 'react'
import type { ConsoleState } from '../state/console-state.ts'
import { ChannelSection } from './channel-section.tsx'

/** The whole page, from the state alone. */
export function ConsolePage({ state }: { readonly state: ConsoleState }): ReactElement {
  const { link, status, error } = state
  return (
    <main className={link === 'lost' ? 'stale' : undefined}>
      <h1>{status === undefined ? 'Shoal' : status.mesh.name}</h1>
      {link === 'connecting' && <p role="status">Connecting to the agent…</p>}
      {link === 'lost' && (
        <p role="alert" className="notice">
          The agent does not answer. What is shown is what it said last.
        </p>
      )}
      {error !== undefined && (
        <p role="alert" className="notice">
          {error.code}: {error.message}
        </p>
      )}
      {status !== undefined && (
        <>
          <p className="quiet">
            {status.self.host ?? status.self.peerId} · {status.self.peers} peers connected · root{' '}
            {status.mesh.rootVersion}
          </p>
          {status.channels.map((channel) => (
            <ChannelSection key={channel.name} channel={channel} />
          ))}
          {status.channels.length === 0 && <p>Nothing was published in this mesh yet.</p>}
        </>
      )}
    </main>
  )
}
