import { type ReactElement, useEffect, useState } from 'react'
import type { AgentState } from '../../protocol/console/index.ts'
import { desktopApi } from '../bridge.ts'
import { Icon } from '../components/icon.tsx'
import { showText } from '../state/text.ts'

/** Only the desktop app can tell why its agent does not answer: it runs its process. Nothing while all is well, and in a browser. */
export function AgentBand(): ReactElement | null {
  const state = useAgentState()
  if (state === undefined || state.phase !== 'failing') return null
  return (
    <div className="band bad" role="alert">
      <Icon name="warn" />
      <span className="grow break">
        The agent of this app ended{state.restarts > 0 && ` (started again ${state.restarts} times)`}
        {state.error !== null && (
          <>
            : {showText(state.error.message, { max: 400 })} <code>{state.error.code}</code>
          </>
        )}
      </span>
      <button type="button" className="button" onClick={() => void desktopApi()?.retryAgent()}>
        Start it now
      </button>
    </div>
  )
}

function useAgentState(): AgentState | undefined {
  const [state, setState] = useState<AgentState>()
  useEffect(() => {
    const desktop = desktopApi()
    if (desktop === undefined) return
    desktop.onAgentState(setState)
    void desktop.agentState().then((outcome) => {
      if (outcome.ok) setState(outcome.value)
    })
  }, [])
  return state
}
