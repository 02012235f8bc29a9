import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { app, type BrowserWindow, safeStorage } from 'electron'
import type { AgentState } from '../protocol/console/index.ts'
import { brokerPorts } from './agent/broker.ts'
import { forkAgent } from './agent/fork.ts'
import { AgentSupervisor } from './agent/supervisor.ts'
import { Keyring } from './keys/keyring.ts'
import { chooseFolder } from './native/folder.ts'
import { setMenus } from './native/menu.ts'
import { Notices } from './native/notices.ts'
import { TrayIcon } from './native/tray.ts'
import { SettingsStore } from './settings/store.ts'
import { connectToAgent } from './watch/client.ts'
import { watchAgent } from './watch/watch.ts'
import { guardContents, guardSession } from './windows/guard.ts'
import { answerRequests } from './windows/requests.ts'
import { serveRenderer } from './windows/serve.ts'
import { createWindow, present } from './windows/window.ts'

export interface ShellInit {
  /** Built parts. */
  readonly paths: { readonly renderer: string; readonly preload: string; readonly agent: string }
  /** Of the page: our own scheme's, or that of the server that rebuilds it while it is worked on. */
  readonly origin: string
  /** The agent's home; undefined for its default. */
  readonly home: string | undefined
  readonly platform: string
  readonly log: (what: string, cause?: unknown) => void
}

/** The whole desktop app once it is ready: one window, one agent, and what the desktop shows of them. */
export class Shell {
  readonly #init: ShellInit
  readonly #settings: SettingsStore
  readonly #agent: AgentSupervisor
  readonly #stop = new AbortController()
  #window: BrowserWindow | undefined
  #isQuitting = false
  #alerts = 0

  constructor(init: ShellInit) {
    this.#init = init
    this.#settings = new SettingsStore({ onProblem: init.log }, join(app.getPath('userData'), 'settings.json'))
    this.#agent = new AgentSupervisor({
      fork: () => forkAgent(init.paths.agent, init.home),
      now: () => performance.now(),
      after: (ms, call) => {
        const timer = setTimeout(call, ms)
        return () => clearTimeout(timer)
      },
    })
  }

  /** Before the app is ready: guards that must be there before the first page is. */
  prepare(): void {
    guardContents({ origin: this.#init.origin, externalOrigins: () => this.#settings.value.externalOrigins })
  }

  /** @param route where the window opens; undefined for where the page wants */
  async start(route: string | undefined): Promise<void> {
    const { paths, origin, platform, log } = this.#init
    this.#settings.load()
    serveRenderer(paths.renderer)
    guardSession({ origin, externalOrigins: () => this.#settings.value.externalOrigins })
    const page = { contents: () => this.#window?.webContents, origin }
    brokerPorts(this.#agent, { ...page, now: () => performance.now() })
    const keyring = new Keyring(safeStorage, { path: join(app.getPath('userData'), 'keyring.bin'), platform })
    answerRequests(this.#actions(keyring), page)
    setMenus({ platform, open: (to) => this.open(to), quit: () => app.quit() })
    this.#followAgent(keyring)
    this.#agent.start()
    await this.#openWindow(route).catch((err: unknown) => log('the page cannot be loaded', err))
  }

  /** Brings the window to the front, at a place if one is given; makes one when there is none. */
  open(route?: string): void {
    const window = this.#window
    if (window === undefined) {
      this.#openWindow(route).catch((err: unknown) => this.#init.log('the page cannot be loaded', err))
      return
    }
    present(window)
    if (route !== undefined) window.webContents.send('navigate', route)
  }

  /** From now on closing the window is no hiding it. */
  quitting(): void {
    this.#isQuitting = true
  }

  /** Writes what has changed and waits until the agent is gone. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#settings.flush()
    await this.#agent.stop()
  }

  async #openWindow(route: string | undefined): Promise<void> {
    const url = `${this.#init.origin}/index.html${route === undefined ? '' : `#${route}`}`
    const hidesOnClose = () => !this.#isQuitting && this.#settings.value.keepRunning
    const window = createWindow({ preload: this.#init.paths.preload, url, settings: this.#settings, hidesOnClose })
    this.#window = window
    window.on('closed', () => (this.#window = undefined))
    await window.loadURL(url)
  }

  #actions(keyring: Keyring) {
    return {
      chooseFolder: async () => (this.#window === undefined ? null : chooseFolder(this.#window, this.#agent)),
      agentState: () => this.#agent.state,
      retryAgent: () => {
        this.#agent.start()
        return this.#agent.state
      },
      keyring: () => keyring.state(),
      rememberPassphrase: (passphrase: string) => keyring.remember(passphrase),
      forgetPassphrase: () => keyring.forget(),
    }
  }

  #followAgent(keyring: Keyring): void {
    const { log } = this.#init
    const settings = this.#settings
    const problems = new Map<string, string>()
    const tray = new TrayIcon({
      open: (route) => this.open(route),
      quit: () => app.quit(),
      keepsRunning: () => settings.value.keepRunning,
      setKeepsRunning: (keepRunning) => {
        settings.change({ keepRunning })
        show()
      },
    })
    const show = (): void => tray.show({ alerts: this.#alerts, agent: agentText(this.#agent.state) })
    const notices = new Notices({
      enabled: () => settings.value.notifications,
      open: (route) => this.open(route),
    })
    this.#agent.onState((state) => {
      this.#window?.webContents.send('agent-state', state)
      if (state.phase === 'failing') log(`agent: ${state.error?.code}: ${state.error?.message}`)
      show()
    })
    show()
    const deps = {
      connect: () => (this.#agent.state.phase === 'running' ? connectToAgent(this.#agent) : undefined),
      passphrase: () => keyring.recall(),
      sleep: (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined),
    }
    const sinks = {
      alerts: (open: readonly unknown[]) => {
        this.#alerts = open.length
        app.setBadgeCount(open.length)
        show()
      },
      opened: (alerts: Parameters<Notices['alerts']>[0]) => notices.alerts(alerts),
      converged: (channels: Parameters<Notices['converged']>[0]) => notices.converged(channels),
      progress: (share: number | undefined) => this.#window?.setProgressBar(share ?? -1),
      problem: (what: string, cause: unknown) => {
        // Asked again every few seconds: said once.
        if (problems.get(what) !== String(cause)) log(`${what} of the agent`, cause)
        problems.set(what, String(cause))
      },
    }
    void watchAgent(deps, sinks, this.#stop.signal)
  }
}

function agentText({ phase, error }: AgentState): string {
  switch (phase) {
    case 'starting':
      return 'the agent is starting'
    case 'running':
      return 'the agent is running'
    case 'failing':
      return `the agent ended (${error?.code ?? 'INTERNAL'}) and is started again`
    case 'stopped':
      return 'the agent is stopped'
  }
}
