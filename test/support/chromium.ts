import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { alone } from './alone.ts'

/** What finding a browser needs of a machine; tests give another one. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly isRoot: boolean
  isExecutable(path: string): boolean
  list(folder: string): readonly string[]
  /** Runs a program to its end; what it said is the answer when it failed. */
  run(command: string, args: readonly string[]): { readonly ok: boolean; readonly output: string }
}

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
] as const

const PLAYWRIGHT_CLI = join(import.meta.dirname, '../../node_modules/playwright-core/cli.js')
/** A browser of 150 MB over a slow line. */
const INSTALL_MS = 15 * 60_000

/** The browser that is there: `CHROMIUM_BIN`, a package of the system, or what Playwright once fetched. */
export function findChromium(machine: Machine): string | undefined {
  const named = machine.env['CHROMIUM_BIN']
  if (named !== undefined && named !== '') {
    if (!machine.isExecutable(named)) throw new Error(`CHROMIUM_BIN names ${named}, which cannot be run`)
    return named
  }
  return PLACES.find((path) => machine.isExecutable(path)) ?? fromPlaywright(machine)
}

function fromPlaywright(machine: Machine): string | undefined {
  const cache = machine.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(machine.home, '.cache/ms-playwright')
  const builds = machine.list(cache).filter((name) => /^chromium(_headless_shell)?-\d+$/.test(name))
  return builds
    .toSorted()
    .toReversed()
    .flatMap((build) => machine.list(join(cache, build)).map((folder) => join(cache, build, folder)))
    .flatMap((folder) => ['chrome', 'headless_shell', 'chrome-headless-shell'].map((name) => join(folder, name)))
    .find((path) => machine.isExecutable(path))
}

/**
 * The path of a Chromium that runs; it is installed when there is none: from Debian's packages as root, else by Playwright.
 * @throws Error that names every way that was tried and what it said
 */
export function ensureChromium(machine: Machine): string {
  const found = findChromium(machine)
  if (found !== undefined) return found
  const tried: string[] = []
  for (const [command, ...args] of installers(machine)) {
    const { ok, output } = machine.run(command, args)
    const installed = ok ? findChromium(machine) : undefined
    if (installed !== undefined) return installed
    tried.push(`${[command, ...args].join(' ')}: ${output.trim().split('\n').slice(-3).join(' ')}`)
  }
  throw new Error(
    `The tests of the console need Chromium, there is none, and it could not be installed:\n${tried.join('\n')}\n` +
      'Install it (Debian: apt-get install chromium) or set CHROMIUM_BIN to one.',
  )
}

function installers(machine: Machine): readonly (readonly [string, ...string[]])[] {
  const wait = ['-o', 'DPkg::Lock::Timeout=300']
  const playwright = [process.execPath, PLAYWRIGHT_CLI, 'install', 'chromium'] as const
  if (!machine.isRoot || !machine.isExecutable('/usr/bin/apt-get')) return [playwright]
  const install = [
    'apt-get',
    ...wait,
    'install',
    '-y',
    '--no-install-recommends',
    'chromium',
    'fonts-dejavu-core',
  ] as const
  return [install, ['apt-get', ...wait, 'update'], install, [...playwright, '--with-deps']]
}

const THIS_MACHINE: Machine = {
  env: process.env,
  home: homedir(),
  isRoot: process.getuid?.() === 0,
  isExecutable: (path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  },
  list: (folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  },
  run: (command, args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env, timeout: INSTALL_MS })
    return { ok: status === 0, output: error?.message ?? `${stdout}${stderr}` }
  },
}

/** A browser for one test file. Close it. The sandbox of Chromium does not start as root, nor in many containers. */
export async function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = await chromiumPath()
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] })
}

/** The Chromium of this machine, installed first when there is none. @throws as `ensureChromium` */
export const chromiumPath = async (): Promise<string> =>
  findChromium(THIS_MACHINE) ?? (await alone('chromium-install', () => ensureChromium(THIS_MACHINE)))
