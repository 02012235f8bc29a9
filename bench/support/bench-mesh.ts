import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { homeAt } from '../../test/support/homes.ts'
import type { Line, Network } from '../../test/support/namespaces.ts'

export const PUBLISHER_ADDRESS = '10.77.0.1'
export const CHANNEL = 'web'

export interface EnrolInit {
  readonly address: string
  readonly site: string
  /** The switch that it is joined to; else that of the publisher. */
  readonly lan?: string
  readonly line?: Line
  /** Addresses of members that it knows. */
  readonly known?: readonly string[]
}

/** A host with a target of the channel. */
export interface BenchHost {
  readonly space: string
  /** Its end of its line. */
  readonly end: string
  readonly home: string
  readonly site: string
  readonly address: string
  start(): Promise<ChildProcess>
}

interface Parts {
  readonly work: string
  readonly net: Network
  readonly core: string
  readonly space: string
  readonly uplink: string
  readonly admin: string
  readonly publisher: ChildProcess
}

/** A publisher at a switch in the middle, and hosts around it, each in a network namespace of its own. Disposing of it ends all agents. */
export class BenchMesh implements AsyncDisposable {
  readonly net: Network
  /** The switch in the middle. */
  readonly core: string
  /** Of the publisher, with its end of its line, and its agent. */
  readonly space: string
  readonly uplink: string
  readonly publisher: ChildProcess
  readonly #work: string
  readonly #admin: string
  readonly #agents: ChildProcess[]

  private constructor({ work, net, core, space, uplink, admin, publisher }: Parts) {
    this.net = net
    this.core = core
    this.space = space
    this.uplink = uplink
    this.publisher = publisher
    this.#work = work
    this.#admin = admin
    this.#agents = [publisher]
  }

  /** @param work folder for the homes and trees @param line of the publisher */
  static async open(work: string, net: Network, line?: Line): Promise<BenchMesh> {
    const [core, space] = [net.add('core', 'switch'), net.add('pub', 'host')]
    const uplink = net.join(space, core, PUBLISHER_ADDRESS, line)
    const admin = homeAt(work, 'admin')
    net.shoal(space, admin, 'mesh', 'create', 'bench')
    const publisher = await net.agent(space, admin, PUBLISHER_ADDRESS)
    return new BenchMesh({ work, net, core, space, uplink, admin, publisher })
  }

  /** A command at the publisher. */
  shoal(...args: readonly string[]): string {
    return this.net.shoal(this.space, this.#admin, ...args)
  }

  /** Not started yet. */
  enrol(name: string, { address, site, lan = this.core, line, known }: EnrolInit): BenchHost {
    const space = this.net.add(name, 'host')
    const end = this.net.join(space, lan, address, line)
    const home = homeAt(this.#work, name)
    const invited = this.shoal('mesh', 'invite', name, '--site', site)
    this.net.shoal(space, home, 'join', invited.trim().split('\n').at(-1) ?? '')
    this.net.shoal(space, home, 'target', 'add', CHANNEL, join(this.#work, `${name}-tree`))
    return { space, end, home, site, address, start: () => this.#start(space, home, address, known) }
  }

  publish(tree: string): void {
    this.shoal('publish', tree, '--channel', CHANNEL)
  }

  /** Until so many hosts have proved that they have the newest release. */
  waitFor(hosts: number, timeout: string): void {
    this.shoal('wait', '--channel', CHANNEL, '--hosts', String(hosts), '--timeout', timeout)
  }

  killAll(): void {
    for (const child of this.#agents.splice(0)) child.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killAll()
    await sleep(500)
  }

  async #start(space: string, home: string, address: string, known?: readonly string[]): Promise<ChildProcess> {
    const agent = await this.net.agent(space, home, address, known)
    this.#agents.push(agent)
    return agent
  }
}
