import { createLogger, type Clock, type Logger, type LogLevel, safeJson, systemClock } from '../lifecycle/index.ts'
import type { OpenedControl } from '../control/index.ts'
import type { CliIo } from './io.ts'
import { createProgress, type Progress } from './progress.ts'
import type { HomeInit, OfflineHome, Seams } from './seams.ts'
import { usage } from './text.ts'

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly home?: string
  readonly json?: boolean
}

/** What sets a command apart from the others. */
export interface CommandSettings {
  /** Lines of the log below it are dropped, unless SHOAL_LOG asks for them. By default `warn`. */
  readonly level?: LogLevel
  /** Makes a home that is not there. The others refuse, so that a misspelt --home leaves nothing behind. By default false. */
  readonly createsHome?: boolean
}

/** What a command works with. Whatever it opens is closed after it, however it ends. */
export interface CommandContext {
  readonly io: CliIo
  readonly seams: Seams
  readonly json: boolean
  readonly clock: Clock
  readonly log: Logger
  readonly progress: Progress
  /** Aborts when the person or the system asks the process to stop. */
  readonly signal: AbortSignal
  /** The home, checked and created if need be, with its config. */
  homeInit(): Promise<HomeInit>
  /** The home's control API: a running agent's, else `openOffline`'s (by default without network). */
  control(openOffline?: () => Promise<OfflineHome>): Promise<OpenedControl>
  /** The running agent's control API; undefined when none runs on the home. */
  connect(): Promise<OpenedControl | undefined>
  /** One document on stdout: `document` with --json, else `text` (whole lines). */
  print(document: unknown, text: () => string): void
  /** One whole line on stderr for a person; no progress line gets in its way. */
  note(line: string): void
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export function createContext(
  io: CliIo,
  seams: Seams,
  options: GlobalOptions,
  settings: CommandSettings,
): CommandContext & AsyncDisposable {
  const json = options.json === true
  const clock = systemClock
  const progress = createProgress(io.stderr, clock)
  const wanted = io.env['SHOAL_LOG']
  const asked = LEVELS.find((name) => name === wanted)
  if (wanted !== undefined && wanted !== '' && asked === undefined)
    throw usage(`SHOAL_LOG is one of ${LEVELS.join(', ')}`)
  const write = (line: string): void => {
    progress.clear()
    io.stderr.write(line)
  }
  const log = createLogger({ level: asked ?? settings.level ?? 'warn', json, clock, write })
  const opened: OpenedControl[] = []

  const homeInit = async (): Promise<HomeInit> => {
    const { loadConfig, prepareHome, resolveHome } = await import('../config/index.ts')
    const { env, uid, gid, cwd, userHome } = io
    const wanted = resolveHome({ flag: options.home, env, uid, cwd, userHome })
    const home = prepareHome(wanted, { uid, gid }, settings.createsHome === true)
    return { home, config: await loadConfig(home), clock, log }
  }

  return {
    io,
    seams,
    json,
    clock,
    log,
    progress,
    signal: io.interrupted,
    homeInit,
    control: async (openOffline) => {
      const init = await homeInit()
      const { openControl } = await import('../control/index.ts')
      const offline = openOffline ?? (async () => (await seams.offline()).openOffline(init))
      const client = await openControl({ openOffline: offline, clock, log }, init.home, io.interrupted)
      opened.push(client)
      return client
    },
    connect: async () => {
      const { home } = await homeInit()
      const { connectControl } = await import('../control/index.ts')
      const client = await connectControl(home)
      if (client === undefined) return undefined
      const live = { ...client, live: true }
      opened.push(live)
      return live
    },
    print: (document, text) => {
      progress.clear()
      io.stdout.write(json ? `${safeJson(document)}\n` : text())
    },
    note: (line) => write(`${line}\n`),
    [Symbol.asyncDispose]: async () => {
      progress.clear()
      for (const client of opened.reverse()) await client.close()
    },
  }
}
