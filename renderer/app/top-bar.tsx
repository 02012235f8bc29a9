import type { ReactElement } from 'react'
import { Icon } from '../components/icon.tsx'
import { ShapeMark } from '../components/state-mark.tsx'
import { Age, Foreign } from '../components/values.tsx'
import { countOf, formatAge } from '../state/format.ts'
import { useAgentNow, useAgentProcess, useNow, useSession } from '../state/hooks.ts'
import { RAIL_ID } from './rail.tsx'

/** The mesh, the way to everything, and how fresh what is shown can be at all. */
export function TopBar({ onSearch, mac }: { readonly onSearch: () => void; readonly mac: boolean }): ReactElement {
  const { overview } = useSession()
  return (
    <header className="top-bar">
      <button type="button" className="button pages-button" popoverTarget={RAIL_ID}>
        <Icon name="activity" size={14} />
        Pages
      </button>
      <div className="mesh">
        <Icon name="fish" size={20} />
        <span className="clip">
          {overview === undefined ? 'Shoal' : <Foreign text={overview.mesh.name} max={40} />}
        </span>
      </div>
      <button type="button" className="search-button" onClick={onSearch}>
        <Icon name="search" size={14} />
        <span>Search or run…</span>
        <span className="keys">
          <span className="key">{mac ? '⌘' : 'Ctrl'}</span>
          <span className="key">K</span>
        </span>
      </button>
      <div className="top-facts">
        <LinkState />
      </div>
    </header>
  )
}

function LinkState(): ReactElement {
  const { link, overview, overviewAtMs, lostAtMs } = useSession()
  const agent = useAgentProcess()
  const here = useNow()
  const now = useAgentNow(overview?.nowMs ?? 0, overviewAtMs)
  if (link !== 'live')
    return (
      <span className="mark">
        <span className="row bad">
          <ShapeMark shape={link === 'lost' ? 'cross' : 'dashed'} />
        </span>
        {agent?.state.phase === 'failing'
          ? 'agent stopped'
          : link === 'lost'
            ? `agent does not answer, ${formatAge((here - (lostAtMs ?? here)) / 1000)}`
            : 'connecting to the agent'}
      </span>
    )
  if (overview === undefined) return <span className="quiet">agent answers</span>
  const { peers, relayedPeers, heardMs } = overview.self
  return (
    <>
      <span className="mark" title={`${countOf(relayedPeers, 'of them is', 'of them are')} reached through a relay`}>
        <span className={peers === 0 ? 'row bad' : 'row good'}>
          <ShapeMark shape={peers === 0 ? 'cross' : 'disc'} />
        </span>
        {peers === 0 ? 'connected to nobody' : `${countOf(peers, 'peer')}`}
      </span>
      <span className="quiet">
        last word <Age atMs={heardMs} nowMs={now} />
      </span>
    </>
  )
}
