/**
 * Bytes on the uplink of each site when a release with new content reaches two sites of several hosts, against one copy of what is new. Needs root
 * (network namespaces, tbf).
 *
 *     node bench/site.ts [--hosts 5] [--mb 6] [--mbit 2] [--json]
 *
 * Two releases: an undisturbed one, and one during which a host of each site is killed half way. Everything on the uplink counts: frames, both ways.
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Network } from '../test/support/namespaces.ts'
import { BenchMesh } from './support/bench-mesh.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '5' },
    mb: { type: 'string', default: '6' },
    mbit: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
const [HOSTS, NEW_BYTES, MEGABITS] = [Number(values.hosts), Number(values.mb) * 1e6, Number(values.mbit)]
const SITES = ['oslo', 'lima']

/** Bytes that crossed a site's uplink so far. */
interface Crossed {
  readonly site: string
  readonly received: number
  readonly sent: number
}

/** As much of `status --json` as is read here. */
interface Status {
  readonly channels: readonly {
    readonly states: readonly {
      readonly site: string
      readonly received: { readonly otherSiteBytes: number; readonly wastedBytes: number }
    }[]
  }[]
}

interface Host {
  readonly site: string
  readonly agent: ChildProcess
}

async function main(work: string, net: Network): Promise<void> {
  const tree = join(work, 'tree')
  mkdirSync(tree)
  await using mesh = await BenchMesh.open(work, net)
  const hosts: Host[] = []
  const uplinks = new Map<string, { readonly space: string; readonly end: string }>()
  for (const [s, site] of SITES.entries()) {
    const lan = net.add(site, 'switch')
    uplinks.set(site, { space: lan, end: net.join(lan, mesh.core, undefined, { megabits: MEGABITS }) })
    for (let n = 1; n <= HOSTS; n++) {
      const host = mesh.enrol(`${site}${n}`, { address: `10.77.${s + 1}.${n}`, site, lan })
      hosts.push({ site, agent: await host.start() })
    }
  }
  const crossed = (): readonly Crossed[] =>
    [...uplinks].map(([site, { space: lan, end }]) => ({ site, ...net.bytes(lan, end) }))
  /** What the hosts of a site say that they took from elsewhere for the newest release, and how much of what they took was of no use. */
  const told = (site: string): { readonly content: number; readonly wasted: number } => {
    const status: Status = JSON.parse(mesh.shoal('status', '--json'))
    const states = (status.channels[0]?.states ?? []).filter((state) => state.site === site)
    return {
      content: states.reduce((sum, { received }) => sum + received.otherSiteBytes, 0),
      wasted: states.reduce((sum, { received }) => sum + received.wastedBytes, 0),
    }
  }
  const release = async (name: string, bytes: number, expected: number, halfWay?: () => void): Promise<void> => {
    writeFileSync(join(tree, name), randomBytes(bytes))
    const before = crossed()
    const startMs = performance.now()
    mesh.publish(tree)
    if (halfWay !== undefined) {
      const reached = (): boolean =>
        crossed().every(({ received }, i) => received - (before[i]?.received ?? 0) > bytes / 2)
      while (!reached()) await sleep(200)
      halfWay()
    }
    mesh.waitFor(expected, '20m')
    const seconds = (performance.now() - startMs) / 1000
    const copies = crossed().map(({ site, received, sent }, i) => ({
      site,
      content: told(site).content / bytes,
      wasted: told(site).wasted / bytes,
      in: (received - (before[i]?.received ?? 0)) / bytes,
      out: (sent - (before[i]?.sent ?? 0)) / bytes,
    }))
    if (values.json) process.stdout.write(`${JSON.stringify({ release: name, seconds, copies })}\n`)
    else {
      const shown = copies
        .map(
          (row) =>
            `${row.site} ${row.in.toFixed(3)} in (content ${row.content.toFixed(3)}, useless ${row.wasted.toFixed(3)}), ${row.out.toFixed(3)} out`,
        )
        .join('; ')
      process.stdout.write(`${name}: ${seconds.toFixed(1)} s; copies over the uplink: ${shown}\n`)
    }
  }
  await sleep(15_000)
  await release('first', 200_000, hosts.length)
  await sleep(5_000)
  await release('undisturbed', NEW_BYTES, hosts.length)
  await sleep(5_000)
  await release('killed', NEW_BYTES, hosts.length - SITES.length, () => {
    for (const site of SITES) hosts.find((host) => host.site === site)?.agent.kill('SIGKILL')
  })
}

const work = mkdtempSync(join(tmpdir(), 'shoal-site-'))
try {
  using net = new Network('sh')
  await main(work, net)
} finally {
  rmSync(work, { recursive: true, force: true })
}
