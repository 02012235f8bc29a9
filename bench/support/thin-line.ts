import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { homeAt } from '../../test/support/homes.ts'
import type { Network } from '../../test/support/namespaces.ts'

/** A line between two namespaces as the emulator makes it. */
export interface Line {
  /** A packet-level emulator that understands -a NS -b NS -d MS -l PERCENT -r KBIT -q KIB, prints `ready`, and toggles an outage upon SIGUSR1. */
  readonly emulator: string
  /** Kilobits a second, each way. */
  readonly kbit: string
  /** One-way delay. */
  readonly delayMs: string
  readonly lossPercent: string
  readonly queueKiB: string
  /** TCP's congestion control in both namespaces; undefined for the system's own. */
  readonly congestion: string | undefined
}

const FAR = '10.99.0.1'
export const NEAR = '10.99.0.2'
const RAW = new URL('raw-tcp.ts', import.meta.url).pathname

export const inside = (space: string, ...command: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', space, ...command], { encoding: 'utf8' })

/** A publisher at the far end, and a host at the near one. */
export interface Mesh {
  publish(name: string, content: Uint8Array): void
  /** Until the host has proved a release. */
  wait(sequence: number): Promise<void>
  /** Kills the host's agent and starts it again. */
  restart(): Promise<void>
}

/** The namespaces `far`, which has content, and `near`, which gets it, and what may cross the line between them. */
export class ThinLine {
  readonly far: string
  readonly near: string
  readonly link: ChildProcess
  readonly #net: Network
  readonly #work: string
  readonly #agents: ChildProcess[] = []

  private constructor(net: Network, work: string, line: Line) {
    this.#net = net
    this.#work = work
    this.far = net.add('pub', 'host')
    this.near = net.add('host', 'host')
    const shape = ['-d', line.delayMs, '-l', line.lossPercent, '-r', line.kbit, '-q', line.queueKiB]
    this.link = spawn(line.emulator, ['-a', this.far, '-b', this.near, ...shape], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  static async open(net: Network, work: string, line: Line): Promise<ThinLine> {
    const opened = new ThinLine(net, work, line)
    await new Promise((ready) => opened.link.stdout?.once('data', ready))
    const { congestion } = line
    for (const [space, own] of [[opened.far, FAR] as const, [opened.near, NEAR] as const]) {
      const route = ['10.99.0.0/24', 'dev', 'pl0', 'src', own]
      if (congestion !== undefined) inside(space, 'ip', 'route', 'replace', ...route, 'congctl', congestion)
    }
    return opened
  }

  async close(): Promise<void> {
    for (const child of [...this.#agents, this.link]) child.kill('SIGKILL')
    await sleep(500)
  }

  /** Bytes that arrived at the near end so far. */
  received(): number {
    return this.#net.bytes(this.near, 'pl0').received
  }

  /** Bytes that left the far end so far, lost ones included. */
  sent(): number {
    return this.#net.bytes(this.far, 'pl0').sent
  }

  /** One TCP stream. @returns seconds */
  async raw(bytes: number): Promise<number> {
    const command = [process.execPath, RAW, 'serve', FAR, '9000', String(bytes)]
    const server = spawn('ip', ['netns', 'exec', this.far, ...command], { stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((ready) => server.stdout.once('data', ready))
    try {
      return Number(await this.#run(process.execPath, RAW, 'fetch', FAR, '9000'))
    } finally {
      server.kill('SIGKILL')
    }
  }

  /** @returns seconds */
  async rsync(content: Uint8Array): Promise<number> {
    const [source, config, copy] = ['source', 'rsyncd.conf', 'copy'].map((name) => join(this.#work, name))
    if (source === undefined || config === undefined || copy === undefined) return Number.NaN
    mkdirSync(source, { recursive: true })
    rmSync(copy, { recursive: true, force: true })
    writeFileSync(join(source, 'new'), content)
    writeFileSync(config, `use chroot = no\nuid = 0\ngid = 0\n[tree]\npath = ${source}\n`)
    const daemon = ['--daemon', '--no-detach', `--address=${FAR}`, '--port=8730', `--config=${config}`]
    const server = spawn('ip', ['netns', 'exec', this.far, 'rsync', ...daemon], { stdio: 'ignore' })
    await sleep(500)
    const startMs = performance.now()
    try {
      await this.#run('rsync', '-a', `rsync://${FAR}:8730/tree/`, copy)
    } finally {
      server.kill('SIGKILL')
    }
    return (performance.now() - startMs) / 1000
  }

  /** A mesh of a publisher and a host that follows its channel, at their first release. */
  async mesh(config = ''): Promise<Mesh> {
    const tree = join(this.#work, 'tree')
    mkdirSync(tree)
    const [admin, home] = [homeAt(this.#work, 'admin', config), homeAt(this.#work, 'host', config)]
    const net = this.#net
    net.shoal(this.far, admin, 'mesh', 'create', 'bench')
    const invited = net.shoal(this.far, admin, 'mesh', 'invite', 'host', '--site', 'oslo')
    net.shoal(this.near, home, 'join', invited.trim().split('\n').at(-1) ?? '')
    net.shoal(this.near, home, 'target', 'add', 'web', join(this.#work, 'live'))
    const receiver = (): Promise<ChildProcess> => net.agent(this.near, home, '0.0.0.0', [`/ip4/${FAR}/tcp/4001`])
    this.#agents.push(await net.agent(this.far, admin, FAR), await receiver())
    const publish = (name: string, content: Uint8Array): void => {
      writeFileSync(join(tree, name), content)
      net.shoal(this.far, admin, 'publish', tree, '--channel', 'web')
    }
    publish('first', Buffer.from('first\n'))
    net.shoal(this.far, admin, 'wait', '--channel', 'web', '--timeout', '5m')
    await sleep(5_000)
    // Asked of the host: nothing crosses the line for it.
    const wait = async (sequence: number): Promise<void> => {
      const main = new URL('../../node-agent/main.ts', import.meta.url).pathname
      const command = ['wait', '--channel', 'web', '--sequence', String(sequence), '--timeout', '30m']
      await this.#run(process.execPath, main, '--home', home, ...command)
    }
    const restart = async (): Promise<void> => {
      this.#agents.pop()?.kill('SIGKILL')
      await sleep(500)
      this.#agents.push(await receiver())
    }
    return { publish, wait, restart }
  }

  /** Round trips of an interactive session beside whatever else is on the line, in ms; Infinity for each that was lost. */
  async ping(during: () => Promise<unknown>): Promise<number[]> {
    const command = ['netns', 'exec', this.near, 'ping', '-n', '-i', '0.2', FAR]
    const ping = spawn('ip', command, { stdio: ['ignore', 'pipe', 'ignore'] })
    const times = new Map<number, number>()
    ping.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const [, seq, ms] of text.matchAll(/icmp_seq=(\d+) .*time=([\d.]+)/g)) times.set(Number(seq), Number(ms))
    })
    try {
      await during()
    } finally {
      ping.kill('SIGKILL')
    }
    const sent = Math.max(0, ...times.keys())
    return Array.from({ length: sent }, (_, i) => times.get(i + 1) ?? Number.POSITIVE_INFINITY)
  }

  /** Bytes a second between a tenth and nine tenths of `bytes`, while something brings them. */
  async rate(bytes: number, during: () => Promise<unknown>): Promise<number> {
    const before = this.received()
    const marks: number[] = []
    const look = (): void => {
      const share = (this.received() - before) / bytes
      if (marks.length === 0 && share >= 0.1) marks.push(performance.now(), this.received())
      else if (marks.length === 2 && share >= 0.9) marks.push(performance.now(), this.received())
    }
    const timer = setInterval(look, 250)
    try {
      await during()
    } finally {
      clearInterval(timer)
    }
    const [fromMs = Number.NaN, from = 0, toMs = Number.NaN, to = 0] = marks
    return ((to - from) / (toMs - fromMs)) * 1000
  }

  async #run(...command: readonly string[]): Promise<string> {
    const child = spawn('ip', ['netns', 'exec', this.near, ...command], { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const code = await new Promise<number | null>((exited) => child.once('close', exited))
    if (code !== 0) throw new Error(`${command.slice(0, 3).join(' ')} ended with ${code}`)
    return output
  }
}
