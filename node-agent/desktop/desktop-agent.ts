import type { FromAgent } from '../../protocol/console/index.ts'
import {
  type ControlHandlers,
  type Link,
  parseRequest,
  serveLink,
  type ServedLink,
} from '../../protocol/control/index.ts'
import { isShoalError } from '../../protocol/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import { FolderGrants } from './folder-grants.ts'

/** A home that serves its API: with an agent behind it, or, before it belongs to a mesh, without. */
export interface OpenHome {
  readonly handlers: ControlHandlers
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
  readonly #grants = new FolderGrants()
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
    const handlers = {
      ...home.handlers,
      folders: ({ folder }: { readonly folder: string | null }) => this.#grants.list(folder),
    }
    const served = serveLink({ handlers, parse: parseRequest, onUnexpected }, link)
    this.#links.set(role, served)
    void served.closed.then(() => {
      if (this.#links.get(role) === served) this.#links.delete(role)
    })
  }

  /** A person chose a folder in the desktop's own dialog. */
  grant(request: number, path: string): void {
    const { id, name } = this.#grants.grant(path)
    this.#deps.tell({ kind: 'granted', request, id, name })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#change
    await this.#letGo()
  }

  async #open(): Promise<OpenHome> {
    try {
      return await this.#deps.openAgent()
    } catch (err) {
      if (!isShoalError(err, 'NO_MESH')) throw err
      const offline = await this.#deps.openOffline()
      return { handlers: this.#entering(offline.handlers), close: () => offline.close() }
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
