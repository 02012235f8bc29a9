import type { WireError } from '../errors/index.ts'

/** How the agent's own process stands; only the desktop app can tell, since an agent that is down says nothing. */
export interface AgentState {
  /** `failing`: it ended by itself and is started again after `retryMs`. */
  readonly phase: 'starting' | 'running' | 'failing' | 'stopped'
  /** How often it was started again since it last ran steadily. */
  readonly restarts: number
  /** Null unless failing. */
  readonly retryMs: number | null
  /** What it said before it ended; null when it said nothing. */
  readonly error: WireError | null
}

/** Whether the system's keyring can keep the passphrase of the keys, and whether it does. */
export interface KeyringState {
  readonly available: boolean
  readonly remembered: boolean
}

/** A folder that a person chose in the system's own dialog: the window may name it to the agent by its id. */
export interface ChosenFolder {
  readonly id: string
  readonly name: string
  readonly path: string
}

/** Answers are values; nothing throws across the bridge, so codes survive. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError }

/** What the desktop app's window gets beside the agent's port, as `shoalDesktop` of its global object. A browser has none. */
export interface DesktopApi {
  /** `linux`, `darwin` or `win32`. */
  readonly platform: string
  /** The system's folder dialog; null when it was cancelled. */
  chooseFolder(): Promise<Outcome<ChosenFolder | null>>
  agentState(): Promise<Outcome<AgentState>>
  /** Told of each change until the window goes away. */
  onAgentState(listener: (state: AgentState) => void): void
  /** Starts an agent that is failing at once. */
  retryAgent(): Promise<Outcome<AgentState>>
  keyring(): Promise<Outcome<KeyringState>>
  /** Keeps the passphrase in the system's keyring, so that keys are unlocked when the app starts. KEYRING_UNAVAILABLE without a real one. */
  rememberPassphrase(passphrase: string): Promise<Outcome<KeyringState>>
  forgetPassphrase(): Promise<Outcome<KeyringState>>
}
