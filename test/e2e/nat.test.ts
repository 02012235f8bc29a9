import { type ChildProcess, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { homeAt } from '../support/homes.ts'
import { Network } from '../support/namespaces.ts'
import { tempDir } from '../support/temp-dir.ts'

const BYTES = 2_000_000
const possible = process.geteuid?.() === 0 && ['ip', 'nft'].every((tool) => spawnSync('which', [tool]).status === 0)

interface Reach {
  readonly behindNat: boolean
  readonly relays: readonly string[]
  readonly relayedBytes: number
}

describe.skipIf(!possible)('behind NATs', () => {
  test.each([
    { ports: 'kept', title: 'get through to each other where the NATs keep ports' },
    { ports: 'random', title: 'stay with the relay where the NATs choose ports at random' },
  ] as const)('NET-19 two hosts behind NATs $title', { timeout: 180_000 }, async ({ ports }) => {
    const work = await tempDir()
    const net = new Network(`nat${ports}`)
    const agents: ChildProcess[] = []
    onTestFinished(() => {
      for (const agent of agents) agent.kill('SIGKILL')
      net[Symbol.dispose]()
    })
    const core = net.add('core', 'switch')
    const [publisher, relay] = [net.add('pub', 'host'), net.add('relay', 'host')]
    net.join(publisher, core, '11.0.0.1')
    net.join(relay, core, '11.0.0.2')
    const inside = (name: string, address: string): string => {
      const [lan, gateway, own] = [net.add(`${name}l`, 'switch'), net.add(`${name}n`, 'host'), net.add(name, 'host')]
      net.nat(gateway, { outside: core, address, lan, ports })
      net.join(own, lan, '192.168.1.2')
      net.route(own, '192.168.1.1')
      return own
    }
    const [first, second] = [inside('a', '11.0.0.3'), inside('b', '11.0.0.4')]
    const admin = homeAt(work, 'admin')
    net.shoal(publisher, admin, 'mesh', 'create', 'test')
    const published = await net.agent(publisher, admin, '11.0.0.1')
    agents.push(published)
    const enrol = (space: string, name: string): string => {
      const home = homeAt(work, name, "bootstrap = ['/ip4/11.0.0.2/tcp/4001']\n")
      const ticket = net.shoal(publisher, admin, 'mesh', 'invite', name, '--site', name).trim().split('\n').at(-1) ?? ''
      net.shoal(space, home, 'join', ticket)
      if (name !== 'relay') net.shoal(space, home, 'target', 'add', 'web', join(work, `${name}-tree`))
      return home
    }
    const homes = { relay: enrol(relay, 'relay'), a: enrol(first, 'a'), b: enrol(second, 'b') }
    const reach = (space: string, home: string): Reach =>
      JSON.parse(net.shoal(space, home, 'status', '--json')).self.reach
    agents.push(await net.agent(relay, homes.relay, '11.0.0.2'), await net.agent(first, homes.a, '192.168.1.2'))
    const tree = join(work, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'file'), randomBytes(BYTES))
    net.shoal(publisher, admin, 'publish', tree, '--channel', 'web')
    net.shoal(first, homes.a, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '1m')
    await expect.poll(() => reach(first, homes.a).relays.length, { timeout: 30_000 }).toBe(2)
    published.kill('SIGKILL')
    agents.push(await net.agent(second, homes.b, '192.168.1.2'))
    net.shoal(second, homes.b, 'wait', '--channel', 'web', '--hosts', '2', '--timeout', '2m')
    const relayed = reach(relay, homes.relay).relayedBytes
    expect(reach(second, homes.b).behindNat).toBe(true)
    if (ports === 'random') expect(relayed).toBeGreaterThan(BYTES)
    else {
      const logged = (): string => readFileSync(`${homes.b}.log`, 'utf8')
      await expect.poll(logged, { timeout: 30_000 }).toContain('"address":"/ip4/11.0.0.3/tcp/4001/p2p/')
    }
  })
})
