import { CONTROL_LIMITS, type ControlClient, type OverviewUpdate } from '../../protocol/control/window.ts'
import { isGone, type Problem, toProblem } from './feed.ts'
import { createStore, type Store } from './store.ts'

/** How this window stands with the agent. */
export interface SessionState {
  /** `live` from the first answer on. */
  readonly link: 'connecting' | 'live' | 'lost'
  /** While there is somebody to ask: the link may not have answered yet. */
  readonly client: ControlClient | undefined
  /** When the link was lost, by this window's clock. */
  readonly lostAtMs: number | undefined
  /** The newest picture of everything; kept, and greyed, when the link is lost. */
  readonly overview: OverviewUpdate | undefined
  readonly overviewAtMs: number
  /** Why there is no picture: `NO_MESH` before the first run, in the agent's words. */
  readonly problem: Problem | undefined
}

export interface Session {
  readonly state: Store<SessionState>
  /** Asks again at once: something that was refused may be possible now. */
  nudge(): void
  /** Whoever runs the agent's process knows that it has ended: nothing is waited for any more. */
  lose(): void
  stop(): void
}

/**
 * An agent that says nothing for so long is gone: it promises a picture every few seconds, and a MessagePort does not always tell when its other
 * end has died.
 */
const SILENT_MS = 3 * CONTROL_LIMITS.viewIdleMs

const LIVE = { link: 'live', lostAtMs: undefined } as const

/** Before a lost or refusing agent is asked again. */
const AGAIN_MS = 1_000

/** Follows the agent through any number of lost links, until stopped (CONSOLE-3). */
export function startSession(
  connect: () => Promise<ControlClient>,
  {
    now = Date.now,
    againMs = AGAIN_MS,
    silentMs = SILENT_MS,
  }: { readonly now?: () => number; readonly againMs?: number; readonly silentMs?: number } = {},
): Session {
  const state = createStore<SessionState>({
    link: 'connecting',
    client: undefined,
    lostAtMs: undefined,
    overview: undefined,
    overviewAtMs: 0,
    problem: undefined,
  })
  const ending = new AbortController()
  let wake: (() => void) | undefined
  let losing = new AbortController()
  const patch = (part: Partial<SessionState>): void => state.set({ ...state.get(), ...part })
  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, againMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Watches over one link until it is gone. */
  const watch = async (client: ControlClient): Promise<void> => {
    const lost = losing.signal
    while (!ending.signal.aborted && !lost.aborted) {
      const silence = new AbortController()
      let timer = setTimeout(() => silence.abort(), silentMs)
      try {
        const signal = AbortSignal.any([ending.signal, lost, silence.signal])
        for await (const overview of client.stream('watchOverview', {}, { signal })) {
          clearTimeout(timer)
          timer = setTimeout(() => silence.abort(), silentMs)
          patch({ ...LIVE, overview, overviewAtMs: now(), problem: undefined })
        }
      } catch (err) {
        const problem = toProblem(err)
        if (silence.signal.aborted || lost.aborted || isGone(problem)) return
        if (!ending.signal.aborted) patch({ ...LIVE, problem })
      } finally {
        clearTimeout(timer)
      }
      await rest()
    }
  }

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const client = await connect()
      losing = new AbortController()
      patch({ client })
      await watch(client)
      patch({ link: 'lost', client: undefined, lostAtMs: now() })
      await client.close()
      if (!ending.signal.aborted) await rest()
    }
  }
  void run()
  return {
    state,
    nudge: () => wake?.(),
    lose: () => {
      losing.abort()
      wake?.()
    },
    stop: () => {
      ending.abort()
      wake?.()
    },
  }
}
