import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import react from '@vitejs/plugin-react'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { type AgentState, assetOf, securityHeaders } from '../../../protocol/console/index.ts'
import {
  type ControlHandlers,
  decodeFrame,
  encodeFrame,
  parseRequest,
  portLink,
  serveLink,
} from '../../../protocol/control/index.ts'
import { toHex, fromHex } from './hex.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Builds the shipped window, unchanged, into a folder of the test's own. */
export async function buildWindow(outDir: string): Promise<void> {
  // A test runner's own NODE_ENV would bring React's development build.
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    await build({
      root: join(ROOT, 'renderer'),
      plugins: [react()],
      configFile: false,
      logLevel: 'error',
      build: { outDir, emptyOutDir: true, rolldownOptions: { input: join(ROOT, 'renderer/index.html') } },
    })
  } finally {
    process.env['NODE_ENV'] = before
  }
}

export interface ConsoleWindow {
  readonly page: Page
  /** Errors of the page and of its console; a test expects none. */
  readonly problems: readonly string[]
  /** Cuts the link to the agent, and every later one while `down`. */
  sever(down: boolean): Promise<void>
  /** The desktop says how the agent's process stands. */
  tell(state: AgentState): Promise<void>
  /** Other answers from the next call on. */
  serve(handlers: ControlHandlers): void
  close(): Promise<void>
}

export interface ConsoleInit {
  readonly folder: string
  readonly handlers: ControlHandlers
  readonly hash?: string
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** Pixels of the screen that a CSS pixel takes. */
  readonly scale?: number
  /** What the desktop answers, beside the usual. */
  readonly desktop?: Readonly<Record<string, (text: string) => unknown>>
  /** For tools that add script to the page. */
  readonly bypassCSP?: boolean
}

const ORIGIN = 'https://localhost'

/** A desktop on which all is well, and that has no keyring. */
const DESKTOP: Readonly<Record<string, unknown>> = {
  agentState: { phase: 'running', restarts: 0, retryMs: null, error: null },
  keyring: { available: false, remembered: false },
}

/**
 * The built window in a real browser, under its real policy, with the real RPC to handlers of a test: what Electron's preload script does is done
 * here by a script of the browser that carries frames.
 */
export async function openConsole(browser: Browser, init: ConsoleInit): Promise<ConsoleWindow> {
  const context = await browser.newContext({
    viewport: { width: init.width ?? 1440, height: init.height ?? 900 },
    deviceScaleFactor: init.scale ?? 1,
    colorScheme: init.theme ?? 'light',
    bypassCSP: init.bypassCSP ?? false,
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const problems: string[] = []
  let handlers = init.handlers
  let down = false
  const links = new Map<number, { send(frame: string): void; close(): void }>()
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url())
    const asset = url.origin === ORIGIN ? assetOf(url.pathname) : undefined
    if (asset === undefined) return route.abort()
    const body = await readFile(join(init.folder, asset.name))
    return route.fulfill({ body, headers: { ...securityHeaders({ connect: 'none' }), 'content-type': asset.type } })
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  await context.exposeBinding('shoalOpen', (_source, id: number) => {
    if (down) return false
    const { port1, port2 } = new MessageChannel()
    serveLink(
      {
        handlers: through(() => handlers),
        parse: parseRequest,
        onUnexpected: (name, error) => problems.push(`${name}: ${String(error)}`),
      },
      portLink(port1),
    )
    port2.on('message', (frame) => {
      // A page that is gone reads nothing.
      page
        .evaluate(
          ([link, hex]) => globalThis.dispatchEvent(new CustomEvent('shoal-frame', { detail: { link, hex } })),
          [id, toHex(encodeFrame(frame))] as const,
        )
        .catch(() => undefined)
    })
    links.set(id, { send: (hex) => port2.postMessage(decodeFrame(fromHex(hex))), close: () => port2.close() })
    return true
  })
  await context.exposeBinding('shoalAsk', (_source, what: string, text: string) => {
    const value = init.desktop?.[what]?.(text) ?? DESKTOP[what]
    return value === undefined ? { ok: false, error: { code: 'NOT_BUILT_YET', message: what } } : { ok: true, value }
  })
  await context.exposeBinding('shoalSend', (_source, id: number, hex: string) => links.get(id)?.send(hex))
  await context.addInitScript({ content: await preloadScript() })
  await page.goto(`${ORIGIN}/${init.hash ?? ''}`)
  return {
    page,
    problems,
    sever: async (stay) => {
      down = stay
      for (const link of links.values()) link.close()
      links.clear()
      await page.evaluate(() => globalThis.dispatchEvent(new CustomEvent('shoal-cut')))
    },
    tell: (state) =>
      page.evaluate((detail) => void globalThis.dispatchEvent(new CustomEvent('shoal-agent', { detail })), state),
    serve: (next) => {
      handlers = next
    },
    close: async () => {
      await context.close()
      for (const link of links.values()) link.close()
    },
  }
}

/** Handlers that are looked up when they are called, so that a test can change them. */
const through = (current: () => ControlHandlers): ControlHandlers =>
  new Proxy(current(), { get: (_target, name) => Reflect.get(current(), name) as unknown })

/** The in-page half, bundled: frames to and from the port that the window is given. */
async function preloadScript(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL('./in-page.ts', import.meta.url)), formats: ['iife'], name: 'shoalTest' },
    },
  })
  const [output] = Array.isArray(made) ? made : [made]
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  return output.output[0].code
}
