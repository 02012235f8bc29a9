import { EventEmitter } from 'node:events'
import { app, vetoable } from './app.ts'
import { WebContents, type WebPreferences } from './web-contents.ts'

interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface WindowOptions extends Partial<Bounds> {
  readonly show?: boolean
  readonly title?: string
  readonly webPreferences?: WebPreferences
  readonly [name: string]: unknown
}

const all = new Set<BrowserWindow>()

/** A page of Chromium with what a window manager would know of its window. */
export class BrowserWindow extends EventEmitter {
  readonly webContents: WebContents
  readonly options: WindowOptions
  readonly id: number
  /** What the app last asked of the taskbar: 0 to 1, -1 for none. */
  progress = -1
  #bounds: Bounds
  #visible: boolean
  #state: 'normal' | 'maximized' | 'minimized' = 'normal'
  #destroyed = false

  constructor(options: WindowOptions = {}) {
    super()
    this.options = options
    const { x = 0, y = 0, width = 800, height = 600 } = options
    this.#bounds = { x, y, width, height }
    this.#visible = options.show ?? true
    this.webContents = new WebContents(options.webPreferences ?? {})
    this.webContents.fit(this.#bounds)
    this.id = this.webContents.id
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'))
    this.webContents.on('close-wanted', () => this.close())
    this.webContents.once('destroyed', () => this.#closed())
    all.add(this)
    app.emit('web-contents-created', {}, this.webContents)
    app.emit('browser-window-created', {}, this)
  }

  static getAllWindows(): readonly BrowserWindow[] {
    return [...all]
  }
  static getFocusedWindow(): BrowserWindow | null {
    return [...all].find((window) => window.#visible) ?? null
  }
  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return [...all].find((window) => window.webContents === contents) ?? null
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }
  show(): void {
    this.#visible = true
    this.emit('show')
  }
  hide(): void {
    this.#visible = false
    this.emit('hide')
  }
  focus(): void {
    this.emit('focus')
  }
  isVisible(): boolean {
    return this.#visible
  }
  isMinimized(): boolean {
    return this.#state === 'minimized'
  }
  isMaximized(): boolean {
    return this.#state === 'maximized'
  }
  minimize(): void {
    this.#state = 'minimized'
  }
  maximize(): void {
    this.#state = 'maximized'
    this.emit('maximize')
  }
  restore(): void {
    this.#state = 'normal'
  }
  setBounds(bounds: Partial<Bounds>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
    this.webContents.fit(this.#bounds)
    this.emit('resize')
    this.emit('move')
  }
  getBounds(): Bounds {
    return this.#bounds
  }
  getNormalBounds(): Bounds {
    return this.#bounds
  }
  setProgressBar(progress: number): void {
    this.progress = progress
  }
  setTitle(): void {}
  isDestroyed(): boolean {
    return this.#destroyed
  }

  close(): void {
    if (this.#destroyed) return
    const { event, prevented } = vetoable()
    this.emit('close', event)
    if (!prevented()) this.destroy()
  }

  destroy(): void {
    void this.webContents.destroy()
  }

  #closed(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    all.delete(this)
    this.emit('closed')
    if (all.size === 0) app.emit('window-all-closed')
  }
}

app.closeWindows = () => {
  for (const window of all) {
    const { event, prevented } = vetoable()
    window.emit('close', event)
    if (prevented()) return false
  }
  return true
}
