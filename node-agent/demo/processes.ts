import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ShoalError } from '../../protocol/index.ts'

/** How the demo runs the program: exactly as its user would, as separate processes. */
export interface ProgramInit {
  readonly node: string
  /** node-agent/bin/shoal.mjs. */
  readonly program: string
  readonly signal: AbortSignal
}

/** A running agent of the demo. */
export interface AgentProcess {
  readonly pid: number
  readonly addresses: readonly string[]
  /** SIGTERM, and waits until it has gone. @throws INTERNAL when it did not exit with 0 */
  stop(): Promise<void>
  /** SIGKILL: the plug is pulled. */
  kill(): Promise<void>
}

/** See `Program.watch`. */
export interface Watch {
  readonly ready: Promise<void>
  readonly found: Promise<unknown>
}

interface Exit {
  readonly code: number | null
  readonly stderr: string
}

/** Runs the program's commands and agents, and knows every process it started. */
export class Program {
  readonly #init: ProgramInit
  readonly #running = new Set<ChildProcess>()

  constructor(init: ProgramInit) {
    this.#init = init
  }

  /** Runs one command with `--json` and returns its document. @throws the command's own error, or CANCELLED */
  async json(home: string, ...args: readonly string[]): Promise<unknown> {
    const child = this.#spawn(home, [...args, '--json'])
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const { code, stderr } = await this.#exit(child)
    if (code !== 0) throw commandError(args, stderr)
    return stdout.trim() === '' ? undefined : JSON.parse(stdout)
  }

  /** Starts an agent and waits until it is ready. */
  async agent(home: string): Promise<AgentProcess> {
    const child = this.#spawn(home, ['agent', '--listen', '/ip4/127.0.0.1/tcp/0', '--json'])
    const exit = this.#exit(child)
    const ready = await Promise.race([firstLine(child), exit])
    if (typeof ready !== 'string') throw commandError(['agent'], ready.stderr)
    const event: { readonly addresses: readonly string[] } = JSON.parse(ready)
    return {
      pid: child.pid ?? 0,
      addresses: event.addresses,
      stop: async () => {
        child.kill('SIGTERM')
        const { code, stderr } = await exit
        if (code !== 0) throw commandError(['agent'], stderr)
      },
      kill: async () => {
        child.kill('SIGKILL')
        await exit
      },
    }
  }

  /**
   * Follows a command that prints one document a line. `ready` resolves at the first line, `found` at the first that `wanted` accepts;
   * then the command is ended.
   */
  watch(home: string, args: readonly string[], wanted: (document: unknown) => boolean): Watch {
    const child = this.#spawn(home, [...args, '--json'])
    const exit = this.#exit(child)
    const ready = Promise.withResolvers<void>()
    const found = Promise.withResolvers<unknown>()
    const fail = (err: unknown): void => {
      ready.reject(err)
      found.reject(err)
    }
    exit.then(({ stderr }) => fail(commandError(args, stderr)), fail)
    found.promise.catch(() => undefined)
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        ready.resolve()
        const document: unknown = JSON.parse(line)
        if (!wanted(document)) return
        found.resolve(document)
        child.kill('SIGTERM')
      })
    }
    return { ready: ready.promise, found: found.promise }
  }

  /** Kills whatever still runs, and waits for it. */
  async killAll(): Promise<void> {
    const gone = [...this.#running].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of this.#running) child.kill('SIGKILL')
    await Promise.all(gone)
  }

  #spawn(home: string, args: readonly string[]): ChildProcess {
    if (this.#init.signal.aborted) throw new ShoalError('CANCELLED', 'the demo was stopped')
    const child = spawn(this.#init.node, [this.#init.program, '--home', home, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    child.once('close', () => this.#running.delete(child))
    return child
  }

  async #exit(child: ChildProcess): Promise<Exit> {
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-8192)))
    const kill = (): void => void child.kill('SIGKILL')
    this.#init.signal.addEventListener('abort', kill, { once: true })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    this.#init.signal.removeEventListener('abort', kill)
    if (this.#init.signal.aborted) throw new ShoalError('CANCELLED', 'the demo was stopped')
    return { code, stderr }
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new ShoalError('INTERNAL', 'the agent has no standard output')
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve) => lines.once('line', resolve))
}

/** The last `shoal: CODE: message` line of a command becomes the demo's own failure. */
function commandError(args: readonly string[], stderr: string): ShoalError {
  const line = stderr
    .trimEnd()
    .split('\n')
    .findLast((text) => text.startsWith('shoal: '))
  return new ShoalError(
    'INTERNAL',
    `\`shoal ${args.slice(0, 2).join(' ')}\` failed: ${line ?? stderr.trim().slice(-500)}`,
  )
}
