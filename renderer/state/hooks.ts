import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { KnownAgent } from './agent.ts'
import type { ControlClient } from '../../protocol/control/window.ts'
import { type FeedState, type Problem, toProblem } from './feed.ts'
import type { Preferences } from './preferences.ts'
import type { PublishDraft } from './publish.ts'
import type { Route } from './route.ts'
import type { Session, SessionState } from './session.ts'
import type { CommandBoard } from './command-board.ts'
import type { Command } from './shortcuts.ts'
import { createStore, type MutableStore, type Store } from './store.ts'
import { createSubscription, type OpenFeed } from './subscription.ts'
import type { Toast, ToastEvent } from './toasts.ts'

/** What every part of the window shares. */
export interface Shared {
  readonly session: Session
  /** How the agent's own process stands: only the desktop app can tell. */
  readonly agent: Store<KnownAgent | undefined>
  readonly route: Store<Route>
  readonly preferences: MutableStore<Preferences>
  readonly toasts: Store<readonly Toast[]>
  readonly tellToasts: (event: ToastEvent) => void
  readonly commands: CommandBoard
  /** What is about to be published: it is kept while other pages are looked at. */
  readonly draft: MutableStore<PublishDraft>
}

const SharedContext = createContext<Shared | undefined>(undefined)
export const SharedProvider = SharedContext.Provider

export function useShared(): Shared {
  const shared = useContext(SharedContext)
  if (shared === undefined) throw new Error('outside of the console')
  return shared
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get)

export const useSession = (): SessionState => useStore(useShared().session.state)
export const useAgentProcess = (): KnownAgent | undefined => useStore(useShared().agent)
export const useRoute = (): Route => useStore(useShared().route)

/** The agent, while it answers: what changes something must be disabled without it. */
export const useClient = (): ControlClient | undefined => useSession().client

export interface Feed<T> extends FeedState<T> {
  retry(): void
}

/**
 * Watches what `key` names for as long as the component is there. `open` must depend on nothing that is not in the key: another key is another
 * question, with nothing shown until its own answer comes.
 * @param quietMs how long without a picture until it counts as stopped; null for what ends by itself
 */
export function useFeed<T>(key: string, open: OpenFeed<T>, quietMs?: number | null): Feed<T> {
  const { session } = useShared()
  // `open` is new on every render; the key says when the question is another.
  const subscription = useMemo(
    () => createSubscription(session.state, open, quietMs === undefined ? {} : { quietMs }),
    [session, key],
  )
  useEffect(() => subscription.start(), [subscription])
  return { ...useStore(subscription.state), retry: subscription.retry }
}

/** Asks once, and again when the key changes. */
export const useAnswer = <T>(key: string, ask: (client: ControlClient, signal: AbortSignal) => Promise<T>): Feed<T> =>
  useFeed(key, (client, signal) => once(ask(client, signal)), null)

async function* once<T>(answer: Promise<T>): AsyncGenerator<T, void, undefined> {
  yield await answer
}

const NOTHING: Store<number> = createStore(0)

/** A store of the present that ticks while anybody looks at it. */
function createClock(everyMs: number): Store<number> {
  const inner = createStore(Date.now())
  let timer: ReturnType<typeof setInterval> | undefined
  let listeners = 0
  return {
    get: inner.get,
    subscribe: (listener) => {
      if (listeners++ === 0) {
        inner.set(Date.now())
        timer = setInterval(() => inner.set(Date.now()), everyMs)
      }
      const stop = inner.subscribe(listener)
      return () => {
        stop()
        if (--listeners === 0) clearInterval(timer)
      }
    },
  }
}
const seconds = createClock(1_000)

/** The agent's clock now, from a picture of it: ages go on without news. */
export function useAgentNow(nowMs: number, arrivedMs: number): number {
  const here = useStore(seconds)
  return nowMs + Math.max(0, here - arrivedMs)
}

/** This window's clock, ticking. */
export const useNow = (ticking = true): number => {
  const now = useStore(ticking ? seconds : NOTHING)
  return ticking ? now : Date.now()
}

/** Does what a key or the palette asks for while the component is there. */
export function useCommand(command: Command, run: () => void, active = true): void {
  const { commands } = useShared()
  const latest = useRef(run)
  latest.current = run
  useEffect(() => (active ? commands.on(command, () => latest.current()) : undefined), [commands, command, active])
}

/** Says what happened, for a few seconds and to screen readers. */
export function useToast(): (toast: Omit<Toast, 'id'>) => void {
  const { tellToasts } = useShared()
  return (toast) => tellToasts({ type: 'add', toast: { ...toast, id: nextToast() } })
}
let toastCount = 0
const nextToast = (): number => ++toastCount

export interface Action<A extends readonly unknown[]> {
  readonly busy: boolean
  readonly problem: Problem | undefined
  run(...args: A): void
  clear(): void
}

/** Something that a person sets off: one at a time, with its refusal kept beside the button that caused it. */
export function useAction<A extends readonly unknown[]>(act: (...args: A) => Promise<void>): Action<A> {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = async (args: A): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await act(...args)
    } catch (err) {
      setProblem(toProblem(err))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, run: (...args) => (busy ? undefined : void run(args)), clear: () => setProblem(undefined) }
}
