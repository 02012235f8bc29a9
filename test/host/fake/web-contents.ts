import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Cdp } from '../cdp.ts'
import { bridgeSide, type HostMessage, isolatedWorld, type WorldMessage } from '../isolated-world.ts'
import { createValues, values } from '../values.ts'
import { chromiumLink } from './chromium-link.ts'
import { ipcMain } from './ipc.ts'
import { type MessagePortMain, PortTable } from './ports.ts'
import { fromCarried, session, toCarried } from './session.ts'

export interface WebPreferences {
  readonly preload?: string
  readonly [name: string]: unknown
}

/** A frame as the main process sees it. */
export interface WebFrame {
  readonly url: string
  readonly parent: WebFrame | null
  postMessage(channel: string, message: unknown, transfer?: readonly MessagePortMain[]): void
}

type OpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' }

const WORLD = 'Electron Isolated Context'
const PIPE = '__hostPipe'
const targetSchema = z.object({ targetId: z.string() })
const attachedSchema = z.object({ sessionId: z.string() })
const contextSchema = z.object({
  context: z.object({ id: z.number(), name: z.string(), auxData: z.object({ frameId: z.string() }) }),
})
const bindingSchema = z.object({ name: z.string(), payload: z.string(), executionContextId: z.number() })
const navigatedSchema = z.object({
  frame: z.object({ id: z.string(), parentId: z.string().optional(), url: z.string() }),
})
const withinSchema = z.object({ frameId: z.string(), url: z.string() })
const pausedSchema = z.object({ requestId: z.string(), frameId: z.string(), request: z.object({ url: z.string() }) })
const openSchema = z.object({ url: z.string() })
const navigateResultSchema = z.object({ errorText: z.string().optional() })
const createdSchema = z.object({ targetInfo: z.object({ targetId: z.string(), openerId: z.string().optional() }) })

const all = new Set<WebContents>()
let lastId = 0

/** A page of Chromium, driven as Electron drives its own. */
export class WebContents extends EventEmitter {
  readonly id = ++lastId
  readonly session = session.defaultSession
  targetId = ''
  readonly #preferences: WebPreferences
  readonly #attached: Promise<readonly [Cdp, string]>
  #url = 'about:blank'
  /** The page's own frame, by Chromium's id. */
  #frameId = ''
  #context: number | undefined
  #loading: string | undefined
  #openHandler: OpenHandler = () => ({ action: 'allow' })
  #destroyed = false
  #ports = new PortTable(
    (port, data) => this.#tell({ kind: 'port', port, data }),
    (port) => this.#tell({ kind: 'port-close', port }),
  )

  constructor(preferences: WebPreferences) {
    super()
    this.#preferences = preferences
    all.add(this)
    this.#attached = this.#attach()
  }

  static all(): readonly WebContents[] {
    return [...all]
  }

  get mainFrame(): WebFrame {
    return {
      url: this.#url,
      parent: null,
      postMessage: (channel, message, transfer) => this.postMessage(channel, message, transfer),
    }
  }

  getURL(): string {
    return this.#url
  }

  getLastWebPreferences(): WebPreferences {
    return this.#preferences
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler
  }

  send(channel: string, ...args: unknown[]): void {
    this.#tell({ kind: 'message', channel, args, ports: [] })
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.#tell({ kind: 'message', channel, args: [message], ports: transfer.map((port) => this.#ports.give(port)) })
  }

  /** The page is as large as its window. */
  fit({ width, height }: { readonly width: number; readonly height: number }): void {
    const metrics = { width, height, deviceScaleFactor: 0, mobile: false }
    // A page that is gone has no size.
    this.#attached
      .then(([cdp, sessionId]) => cdp.send('Emulation.setDeviceMetricsOverride', metrics, sessionId))
      .catch(() => undefined)
  }

  async loadURL(url: string): Promise<void> {
    const [cdp, sessionId] = await this.#attached
    const finished = new Promise<void>((resolve) => this.once('did-finish-load', resolve))
    this.#loading = toCarried(url)
    const result = await cdp.send('Page.navigate', { url: this.#loading }, sessionId)
    const { errorText } = navigateResultSchema.parse(result)
    if (errorText !== undefined) throw new Error(`${errorText} loading ${url}`)
    await finished
  }

  reload(): void {
    void this.loadURL(this.#url)
  }

  close(): void {
    this.emit('close-wanted')
  }

  /** Ends the page without asking. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    const [cdp] = await this.#attached
    this.#gone()
    await cdp.send('Target.closeTarget', { targetId: this.targetId }).catch(() => undefined)
  }

  #gone(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    all.delete(this)
    this.#ports.closeAll()
    this.emit('destroyed')
  }

  async #attach(): Promise<readonly [Cdp, string]> {
    const { cdp } = await chromiumLink.start()
    await cdp.send('Target.setDiscoverTargets', { discover: true })
    const created = await cdp.send('Target.createTarget', { url: 'about:blank' })
    this.targetId = targetSchema.parse(created).targetId
    this.#frameId = this.targetId
    const attached = await cdp.send('Target.attachToTarget', { targetId: this.targetId, flatten: true })
    const { sessionId } = attachedSchema.parse(attached)
    this.#listen(cdp, sessionId)
    const send = (method: string, params: object = {}) => cdp.send(method, params, sessionId)
    await send('Runtime.addBinding', { name: PIPE, executionContextName: WORLD })
    for (const script of this.#scripts()) await send('Page.addScriptToEvaluateOnNewDocument', script)
    await send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] })
    await send('Runtime.enable')
    await send('Page.enable')
    return [cdp, sessionId]
  }

  #listen(cdp: Cdp, sessionId: string): void {
    const on = (method: string, listener: (params: unknown) => void): void =>
      cdp.on(method, (params, session) => void (session === sessionId && listener(params)))
    on('Runtime.executionContextCreated', (params) => {
      const { success, data } = contextSchema.safeParse(params)
      if (!success || data.context.name !== WORLD || data.context.auxData.frameId !== this.#frameId) return
      this.#ports.closeAll()
      this.#context = data.context.id
    })
    on('Runtime.bindingCalled', (params) => {
      const { name, payload, executionContextId } = bindingSchema.parse(params)
      if (name === PIPE && executionContextId === this.#context) this.#receive(values.parse(payload))
    })
    on('Page.frameNavigated', (params) => {
      const { frame } = navigatedSchema.parse(params)
      if (frame.parentId === undefined) this.#url = fromCarried(frame.url)
    })
    on('Page.navigatedWithinDocument', (params) => {
      const { frameId, url } = withinSchema.parse(params)
      if (frameId === this.#frameId) this.#url = fromCarried(url)
    })
    on('Page.loadEventFired', () => void this.emit('did-finish-load'))
    on('Page.windowOpen', (params) => void this.#openHandler({ url: fromCarried(openSchema.parse(params).url) }))
    on('Fetch.requestPaused', (params) => {
      const { requestId, frameId, request } = pausedSchema.parse(params)
      const go = this.#mayNavigate(frameId, request.url)
      const answer = go ? 'Fetch.continueRequest' : 'Fetch.failRequest'
      cdp.send(answer, go ? { requestId } : { requestId, errorReason: 'Aborted' }, sessionId).catch(() => undefined)
    })
    cdp.on('Target.targetCreated', (params) => {
      const { targetId, openerId } = createdSchema.parse(params).targetInfo
      if (openerId === this.targetId) void cdp.send('Target.closeTarget', { targetId }).catch(() => undefined)
    })
    cdp.on('Target.targetDestroyed', (params) => {
      if (targetSchema.parse(params).targetId === this.targetId) this.#gone()
    })
  }

  /** A load that the main process asked for passes; what the page itself wants is put before the app's listeners. */
  #mayNavigate(frameId: string, url: string): boolean {
    const isMainFrame = frameId === this.#frameId
    if (isMainFrame && url === this.#loading) {
      this.#loading = undefined
      return true
    }
    let prevented = false
    const event = {
      url: fromCarried(url),
      isMainFrame,
      isSameDocument: false,
      preventDefault: () => (prevented = true),
    }
    this.emit('will-frame-navigate', event)
    if (isMainFrame) this.emit('will-navigate', event, event.url)
    return !prevented
  }

  #scripts(): readonly { readonly source: string; readonly worldName?: string }[] {
    const { preload } = this.#preferences
    const parts = `const values = (${String(createValues)})(), bridgeSide = ${String(bridgeSide)};`
    const page = `(() => { ${parts}
      bridgeSide('host-page', 'host-isolated').onExpose((key, api) =>
        Object.defineProperty(window, key, { value: api, enumerable: true })) })()`
    if (preload === undefined) return [{ source: page }]
    // Not in frames: the app never asks for that.
    const isolated = `if (window === window.top) (() => { ${parts}
      const bridge = bridgeSide('host-isolated', 'host-page')
      const world = (${String(isolatedWorld)})({ platform: ${JSON.stringify(process.platform)}, values, bridge, pipe: globalThis.${PIPE} })
      globalThis.__hostReceive = world.receive;
      ((require, process, module, exports) => { ${readFileSync(preload, 'utf8')}
      })(world.require, world.process, { exports: {} }, {}) })()`
    return [{ source: page }, { source: isolated, worldName: WORLD }]
  }

  #receive(message: WorldMessage): void {
    if (message.kind === 'port') this.#ports.receive(message.port, message.data)
    else if (message.kind === 'port-close') this.#ports.close(message.port)
    else {
      const given = message.kind === 'send' ? message.ports : []
      const event = { sender: this, senderFrame: this.mainFrame, ports: given.map((id) => this.#ports.take(id)) }
      if (message.kind === 'send') ipcMain.emit(message.channel, event, ...message.args)
      else
        ipcMain.invoke(message.channel, event, message.args).then(
          (value) => this.#tell({ kind: 'result', id: message.id, ok: true, value }),
          (err: unknown) => this.#tell({ kind: 'result', id: message.id, ok: false, value: String(err) }),
        )
    }
  }

  /** Lost when there is no page to hear it, as in Electron. */
  #tell(message: HostMessage): void {
    const context = this.#context
    if (context === undefined || this.#destroyed) return
    const expression = `__hostReceive(${JSON.stringify(values.stringify(message))})`
    void this.#attached.then(([cdp, sessionId]) =>
      cdp.send('Runtime.evaluate', { expression, contextId: context }, sessionId).catch(() => undefined),
    )
  }
}

export const webContents = {
  getAllWebContents: () => WebContents.all(),
  fromId: (id: number) => WebContents.all().find((contents) => contents.id === id),
  fromDevToolsTargetId: (targetId: string) => WebContents.all().find((contents) => contents.targetId === targetId),
}
