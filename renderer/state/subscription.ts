import type { ControlClient } from '../../protocol/control/window.ts'
import { type FeedEvent, type FeedState, isGone, LOADING, reduceFeed, toProblem } from './feed.ts'
import type { SessionState } from './session.ts'
import { createStore, type Store } from './store.ts'

/** Opens a stream of pictures, each of which replaces the one before. */
export type OpenFeed<T> = (client: ControlClient, signal: AbortSignal) => AsyncIterable<T>

export interface Subscription<T> {
  readonly state: Store<FeedState<T>>
  /** Begins to watch; the answer stops it and cancels the work at the agent. May be begun again. */
  start(): () => void
  /** Asks again after a refusal. */
  retry(): void
}

/** A view that promises a picture every few seconds has stopped when none came for this long. */
export const QUIET_MS = 20_000

/**
 * Watches one thing through lost links. It belongs to exactly one question: whoever asks another makes another subscription, so that a late
 * answer can never be shown for the wrong one (CONSOLE-12).
 */
export function createSubscription<T>(
  session: Store<SessionState>,
  open: OpenFeed<T>,
  { quietMs = QUIET_MS, now = Date.now }: { readonly quietMs?: number | null; readonly now?: () => number } = {},
): Subscription<T> {
  const state = createStore<FeedState<T>>(LOADING)
  let running: { readonly client: ControlClient; readonly abort: AbortController } | undefined
  const tell = (event: FeedEvent<T>): void => state.set(reduceFeed(state.get(), event))

  const run = async (client: ControlClient, abort: AbortController): Promise<void> => {
    let quiet: ReturnType<typeof setTimeout> | undefined
    const listen = (): void => {
      clearTimeout(quiet)
      if (quietMs !== null) quiet = setTimeout(() => tell({ type: 'quiet' }), quietMs)
    }
    try {
      listen()
      for await (const value of open(client, abort.signal)) {
        if (abort.signal.aborted) return
        tell({ type: 'item', value, atMs: now() })
        listen()
      }
      if (!abort.signal.aborted) tell({ type: 'end' })
    } catch (err) {
      const problem = toProblem(err)
      if (!abort.signal.aborted) tell(isGone(problem) ? { type: 'lost' } : { type: 'refused', problem })
    } finally {
      clearTimeout(quiet)
    }
  }

  const begin = (): void => {
    const { client } = session.get()
    if (client === running?.client || state.get().complete) return
    running?.abort.abort()
    if (client === undefined) {
      running = undefined
      tell({ type: 'lost' })
      return
    }
    if (running === undefined && state.get() !== LOADING) tell({ type: 'again' })
    running = { client, abort: new AbortController() }
    void run(client, running.abort)
  }

  return {
    state,
    start: () => {
      const stop = session.subscribe(begin)
      begin()
      return () => {
        stop()
        running?.abort.abort()
        running = undefined
      }
    },
    retry: () => {
      running?.abort.abort()
      running = undefined
      tell({ type: 'again' })
      begin()
    },
  }
}
