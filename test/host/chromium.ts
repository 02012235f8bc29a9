import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumPath } from '../support/chromium.ts'
import { Cdp } from './cdp.ts'

/** Quiet, deterministic, and with no network but the host's own proxy. */
const switches = (profile: string, proxyPort: number): readonly string[] => [
  '--headless',
  '--no-sandbox',
  '--no-startup-window',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-sync',
  '--disable-popup-blocking',
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
  '--force-color-profile=srgb',
  // Ports of Electron's pages tell when the other end is gone.
  '--enable-blink-features=MessagePortCloseEvent',
  '--password-store=basic',
  '--use-mock-keychain',
  '--remote-debugging-port=0',
  // Nobody speaks on the pipe: it closes with the process that holds it, however that ends, and Chromium ends with it.
  '--remote-debugging-pipe',
  `--user-data-dir=${profile}`,
  `--proxy-server=http://127.0.0.1:${proxyPort}`,
  '--proxy-bypass-list=<-loopback>',
]

export interface RunningChromium {
  readonly cdp: Cdp
  /** What a second client, Playwright, connects to. */
  readonly endpoint: string
  /** Ends it and waits until it has. */
  close(): Promise<void>
}

export async function startChromium(proxyPort: number): Promise<RunningChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'shoal-host-'))
  const child = spawn(await chromiumPath(), switches(profile, proxyPort), {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const endpoint = await endpointOf(child)
  return {
    cdp: await Cdp.connect(endpoint),
    endpoint,
    close: async () => {
      child.kill('SIGKILL')
      await gone
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said.slice(-2000)}`)))
    child.once('error', reject)
    child.stderr?.on('data', (data: Buffer) => {
      said += data.toString()
      const [, endpoint] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
      if (endpoint !== undefined) resolve(endpoint)
    })
  })
}
