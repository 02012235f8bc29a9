/** What a page knows of one thing that it watches, and how fresh that is. */
export interface FeedState<T> {
  /** `loading` nothing is known yet; `live` is fed; `stale` was fed, and is not; `failed` the agent refused. */
  readonly phase: 'loading' | 'live' | 'stale' | 'failed'
  /** The newest; kept when the feed stops. */
  readonly value: T | undefined
  /** When it arrived here, by this window's clock. */
  readonly atMs: number
  /** Why there is no more, in the agent's words. */
  readonly error: Problem | undefined
  /** A list that ends has ended: nothing more will come, and nothing is wrong. */
  readonly complete: boolean
}

export interface Problem {
  readonly code: string
  readonly message: string
}

export type FeedEvent<T> =
  | { readonly type: 'item'; readonly value: T; readonly atMs: number }
  | { readonly type: 'end' }
  | { readonly type: 'quiet' }
  | { readonly type: 'lost' }
  | { readonly type: 'refused'; readonly problem: Problem }
  | { readonly type: 'again' }

export const LOADING: FeedState<never> = {
  phase: 'loading',
  value: undefined,
  atMs: 0,
  error: undefined,
  complete: false,
}

/** Pure: what was shown stays, greyed, until something newer is known (CONSOLE-1). */
export function reduceFeed<T>(state: FeedState<T>, event: FeedEvent<T>): FeedState<T> {
  switch (event.type) {
    case 'item':
      return { phase: 'live', value: event.value, atMs: event.atMs, error: undefined, complete: false }
    case 'end':
      return { ...state, complete: true }
    case 'quiet':
    case 'lost':
      return state.complete ? state : { ...state, phase: state.value === undefined ? 'loading' : 'stale' }
    case 'refused':
      return { ...state, phase: 'failed', error: event.problem }
    case 'again':
      return { ...state, phase: state.value === undefined ? 'loading' : 'stale', error: undefined, complete: false }
  }
}

/** What went wrong, from whatever was thrown. */
export function toProblem(err: unknown): Problem {
  const code =
    typeof err === 'object' && err !== null && 'code' in err && typeof err.code === 'string' ? err.code : 'INTERNAL'
  return { code, message: err instanceof Error ? err.message : String(err) }
}

/** Nobody is there, rather than somebody who said no. */
export const isGone = ({ code }: Problem): boolean => code === 'AGENT_UNREACHABLE' || code === 'PEER_GONE'
