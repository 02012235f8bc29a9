import type { ControlHandlers } from '../../protocol/control/index.ts'
import type { HostConfig } from '../config/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'
import type { FolderTable } from '../preview/index.ts'

/** What the composition root needs of the process edge. */
export interface HomeInit {
  /** Absolute path of a home that exists, is ours and private (config/home.ts has checked it). */
  readonly home: string
  /** The home's config.toml, parsed. */
  readonly config: HostConfig
  readonly clock: Clock
  readonly log: Logger
}

export interface AgentInit extends HomeInit {
  /** Multiaddrs of `--listen`; when not empty they replace `config.listen`. */
  readonly listen: readonly string[]
  /** Multiaddrs of `--bootstrap`; added to `config.bootstrap`. */
  readonly bootstrap: readonly string[]
}

/**
 * A whole agent. `start()` locks the home (HOME_IN_USE), recovers, listens (ADDRESS_IN_USE, ADDRESS_INVALID), and last serves
 * HOME/control.sock; when it resolves the agent is ready. `stop()` is bounded by LIMITS.stopMs.
 */
export interface Agent extends Component {
  readonly handlers: ControlHandlers
  /** Where a desktop app grants the window folders that a person chose in its dialog. */
  readonly folders: FolderTable
  /** Known once started. */
  peerId(): string
  /** Full multiaddrs (`/ip4/…/tcp/…/p2p/…`) it listens on; empty before start. */
  addresses(): readonly string[]
  /** Resolves, with the reason, when the agent can no longer do its work (a broken invariant); never otherwise. The process then stops. */
  readonly failure: Promise<Error>
}

/** A home opened without network, by the command line, while no agent runs on it. */
export interface OfflineHome {
  readonly handlers: ControlHandlers
  /** As an agent's. */
  readonly folders: FolderTable
  close(): Promise<void>
}

/** What node-agent/agent.ts exports. */
export interface AgentModule {
  /** Constructs only: no I/O before start(). */
  createAgent(init: AgentInit): Agent
  /** Locks and opens the home: HOME_IN_USE when a process has it. Everything that needs no peer works; nothing listens or dials. */
  openOffline(init: HomeInit): Promise<OfflineHome>
}

export interface DemoOptions {
  readonly hosts: number
  readonly sites: number
  /** Leave the mesh's folder behind and say where it is. */
  readonly keep: boolean
  /** Directories of version 1 and 2; undefined: the package that npm put on disk for it. */
  readonly trees: readonly [string, string] | undefined
  /** Print one JSON document on stdout at the end and nothing else there. */
  readonly json: boolean
  /** Absolute path of node-agent/bin/shoal.mjs. */
  readonly program: string
  /** Absolute path of the running Node.js. */
  readonly node: string
  /** Aborts on SIGINT and SIGTERM: kill the children, leave nothing behind, reject with CANCELLED. */
  readonly signal: AbortSignal
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
}

/** What node-agent/demo/index.ts exports. Rejects with a ShoalError unless every host proved version 2. */
export interface DemoModule {
  runDemo(options: DemoOptions): Promise<void>
}

/** Loaded only by the commands that need them, so that the others start fast. */
export interface Seams {
  agent(): Promise<Pick<AgentModule, 'createAgent'>>
  /** Apart from the agent, so that a short command on a stopped node need not load the network. */
  offline(): Promise<Pick<AgentModule, 'openOffline'>>
  demo(): Promise<DemoModule>
}
