import type { FromAgent } from '../../protocol/console/index.ts'
import {
  type Caller,
  type ControlHandlers,
  type Link,
  parseRequest,
  serveLink,
  type ServedLink,
} from '../../protocol/control/index.ts'
import { isShoalError, ShoalError, toWire } from '../../protocol/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import type { FolderTable } from '../preview/index.ts'

/** A home that serves its API: with an agent behind it, or, before it belongs to a mesh, without. */
export interface OpenHome {
  readonly handlers: ControlHandlers
  readonly folders: FolderTable
  close(): Promise<void>
}

export interface DesktopAgentDeps {
  /** Rejects with NO_MESH when the home belongs to none yet. */
  readonly openAgent: () => Promise<OpenHome>
  readonly openOffline: () => Promise<OpenHome>
  readonly tell: (message: FromAgent) => void
  /** The agent of a home that has just entered a mesh did not start. */
  readonly onFailure: (err: unknown) => void
  readonly log: Logger
}

/**
 * The agent behind the desktop app. A home that belongs to no mesh is served all the same, so that the window can create one or join one; the agent
 * starts as soon as it has (DESK-3). Whoever was connected is let go then, and connects again.
 */
export class DesktopAgent {
  readonly #deps: DesktopAgentDeps
  readonly #links = new Map<string, ServedLink>()
  /** By role: there is one window, whatever becomes of its links. */
  readonly #callers = new Map<string, Caller>()
  readonly #gone = new AbortController()
  #home: OpenHome | undefined
  #change: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(deps: DesktopAgentDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#home = await this.#open()
    this.#deps.tell({ kind: 'ready' })
  }

  /** Serves a link; one of the same role before it ends. A link that comes while the home is being opened is closed: its owner asks again. */
  serve(role: string, link: Link): void {
    void this.#links.get(role)?.close()
    const home = this.#home
    if (home === undefined) {
      link.close()
      return
    }
    const onUnexpected = (name: string, err: unknown): void =>
      this.#deps.log.error('control-call-failed', { name, error: err instanceof Error ? err.message : String(err) })
    const caller = this.#callerOf(role)
    const served = serveLink({ handlers: home.handlers, parse: parseRequest, onUnexpected, caller }, link)
    this.#links.set(role, served)
    void served.closed.then(() => {
      if (this.#links.get(role) === served) this.#links.delete(role)
    })
  }

  /** A person chose a folder in the desktop's own dialog: the window may name it from now on, also over its next link. */
  async grant(request: number, path: string): Promise<void> {
    const { tell } = this.#deps
    try {
      const home = this.#home
      if (home === undefined) throw new ShoalError('AGENT_UNREACHABLE', 'the agent is starting; nothing was chosen')
      const { id, name } = await home.folders.grant(this.#callerOf('window'), path)
      tell({ kind: 'granted', request, id, name })
    } catch (err) {
      tell({ kind: 'refused', request, ...toWire(err) })
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#change
    await this.#letGo()
    this.#gone.abort()
  }

  #callerOf(role: string): Caller {
    const caller = this.#callers.get(role) ?? { gone: this.#gone.signal }
    this.#callers.set(role, caller)
    return caller
  }

  async #open(): Promise<OpenHome> {
    try {
      return await this.#deps.openAgent()
    } catch (err) {
      if (!isShoalError(err, 'NO_MESH')) throw err
      const offline = await this.#deps.openOffline()
      return { ...offline, handlers: this.#entering(offline.handlers), close: () => offline.close() }
    }
  }

  /** The same handlers; once the home belongs to a mesh, the agent takes over from them. */
  #entering(handlers: ControlHandlers): ControlHandlers {
    const entered = async <T>(entering: Promise<T>): Promise<T> => {
      const result = await entering
      this.#change = this.#takeOver().catch(this.#deps.onFailure)
      return result
    }
    return {
      ...handlers,
      meshCreate: (req, signal) => entered(handlers.meshCreate(req, signal)),
      join: (req, signal) => entered(handlers.join(req, signal)),
    }
  }

  async #takeOver(): Promise<void> {
    // The answer leaves first.
    await new Promise((resolve) => setImmediate(resolve))
    await this.#letGo()
    if (!this.#isStopping) await this.start()
  }

  async #letGo(): Promise<void> {
    const home = this.#home
    this.#home = undefined
    await Promise.all([...this.#links.values()].map((link) => link.close()))
    await home?.close()
  }
}
