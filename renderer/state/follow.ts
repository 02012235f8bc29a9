import type { ControlClient } from '../../protocol/control/window.ts'
import type { ConsoleEvent } from './console-state.ts'

/** Before a lost agent is asked again. */
const AGAIN_MS = 1_000

/** Watches the agent's status until `signal` aborts, through any number of lost links. Never rejects. */
export async function follow(
  connect: () => Promise<ControlClient>,
  dispatch: (event: ConsoleEvent) => void,
  signal: AbortSignal,
  againMs = AGAIN_MS,
): Promise<void> {
  while (!signal.aborted) {
    dispatch({ type: 'connecting' })
    const client = await connect()
    try {
      for await (const status of client.stream('watchStatus', {}, { signal })) dispatch({ type: 'status', status })
      dispatch({ type: 'lost' })
    } catch (err) {
      if (!signal.aborted) dispatch(eventOf(err))
    } finally {
      await client.close()
    }
    await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

/** Codes that mean that nobody is there, rather than that somebody said no. */
const GONE = new Set(['AGENT_UNREACHABLE', 'PEER_GONE', 'CANCELLED'])

function eventOf(err: unknown): ConsoleEvent {
  const code =
    typeof err === 'object' && err !== null && 'code' in err && typeof err.code === 'string' ? err.code : 'INTERNAL'
  return GONE.has(code)
    ? { type: 'lost' }
    : { type: 'refused', code, message: err instanceof Error ? err.message : String(err) }
}
