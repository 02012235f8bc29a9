import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CliIo, Output } from './cli/index.ts'
import { runCli } from './cli/index.ts'
import { ShoalError } from '../protocol/errors/index.ts'
import { keepHeapSmall } from './lifecycle/memory.ts'

/** The process edge: arguments, environment, signals, exit code. */

/** A terminal's ^C reaches the launcher and this process, and the launcher passes its own on: within this time they are one wish. */
const SAME_SIGNAL_MS = 500

keepHeapSmall()

const interrupted = new AbortController()
let askedAt: number | undefined

function interrupt(): void {
  const now = performance.now()
  // A second wish: whoever asks again does not want to wait for an orderly end.
  if (askedAt !== undefined && now - askedAt > SAME_SIGNAL_MS) process.exit(1)
  askedAt ??= now
  interrupted.abort(new ShoalError('CANCELLED', 'interrupted; what was not finished is untouched'))
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

function output(stream: NodeJS.WriteStream): Output {
  let broken = false
  stream.on('error', () => {
    // EPIPE: nobody reads any more (`shoal show web | head`). There is no one to tell.
    broken = true
    interrupted.abort(new ShoalError('CANCELLED', 'nobody reads the output'))
  })
  return {
    write: (text) => {
      if (!broken && text !== '') stream.write(text)
    },
    isTty: stream.isTTY === true,
    get columns() {
      return stream.isTTY === true && stream.columns > 0 ? stream.columns : 80
    },
  }
}

function versionOf(packageFile: URL): string {
  const value: unknown = JSON.parse(readFileSync(packageFile, 'utf8'))
  const found = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
  return typeof found === 'string' ? found : 'unknown'
}

const io: CliIo = {
  argv: process.argv.slice(2),
  env: process.env,
  cwd: currentDirectory(),
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  userHome: homedir(),
  version: versionOf(new URL('../package.json', import.meta.url)),
  program: fileURLToPath(new URL('bin/shoal.mjs', import.meta.url)),
  node: process.execPath,
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  interrupted: interrupted.signal,
}

/** A working directory that was removed must not keep commands from running that do not need it. */
function currentDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

const code = await runCli(io, {
  agent: () => import('./agent.ts'),
  offline: () => import('./offline.ts'),
  demo: () => import('./demo/index.ts'),
})
// Whatever a library left open must not keep a finished command alive; what was written goes out first.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))))
process.exit(code)
