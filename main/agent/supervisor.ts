import { MessageChannelMain, type MessagePortMain, utilityProcess, type UtilityProcess } from 'electron'

/** An agent that ends is started again after this long, doubling to the longest. */
const RESTART_FIRST_MS = 1_000
const RESTART_LONGEST_MS = 30_000

export interface SupervisorInit {
  /** The agent's built entry. */
  readonly entry: string
  readonly home: string | undefined
  readonly onExit: (code: number) => void
}

/** Runs the node agent in a process of its own and hands out ports to it; libp2p and Level never run in Electron's main process. */
export class AgentSupervisor {
  readonly #init: SupervisorInit
  #child: UtilityProcess | undefined
  #restartMs = RESTART_FIRST_MS
  #timer: NodeJS.Timeout | undefined
  #stopped = true

  constructor(init: SupervisorInit) {
    this.#init = init
  }

  start(): void {
    this.#stopped = false
    const args = this.#init.home === undefined ? [] : ['--home', this.#init.home]
    const child = utilityProcess.fork(this.#init.entry, args, { serviceName: 'shoal-agent', stdio: 'inherit' })
    child.once('spawn', () => (this.#restartMs = RESTART_FIRST_MS))
    child.once('exit', (code) => {
      this.#child = undefined
      this.#init.onExit(code)
      if (this.#stopped) return
      this.#timer = setTimeout(() => this.start(), this.#restartMs)
      this.#restartMs = Math.min(RESTART_LONGEST_MS, this.#restartMs * 2)
    })
    this.#child = child
  }

  /** One end of a new channel to the agent; undefined while it is not running. */
  openPort(): MessagePortMain | undefined {
    if (this.#child === undefined) return undefined
    const { port1, port2 } = new MessageChannelMain()
    this.#child.postMessage('control-port', [port1])
    return port2
  }

  /** Asks the agent to stop in order; it does so within ten seconds. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#child?.postMessage('stop')
  }
}
