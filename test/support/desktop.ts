import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { builtApp, CHECKOUT } from './built-app.ts'
import { REAL_ELECTRON } from './real-electron.ts'

export interface Desktop extends AsyncDisposable {
  readonly app: ElectronApplication
  readonly page: Page
  readonly home: string
  /** Where the app keeps what is its own. */
  readonly config: string
  /** What the window said on its console and what it failed to load. */
  readonly complaints: readonly string[]
}

export interface DesktopInit {
  /** Folder of the app; the checkout by default. */
  readonly folder?: string
  readonly home?: string
  readonly config?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A home whose agent is reached on loopback alone. */
export async function quietHome(home: string): Promise<string> {
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'config.toml'), 'mdns = false\nlisten = ["/ip4/127.0.0.1/tcp/0"]\n')
  return home
}

/** What one start of the app is given. */
export async function desktopOptions({ folder, args = [], env = {} }: DesktopInit, home: string, config: string) {
  const cwd = folder ?? (await builtApp())
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name === 'NODE_OPTIONS' || name.startsWith('VITEST') ? [] : [[name, value] as const],
  )
  return {
    executablePath: REAL_ELECTRON ?? join(CHECKOUT, 'test/host/electron'),
    args: [cwd, ...args],
    cwd,
    env: { ...Object.fromEntries(inherited), SHOAL_HOME: home, XDG_CONFIG_HOME: config, ...env },
  }
}

/** Starts the built app on a home of its own and waits for its page. Dispose of it. */
export async function startDesktop(init: DesktopInit = {}): Promise<Desktop> {
  const work = await mkdtemp(join(tmpdir(), 'shoal-desktop-'))
  const home = init.home ?? join(work, 'home')
  const config = init.config ?? join(work, 'config')
  if (init.home === undefined) await quietHome(home)
  const app = await _electron.launch(await desktopOptions(init, home, config))
  const complaints: string[] = []
  const page = await app.firstWindow()
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (err) => void complaints.push(err.message))
  await page.locator('#app > *').first().waitFor()
  const dispose = async (): Promise<void> => {
    await app.close()
    await rm(work, { recursive: true, force: true, maxRetries: 5 })
  }
  return { app, page, home, config, complaints, [Symbol.asyncDispose]: dispose }
}
