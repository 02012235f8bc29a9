import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { StatusDocument } from '../../protocol/status/index.ts'

const MAIN = fileURLToPath(new URL('../../node-agent/main.ts', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningAgent {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly stop: () => Promise<number | null>
  readonly kill: () => Promise<number | null>
}

function start(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
  return { child, ended }
}

/** Runs one command of the program in a process of its own. */
export const shoal = (home: string, ...args: readonly string[]): Promise<Ran> => start(['--home', home, ...args]).ended

/** As `shoal`, with `--json`; the document, or the command's error text thrown. */
export async function shoalJson<T>(home: string, ...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await shoal(home, ...args, '--json')
  if (code !== 0) throw new Error(`shoal ${args.join(' ')} exited ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}

/** An agent on loopback, ready; killed when the test ends. */
export async function startAgent(home: string, ...args: readonly string[]): Promise<RunningAgent> {
  const { child, ended } = start(['--home', home, 'agent', '--listen', '/ip4/127.0.0.1/tcp/0', '--json', ...args])
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const { stdout } = child
  if (stdout === null) throw new Error('no stdout')
  const line = new Promise<string>((resolve) => createInterface({ input: stdout }).once('line', resolve))
  const first = await Promise.race([line, ended])
  if (typeof first !== 'string') throw new Error(`the agent ended with ${first.code}: ${first.stderr}`)
  const { peerId, addresses }: { peerId: string; addresses: readonly string[] } = JSON.parse(first)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    child.kill(signal)
    return (await ended).code
  }
  return { peerId, addresses, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** A home that keeps to loopback. */
export function quietHome(folder: string, name: string): string {
  const home = join(folder, name)
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'config.toml'), 'mdns = false\n')
  return home
}

/** An enrolled host with a target for channel `web` at `folder/NAME.tree`; its agent is not started. */
export async function enrolledHost(folder: string, admin: string, name: string, site: string) {
  const { ticket } = await shoalJson<{ ticket: string }>(admin, 'mesh', 'invite', name, '--site', site)
  const home = quietHome(folder, name)
  const root = join(folder, `${name}.tree`)
  await shoalJson(home, 'join', ticket)
  await shoalJson(home, 'target', 'add', 'web', root)
  return { home, root, ticket }
}

export const statusOf = (home: string): Promise<StatusDocument> => shoalJson<StatusDocument>(home, 'status')
