/**
 * What an idle mesh costs its uplinks: bytes a host and hour, and their rate. Every frame counts, both ways. Needs root (network namespaces).
 *
 *     node bench/idle.ts [--sites 3] [--hosts 10] [--settle 120] [--minutes 5] [--json]
 *
 * Hosts are divided among the sites, each behind one uplink; the publisher is a site of its own. All have one small release, then nothing happens.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Network } from '../test/support/namespaces.ts'
import { BenchMesh } from './support/bench-mesh.ts'

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '3' },
    hosts: { type: 'string', default: '10' },
    settle: { type: 'string', default: '120' },
    minutes: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
})
const [SITES, HOSTS] = [Number(values.sites), Number(values.hosts)]

interface Site {
  readonly name: string
  readonly lan: string
  /** Its end of the uplink. */
  readonly end: string
  hosts: number
}

async function main(work: string, net: Network): Promise<void> {
  const tree = join(work, 'tree')
  mkdirSync(tree)
  await using mesh = await BenchMesh.open(work, net)
  const sites = Array.from({ length: SITES }, (_none, i): Site => {
    const lan = net.add(`site${i}`, 'switch')
    return { name: `site${i}`, lan, end: net.join(lan, mesh.core), hosts: 0 }
  })
  for (let n = 0; n < HOSTS; n++) {
    const site = sites[n % SITES]
    if (site === undefined) continue
    site.hosts++
    await mesh.enrol(`host${n}`, { address: `10.77.1.${n + 1}`, site: site.name, lan: site.lan }).start()
  }
  writeFileSync(join(tree, 'first'), 'first\n')
  mesh.publish(tree)
  mesh.waitFor(HOSTS, '5m')
  await sleep(Number(values.settle) * 1000)
  const crossed = (): readonly { received: number; sent: number }[] => sites.map(({ lan, end }) => net.bytes(lan, end))
  const [before, startMs] = [crossed(), performance.now()]
  await sleep(Number(values.minutes) * 60_000)
  const [after, seconds] = [crossed(), (performance.now() - startMs) / 1000]
  for (const [i, { name, hosts }] of sites.entries()) {
    const [was, is] = [before[i], after[i]]
    if (was === undefined || is === undefined) continue
    const perHost = (bytes: number): number => (bytes * 8) / seconds / hosts
    const [bpsIn, bpsOut] = [perHost(is.received - was.received), perHost(is.sent - was.sent)]
    const bytesHour = Math.round(((bpsIn + bpsOut) / 8) * 3600)
    if (values.json) process.stdout.write(`${JSON.stringify({ site: name, hosts, bpsIn, bpsOut, bytesHour })}\n`)
    else {
      const rates = `${Math.round(bpsIn)} bit/s in, ${Math.round(bpsOut)} bit/s out`
      process.stdout.write(`${name}, ${hosts} hosts: ${bytesHour} bytes a host and hour over the uplink; ${rates}\n`)
    }
  }
}

const work = mkdtempSync(join(tmpdir(), 'shoal-idle-'))
try {
  using net = new Network('id')
  await main(work, net)
} finally {
  rmSync(work, { recursive: true, force: true })
}
