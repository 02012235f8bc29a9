import type { AlertRule } from './alerts.ts'

/** What the agent keeps for its consoles; theme and density are the window's own. */
export interface ConsoleSettings {
  /** Queries with a name, by name; at most `CONTROL_LIMITS.savedViews`. */
  readonly savedViews: readonly SavedView[]
  /** Rules that raise no alert here. */
  readonly mutedAlerts: readonly AlertRule[]
}

export interface SavedView {
  readonly name: string
  readonly query: string
  readonly channel: string | null
}

/** What is set in HOME/config.toml and on the command line: shown, changed there. */
export interface AgentSettings extends ConsoleSettings {
  readonly agentVersion: string
  readonly home: string
  readonly statusIntervalMs: number
  readonly mdns: boolean
  readonly relay: boolean
  readonly listen: readonly string[]
  readonly bootstrap: readonly string[]
  /** Limits of links, one a line, in the words of config.toml. */
  readonly limits: readonly string[]
}
