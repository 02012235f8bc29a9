import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../node-agent/main.ts', import.meta.url))
const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' })

/** A line's rate in Mbit/s each way, and the bytes that may leave at once. */
export interface Line {
  readonly megabits: number
}

/** Network namespaces joined by veth pairs, all removed when it is disposed of. Needs root. */
export class Network implements Disposable {
  readonly #prefix: string
  readonly #names: string[] = []
  #links = 0

  constructor(label: string) {
    this.#prefix = `${label}-${process.pid}`
  }

  /** A namespace; `bridge` makes it a switch. @returns its name */
  add(name: string, kind: 'host' | 'switch'): string {
    const full = `${this.#prefix}-${name}`
    ip('netns', 'add', full)
    this.#names.push(full)
    ip('-n', full, 'link', 'set', 'lo', 'up')
    if (kind === 'switch') {
      ip('-n', full, 'link', 'add', 'br0', 'type', 'bridge')
      ip('-n', full, 'link', 'set', 'br0', 'up')
    }
    return full
  }

  /** Joins a namespace to a switch. `address` for a host; none joins two switches. @returns the interface in `from` */
  join(from: string, to: string, address?: string, line?: Line): string {
    const [near, far] = [`v${this.#links}a`, `v${this.#links}b`]
    this.#links++
    ip('link', 'add', near, 'netns', from, 'type', 'veth', 'peer', 'name', far, 'netns', to)
    ip('-n', to, 'link', 'set', far, 'master', 'br0')
    if (address === undefined) ip('-n', from, 'link', 'set', near, 'master', 'br0')
    else ip('-n', from, 'addr', 'add', `${address}/16`, 'dev', near)
    for (const [space, end] of [
      [from, near],
      [to, far],
    ] as const) {
      ip('-n', space, 'link', 'set', end, 'up')
      if (line !== undefined) this.#shape(space, end, line)
    }
    return near
  }

  /** Joins a namespace to a switch as its gateway, and to the outside, behind a NAT that lets in only what answers. `ports`: whether it keeps the port of who sends. */
  nat(space: string, init: { outside: string; address: string; lan: string; ports: 'kept' | 'random' }): void {
    const { outside, address, lan, ports } = init
    const uplink = this.join(space, outside, address)
    this.join(space, lan, '192.168.1.1')
    this.#run(space, 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    const rules = `table ip nat {
      chain out { type nat hook postrouting priority 100; oifname ${uplink} masquerade ${ports === 'kept' ? '' : 'random,fully-random'}; }
      chain in { type filter hook input priority 0; policy accept; iifname ${uplink} ct state { established, related } accept; iifname ${uplink} drop; }
      chain pass { type filter hook forward priority 0; policy accept; iifname ${uplink} ct state { established, related } accept; iifname ${uplink} drop; }
    }`
    execFileSync('ip', ['netns', 'exec', space, 'nft', '-f', '-'], { input: rules })
  }

  /** Sends what is for elsewhere to a gateway. */
  route(space: string, gateway: string): void {
    ip('-n', space, 'route', 'add', 'default', 'via', gateway)
  }

  #shape(space: string, end: string, { megabits }: Line): void {
    const shape = ['rate', `${megabits}mbit`, 'burst', '16kb', 'latency', '300ms']
    this.#run(space, 'tc', 'qdisc', 'add', 'dev', end, 'root', 'tbf', ...shape)
  }

  #run(space: string, ...command: readonly string[]): string {
    return ip('netns', 'exec', space, ...command)
  }

  /** Bytes that crossed an interface so far, both ways. */
  bytes(space: string, end: string): { readonly received: number; readonly sent: number } {
    const line = this.#run(space, 'cat', '/proc/net/dev')
      .split('\n')
      .find((row) => row.includes(`${end}:`))
    const fields = line?.split(':')[1]?.trim().split(/\s+/).map(Number) ?? []
    return { received: fields[0] ?? Number.NaN, sent: fields[8] ?? Number.NaN }
  }

  /** One command of the program in a namespace. @throws with what it said */
  shoal(space: string, home: string, ...args: readonly string[]): string {
    const command = ['netns', 'exec', space, process.execPath, MAIN, '--home', home, ...args]
    const ran = spawnSync('ip', command, { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(`shoal ${args.join(' ')}: ${ran.stderr}`)
    return ran.stdout
  }

  /** An agent in a namespace, ready; what it logs goes beside its home. */
  async agent(space: string, home: string, address: string, bootstrap: readonly string[] = []): Promise<ChildProcess> {
    const known = bootstrap.flatMap((place) => ['--bootstrap', place])
    const listen = ['agent', '--listen', `/ip4/${address}/tcp/4001`, ...known, '--json']
    const command = ['netns', 'exec', space, process.execPath, MAIN, '--home', home, ...listen]
    const log = openSync(`${home}.log`, 'a')
    const child = spawn('ip', command, { stdio: ['ignore', 'pipe', log] })
    closeSync(log)
    await new Promise((ready) => child.stdout?.once('data', ready))
    return child
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) spawnSync('ip', ['netns', 'del', name])
  }
}
