/**
 * Two hosts behind different NATs: the second gets a release from the first, through a member that can be reached, or directly after hole punching. Needs root
 * (network namespaces, nftables).
 *
 *     node bench/nat.ts [--mb 20] [--ports kept|random] [--json]
 *
 * The publisher is gone before the second host starts, and the relay has no target: what arrives came from the first host.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { homeAt } from '../test/support/homes.ts'
import { Network } from '../test/support/namespaces.ts'

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '20' },
    ports: { type: 'string', default: 'kept' },
    json: { type: 'boolean', default: false },
  },
})
const BYTES = Number(values.mb) * 1e6
const PORTS = values.ports === 'random' ? 'random' : 'kept'

async function main(work: string, net: Network): Promise<void> {
  const core = net.add('core', 'switch')
  const outside = (name: string, address: string): string => {
    const space = net.add(name, 'host')
    net.join(space, core, address)
    return space
  }
  const inside = (name: string, address: string): string => {
    const [lan, gateway, space] = [
      net.add(`${name}lan`, 'switch'),
      net.add(`${name}nat`, 'host'),
      net.add(name, 'host'),
    ]
    net.nat(gateway, { outside: core, address, lan, ports: PORTS })
    net.join(space, lan, '192.168.1.2')
    net.route(space, '192.168.1.1')
    return space
  }
  const [publisher, relay] = [outside('pub', '11.0.0.1'), outside('relay', '11.0.0.2')]
  const [first, second] = [inside('a', '11.0.0.3'), inside('b', '11.0.0.4')]
  const admin = homeAt(work, 'admin')
  net.shoal(publisher, admin, 'mesh', 'create', 'bench')
  const published = await net.agent(publisher, admin, '11.0.0.1')
  const agents = [published]
  try {
    const host = async (space: string, name: string, address: string, target: boolean): Promise<string> => {
      const home = homeAt(work, name, "bootstrap = ['/ip4/11.0.0.2/tcp/4001']\n")
      const ticket = net.shoal(publisher, admin, 'mesh', 'invite', name, '--site', name).trim().split('\n').at(-1) ?? ''
      net.shoal(space, home, 'join', ticket)
      if (target) net.shoal(space, home, 'target', 'add', 'web', join(work, `${name}-tree`))
      return home
    }
    const relayHome = await host(relay, 'relay', '11.0.0.2', false)
    const [firstHome, secondHome] = [
      await host(first, 'a', '192.168.1.2', true),
      await host(second, 'b', '192.168.1.2', true),
    ]
    agents.push(await net.agent(relay, relayHome, '11.0.0.2'), await net.agent(first, firstHome, '192.168.1.2'))
    const tree = join(work, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'new'), randomBytes(BYTES))
    await sleep(5_000)
    net.shoal(publisher, admin, 'publish', tree, '--channel', 'web')
    net.shoal(first, firstHome, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '5m')
    await sleep(20_000)
    published.kill('SIGKILL')
    const startMs = performance.now()
    agents.push(await net.agent(second, secondHome, '192.168.1.2'))
    net.shoal(second, secondHome, 'wait', '--channel', 'web', '--hosts', '2', '--timeout', '5m')
    const seconds = (performance.now() - startMs) / 1000
    const { self }: { readonly self: { readonly reach: { readonly relayedBytes: number } } } = JSON.parse(
      net.shoal(relay, relayHome, 'status', '--json'),
    )
    const result = { ports: PORTS, seconds, relayed: self.reach.relayedBytes / BYTES }
    process.stdout.write(
      values.json
        ? `${JSON.stringify(result)}\n`
        : `ports ${PORTS}: ${seconds.toFixed(1)} s; ${result.relayed.toFixed(2)} copies went through the relay\n`,
    )
  } finally {
    for (const child of agents) child.kill('SIGKILL')
    await sleep(500)
  }
}

const work = mkdtempSync(join(tmpdir(), 'shoal-nat-'))
try {
  using net = new Network('nt')
  await main(work, net)
} finally {
  rmSync(work, { recursive: true, force: true })
}
