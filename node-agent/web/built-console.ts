import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ShoalError } from '../../protocol/errors/index.ts'

export interface BuiltConsoleInit {
  /** Folder of the package. */
  readonly root: string
  /** Absolute path of the running Node.js. */
  readonly node: string
  /** Told before it is built. */
  readonly note: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * Folder of the built console; in a checkout that has its tools it is built first when it is not there, or older than its sources.
 * @throws CONSOLE_NOT_BUILT, CANCELLED
 */
export async function builtConsole({ root, node, note, signal }: BuiltConsoleInit): Promise<string> {
  const folder = join(root, 'out', 'renderer')
  const page = join(folder, 'index.html')
  const built = existsSync(page)
  const builder = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  if (!existsSync(builder) || !existsSync(join(root, 'renderer', 'index.html'))) {
    if (built) return folder
    throw new ShoalError(
      'CONSOLE_NOT_BUILT',
      `the console's page is not in ${folder}, and its tools are not here to build it`,
    )
  }
  if (built && statSync(page).mtimeMs >= newestSourceMs(root)) return folder
  note(built ? 'the console is older than its sources; building it' : 'the console is not built yet; building it')
  const said = await build(node, [builder, 'build'], root, signal)
  if (said === undefined && existsSync(page)) return folder
  throw new ShoalError(
    'CONSOLE_NOT_BUILT',
    `the console could not be built; \`npm run build\` in ${root} says why${said ? `: ${said}` : ''}`,
  )
}

/** What the window is built from. */
const SOURCES = ['renderer', 'protocol'] as const

/** When the newest file or folder that the window is built from was changed. */
function newestSourceMs(root: string): number {
  const inside = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  return Math.max(...[...SOURCES, ...inside].map((path) => statSync(join(root, path)).mtimeMs))
}

/** Last line of what a failed build said; undefined when it worked. */
function build(node: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], signal })
    let tail = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-2000)))
    child.once('error', (cause) =>
      reject(
        signal.aborted
          ? new ShoalError('CANCELLED', 'interrupted while the console was built')
          : new ShoalError('CONSOLE_NOT_BUILT', `the build cannot be started: ${cause.message}`, { cause }),
      ),
    )
    child.once('close', (code) => resolve(code === 0 ? undefined : (tail.trim().split('\n').at(-1) ?? '')))
  })
}
