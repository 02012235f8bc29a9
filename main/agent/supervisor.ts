import type { MessagePortMain } from 'electron'
import { type AgentState, type FromAgent, parseFromAgent, type ToAgent } from '../../protocol/console/index.ts'
import { fromWire, toWire } from '../../protocol/errors/index.ts'

/** An agent that ends is started again after this long, doubling to the longest. */
export const RESTART_FIRST_MS = 1_000
export const RESTART_LONGEST_MS = 60_000
/** One that has run for so long is no failing one: the next restart is quick again. */
export const STEADY_MS = 60_000
/** An agent stops within ten seconds by itself; one that does not is ended. */
export const STOP_MS = 12_000

/** The agent's process, as much as is needed of it. */
export interface AgentProcess {
  postMessage(message: ToAgent, ports?: MessagePortMain[]): void
  kill(): boolean
  on(type: 'message', listener: (message: unknown) => void): unknown
  once(type: 'exit', listener: (code: number) => void): unknown
}

export interface SupervisorDeps {
  readonly fork: () => AgentProcess
  /** Milliseconds from any fixed point. */
  readonly now: () => number
  /** Calls back once; the returned function takes it back. */
  readonly after: (ms: number, call: () => void) => () => void
}

/** Keeps the agent running in a process of its own and hands it ports; libp2p and Level never run in Electron's main process (DESK-1). */
export class AgentSupervisor {
  readonly #deps: SupervisorDeps
  readonly #listeners = new Set<(state: AgentState) => void>()
  readonly #grants = new Map<number, PromiseWithResolvers<{ readonly id: string; readonly name: string }>>()
  #state: AgentState = { phase: 'stopped', restarts: 0, retryMs: null, error: null }
  #child: AgentProcess | undefined
  #cancelRetry: (() => void) | undefined
  #readyAtMs: number | undefined
  #retryAtMs = 0
  #stopping: PromiseWithResolvers<void> | undefined
  #lastGrant = 0

  constructor(deps: SupervisorDeps) {
    this.#deps = deps
  }

  /** Of an agent that is failing, `retryMs` is what is left until it is started again. */
  get state(): AgentState {
    const { retryMs } = this.#state
    return { ...this.#state, retryMs: retryMs === null ? null : Math.max(0, this.#retryAtMs - this.#deps.now()) }
  }

  /** Told of each change of state. */
  onState(listener: (state: AgentState) => void): void {
    this.#listeners.add(listener)
  }

  start(): void {
    if (this.#child !== undefined || this.#stopping !== undefined) return
    this.#cancelRetry?.()
    this.#readyAtMs = undefined
    this.#become({ phase: 'starting', retryMs: null })
    const child = this.#deps.fork()
    this.#child = child
    child.on('message', (message) => {
      const told = parseFromAgent(message)
      if (told !== undefined && this.#child === child) this.#hear(told)
    })
    child.once('exit', (code) => this.#ended(child, code))
  }

  /** Hands one end of a channel to the agent; false while it is not there. */
  serve(role: 'window' | 'shell', port: MessagePortMain): boolean {
    this.#child?.postMessage({ kind: 'serve', role }, [port])
    return this.#child !== undefined
  }

  /** Tells the agent that a person chose a folder; its id. Rejects with AGENT_UNREACHABLE when the agent is not there or goes away. */
  grant(path: string): Promise<{ readonly id: string; readonly name: string }> {
    const request = ++this.#lastGrant
    const granted = Promise.withResolvers<{ readonly id: string; readonly name: string }>()
    this.#grants.set(request, granted)
    if (this.#child === undefined) this.#dropGrants()
    else this.#child.postMessage({ kind: 'grant', request, path })
    return granted.promise
  }

  /** Asks the agent to stop in order, and ends it if it does not. Resolves when it is gone. */
  stop(): Promise<void> {
    if (this.#stopping !== undefined) return this.#stopping.promise
    this.#stopping = Promise.withResolvers<void>()
    this.#cancelRetry?.()
    const child = this.#child
    if (child === undefined) this.#stopping.resolve()
    else {
      child.postMessage({ kind: 'stop' })
      const takeBack = this.#deps.after(STOP_MS, () => void child.kill())
      void this.#stopping.promise.then(takeBack)
    }
    return this.#stopping.promise
  }

  #hear(told: FromAgent): void {
    switch (told.kind) {
      case 'ready':
        this.#readyAtMs = this.#deps.now()
        return this.#become({ phase: 'running', error: null })
      case 'failed':
        return this.#become({ error: toWire(fromWire(told)) })
      case 'granted':
        this.#grants.get(told.request)?.resolve(told)
        return void this.#grants.delete(told.request)
      case 'refused':
        this.#grants.get(told.request)?.reject(fromWire(told))
        this.#grants.delete(told.request)
    }
  }

  #ended(child: AgentProcess, code: number): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#dropGrants()
    if (this.#stopping !== undefined) {
      this.#become({ phase: 'stopped', retryMs: null })
      this.#stopping.resolve()
      return
    }
    const steady = this.#readyAtMs !== undefined && this.#deps.now() - this.#readyAtMs >= STEADY_MS
    const restarts = steady ? 1 : this.#state.restarts + 1
    const retryMs = Math.min(RESTART_LONGEST_MS, RESTART_FIRST_MS * 2 ** (restarts - 1))
    const error = this.#state.error ?? { code: 'INTERNAL', message: `the agent ended with ${code}; see its log` }
    this.#retryAtMs = this.#deps.now() + retryMs
    this.#become({ phase: 'failing', restarts, retryMs, error })
    this.#cancelRetry = this.#deps.after(retryMs, () => this.start())
  }

  #dropGrants(): void {
    const gone = fromWire({ code: 'AGENT_UNREACHABLE', message: 'the agent is not running; nothing was chosen' })
    for (const { reject } of this.#grants.values()) reject(gone)
    this.#grants.clear()
  }

  #become(change: Partial<AgentState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener(this.state)
  }
}
