import { expect } from 'vitest'
import {
  type AgentInit,
  type AgentModule,
  type CliIo,
  type DemoOptions,
  type HomeInit,
  runCli,
} from '../../node-agent/cli/index.ts'
import { FolderTable } from '../../node-agent/preview/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { fakeHandlers } from './fake-handlers.ts'
import { tempDir } from './temp-dir.ts'

export interface CliRun {
  /** As typed after `shoal`. */
  readonly argv: readonly string[]
  /** A directory for --home; undefined gives none, and commands that need one must not get that far. */
  readonly home?: string
  readonly handlers?: Partial<ControlHandlers>
  readonly agent?: Partial<AgentModule>
  readonly demo?: (options: DemoOptions) => Promise<void>
  readonly env?: Readonly<Record<string, string>>
  readonly tty?: boolean
  readonly signal?: AbortSignal
}

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Names of the seams that were used, in order. */
  readonly used: readonly string[]
  readonly inits: readonly (AgentInit | HomeInit)[]
}

/** A run that may still be going on. */
export interface RunningCli {
  readonly result: Promise<CliResult>
  readonly stdout: () => string
  readonly stderr: () => string
}

/** Runs the whole command line in this process, with a fake agent behind it. */
export function startCli(run: CliRun): RunningCli {
  let stdout = ''
  let stderr = ''
  const used: string[] = []
  const inits: (AgentInit | HomeInit)[] = []
  const handlers = fakeHandlers(run.handlers)
  const output = (write: (text: string) => void) => ({ write, isTty: run.tty === true, columns: 100 })
  const io: CliIo = {
    argv: run.home === undefined ? run.argv : ['--home', run.home, ...run.argv],
    env: run.home === undefined ? { SHOAL_HOME: '/proc/no-such-home', ...run.env } : { ...run.env },
    cwd: '/srv',
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    userHome: '/home/ann',
    version: '0.0.0',
    program: '/bin/shoal.mjs',
    node: '/bin/node',
    stdout: output((text) => (stdout += text)),
    stderr: output((text) => (stderr += text)),
    interrupted: run.signal ?? new AbortController().signal,
  }
  const module: AgentModule = {
    createAgent: (init) => {
      used.push('createAgent')
      inits.push(init)
      return fakeAgent(handlers, used)
    },
    openOffline: async (init) => {
      used.push('openOffline')
      inits.push(init)
      return { handlers, folders: new FolderTable({ roots: [] }), close: async () => void used.push('close') }
    },
    ...run.agent,
  }
  const demo = run.demo ?? (async () => undefined)
  const result = runCli(io, {
    agent: async () => module,
    offline: async () => module,
    demo: async () => {
      used.push('demo')
      return { runDemo: demo }
    },
  }).then((code) => ({ code, stdout, stderr, used, inits }))
  return { result, stdout: () => stdout, stderr: () => stderr }
}

export const cli = (run: CliRun): Promise<CliResult> => startCli(run).result

/** Starts and stops and says so. */
export const fakeAgent = (
  handlers: ControlHandlers,
  used: string[],
  failure: Promise<Error> = new Promise(() => undefined),
): ReturnType<AgentModule['createAgent']> => ({
  start: async () => void used.push('start'),
  stop: async () => void used.push('stop'),
  handlers,
  peerId: () => '12D3KooWself',
  addresses: () => ['/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWself'],
  failure,
  folders: new FolderTable({ roots: [] }),
})

/** The error that `code` stands for, for seams that fail. */
export const failing =
  (code: ConstructorParameters<typeof ShoalError>[0], message: string) => async (): Promise<never> => {
    throw new ShoalError(code, message)
  }

/** stdout of a run that must succeed. */
export async function outOf(argv: readonly string[], more: Partial<Parameters<typeof cli>[0]> = {}): Promise<string> {
  const { code, stdout, stderr } = await cli({ home: await tempDir(), ...more, argv })
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return stdout
}
