import { type ReactElement, useEffect, useReducer } from 'react'
import { connect } from '../bridge.ts'
import { follow } from '../state/follow.ts'
import { INITIAL, reduce } from '../state/console-state.ts'
import { ConsolePage } from '../views/console-page.tsx'

/** Keeps the page's state in step with the agent for as long as the window is open. */
export function App(): ReactElement {
  const [state, dispatch] = useReducer(reduce, INITIAL)
  useEffect(() => {
    const stop = new AbortController()
    void follow(connect, dispatch, stop.signal)
    return () => stop.abort()
  }, [])
  return <ConsolePage state={state} />
}
