import type { AgentState, DesktopApi } from '../../protocol/console/index.ts'
import type { SessionState } from './session.ts'
import { createStore, type Store } from './store.ts'

/** How the agent's process stands, and when this window heard it. */
export interface KnownAgent {
  readonly state: AgentState
  readonly atMs: number
}

/** Follows the agent's process; stays undefined in a browser, which has none of its own. */
export function watchAgentProcess(
  desktop: DesktopApi | undefined,
  now: () => number = Date.now,
): Store<KnownAgent | undefined> {
  const store = createStore<KnownAgent | undefined>(undefined)
  if (desktop === undefined) return store
  const tell = (state: AgentState): void => store.set({ state, atMs: now() })
  desktop.onAgentState(tell)
  void desktop.agentState().then((outcome) => {
    // A change that came meanwhile is newer.
    if (outcome.ok && store.get() === undefined) tell(outcome.value)
  })
  return store
}

/** What a person is told above every page. */
export type Trouble =
  /** The agent's process ended; it is started again by itself. */
  | 'stopped'
  /** It was started again, and does not answer yet. */
  | 'starting'
  /** Nothing is known but that it does not answer. */
  | 'silent'
  /** It answers, and is connected to nobody. */
  | 'alone'

/** Pure: what is wrong between this window, its agent and the mesh; undefined for nothing. */
export function troubleOf(
  { link, overview }: Pick<SessionState, 'link' | 'overview'>,
  agent: AgentState | undefined,
): Trouble | undefined {
  if (agent?.phase === 'failing' || agent?.phase === 'stopped') return 'stopped'
  if (overview === undefined) return undefined
  if (link !== 'live') return agent?.phase === 'starting' ? 'starting' : link === 'lost' ? 'silent' : undefined
  const { peers, host } = overview.self
  return peers === 0 && overview.hosts > (host === null ? 0 : 1) ? 'alone' : undefined
}

/** Pure: whole seconds until a process that ended is started again; 0 when that is due, undefined when it is not known. A clock may tick late. */
export function secondsToStart({ state, atMs }: KnownAgent, nowMs: number): number | undefined {
  return state.retryMs === null
    ? undefined
    : Math.max(0, Math.ceil((atMs + state.retryMs - Math.max(nowMs, atMs)) / 1000))
}
