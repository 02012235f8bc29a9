import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumLink } from './chromium-link.ts'
import { killUtilityProcesses } from './utility-process.ts'

interface Manifest {
  readonly name: string
  readonly version: string
}

/** The event that listeners may veto. */
export function vetoable(): { readonly event: { preventDefault(): void }; prevented(): boolean } {
  let prevented = false
  return { event: { preventDefault: () => void (prevented = true) }, prevented: () => prevented }
}

class App extends EventEmitter {
  isPackaged = false
  readonly commandLine = {
    appendSwitch: () => undefined,
    hasSwitch: (name: string) => process.argv.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
    getSwitchValue: (name: string) =>
      process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '',
  }
  /** What the app asked of the desktop, for tests. */
  readonly asked = { sandbox: false, badge: 0, protocols: new Array<string>(), modelId: '' }
  #manifest: Manifest = { name: 'host', version: '0.0.0' }
  #paths = new Map<string, string>()
  #ready = Promise.withResolvers<void>()
  #isReady = false
  #quitting = false
  #lock: string | undefined
  /** Windows that veto keep the app open; set by the windows themselves. */
  closeWindows: () => boolean = () => true

  /** Called by the host, once, before the app's own code. */
  init(manifest: Manifest): void {
    this.#manifest = manifest
  }

  /** Called by the host when the app's main module was evaluated; never earlier, as in Electron. */
  async boot(): Promise<void> {
    if (this.#quitting) return
    await chromiumLink.start()
    this.#isReady = true
    this.#ready.resolve()
    this.emit('ready', {}, {})
  }

  isReady(): boolean {
    return this.#isReady
  }
  whenReady(): Promise<void> {
    return this.#ready.promise
  }
  getName(): string {
    return this.#manifest.name
  }
  setName(name: string): void {
    this.#manifest = { ...this.#manifest, name }
  }
  getVersion(): string {
    return this.#manifest.version
  }
  getAppPath(): string {
    return process.cwd()
  }
  getPath(name: string): string {
    const config = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
    const known: Readonly<Record<string, string>> = { home: homedir(), temp: tmpdir(), appData: config }
    return this.#paths.get(name) ?? known[name] ?? join(config, this.#manifest.name)
  }
  setPath(name: string, path: string): void {
    this.#paths.set(name, path)
  }
  enableSandbox(): void {
    this.asked.sandbox = true
  }
  setAppUserModelId(id: string): void {
    this.asked.modelId = id
  }
  setAsDefaultProtocolClient(scheme: string): boolean {
    this.asked.protocols.push(scheme)
    return true
  }
  setBadgeCount(count: number): boolean {
    this.asked.badge = count
    return true
  }

  /** By a file with a pid; a second start leaves its arguments in a folder that the first one watches. */
  requestSingleInstanceLock(data: unknown = {}): boolean {
    const folder = join(this.getPath('userData'), 'single-instance')
    const lock = join(folder, 'pid')
    mkdirSync(folder, { recursive: true })
    const owner = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
    if (owner > 0 && owner !== process.pid && isAlive(owner)) {
      const message = JSON.stringify({ argv: process.argv, cwd: process.cwd(), data })
      writeFileSync(join(folder, `${process.pid}.new`), message)
      return false
    }
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    writeFileSync(lock, String(process.pid))
    this.#lock = lock
    const watcher = watch(folder, (_event, name) => {
      if (name === null || !name.endsWith('.new') || !existsSync(join(folder, name))) return
      const text = readFileSync(join(folder, name), 'utf8')
      if (text === '') return
      rmSync(join(folder, name))
      const { argv, cwd, data: sent } = JSON.parse(text)
      this.emit('second-instance', {}, argv, cwd, sent)
    })
    watcher.unref()
    return true
  }
  hasSingleInstanceLock(): boolean {
    return this.#lock !== undefined
  }

  quit(): void {
    if (this.#quitting) return
    const before = vetoable()
    this.emit('before-quit', before.event)
    if (before.prevented() || !this.closeWindows()) return
    const will = vetoable()
    this.emit('will-quit', will.event)
    if (!will.prevented()) this.exit(0)
  }

  exit(code = 0): void {
    if (this.#quitting) return
    this.#quitting = true
    this.emit('quit', {}, code)
    killUtilityProcesses()
    if (this.#lock !== undefined) rmSync(this.#lock, { force: true })
    void chromiumLink.stop().finally(() => process.exit(code))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const app = new App()
