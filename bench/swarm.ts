/**
 * Time and publisher's egress when one publisher brings a release to several hosts, each behind a shaped line, against the bound
 * max(F/u0, F/d, N·F/Σu) (Kumar and Ross, "Peer-assisted file distribution: the minimum distribution time", HotWeb 2006). Needs root
 * (network namespaces, tbf).
 *
 *     node bench/swarm.ts [--hosts 8] [--mb 60] [--files 1] [--mbit 20] [--publisher-mbit 20] [--one-site] [--beside] [--json]
 *
 * Hosts are of as many sites, or of one with --one-site. Every frame on a line counts. With --beside, a BitTorrent swarm of aria2 (with mktorrent) and syncthing,
 * where they are installed, bring the same content over the same lines afterwards.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import {
  aria2Swarm,
  type Finished,
  isThere,
  type Place,
  type SwarmInit,
  syncthingSwarm,
} from './support/other-swarms.ts'
import { Network } from '../test/support/namespaces.ts'
import { BenchMesh, PUBLISHER_ADDRESS } from './support/bench-mesh.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '8' },
    mb: { type: 'string', default: '60' },
    files: { type: 'string', default: '1' },
    mbit: { type: 'string', default: '20' },
    'publisher-mbit': { type: 'string', default: '20' },
    'one-site': { type: 'boolean', default: false },
    beside: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const [HOSTS, FILES] = [Number(values.hosts), Number(values.files)]
const BYTES = Number(values.mb) * 1e6
const [LINE, UPLINK] = [Number(values.mbit), Number(values['publisher-mbit'])]

interface StatusOfHosts {
  readonly channels: readonly { readonly name: string; readonly states: readonly State[] }[]
}

interface State {
  readonly host: string
  readonly sequence: number
  readonly proved: boolean
  readonly ageSeconds: number
  readonly received: Readonly<Record<string, number>>
  readonly commit: { readonly at: string } | null
}

/** @param sent bytes that left the publisher */
function report(name: string, unsorted: readonly number[], sent: number, more: { readonly wasted?: number }): void {
  const done = unsorted.toSorted((a, b) => a - b)
  const u = (LINE * 1e6) / 8
  const u0 = (UPLINK * 1e6) / 8
  const boundSeconds = Math.max(BYTES / u0, BYTES / u, (HOSTS * BYTES) / (u0 + HOSTS * u))
  const [firstSeconds, lastSeconds] = [done[0] ?? Number.NaN, done.at(-1) ?? Number.NaN]
  const result = {
    name,
    boundSeconds,
    firstSeconds,
    lastSeconds,
    overBound: lastSeconds / boundSeconds,
    egress: sent / BYTES,
    ...more,
  }
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    const waste = more.wasted === undefined ? '' : `; wasted ${(more.wasted * 100).toFixed(2)} %`
    process.stdout.write(
      `${name}: bound ${boundSeconds.toFixed(1)} s; first host ${firstSeconds.toFixed(1)} s, last ${lastSeconds.toFixed(1)} s: ` +
        `${result.overBound.toFixed(2)} of the bound; publisher's egress ${result.egress.toFixed(2)} copies${waste}\n`,
    )
  }
}

async function main(work: string, net: Network): Promise<void> {
  const tree = join(work, 'tree')
  mkdirSync(tree)
  await using mesh = await BenchMesh.open(work, net, { megabits: UPLINK })
  const { space, uplink } = mesh
  const hosts: Place[] = []
  for (let n = 1; n <= HOSTS; n++) {
    const site = values['one-site'] ? 'oslo' : `site${n}`
    const host = mesh.enrol(`host${n}`, { address: `10.77.1.${n}`, site, line: { megabits: LINE } })
    hosts.push(host)
    await host.start()
  }
  await sleep(15_000)
  writeFileSync(join(tree, 'first'), 'first\n')
  mesh.publish(tree)
  mesh.waitFor(HOSTS, '5m')
  await sleep(5_000)
  mkdirSync(join(tree, 'new'))
  const each = Math.floor(BYTES / FILES)
  for (let n = 0; n < FILES; n++) writeFileSync(join(tree, 'new', `${n}`), randomBytes(each))
  const before = net.bytes(space, uplink)
  mesh.publish(tree)
  const document = (): StatusOfHosts => JSON.parse(mesh.shoal('status', '--json'))
  // It is announced when the command returns.
  const publishedMs = Date.now()
  mesh.waitFor(HOSTS, '20m')
  const after = net.bytes(space, uplink)
  const states = document().channels[0]?.states ?? []
  const doneSeconds = states.map(({ commit }) => (Date.parse(commit?.at ?? '') - publishedMs) / 1000)
  const wasted = states.reduce((sum, { received }) => sum + (received['wastedBytes'] ?? 0), 0)
  report('shoal', doneSeconds, after.sent - before.sent, { wasted: wasted / (HOSTS * each * FILES) })
  mesh.killAll()
  await sleep(2_000)
  const init: SwarmInit = { publisher: { space, address: PUBLISHER_ADDRESS }, hosts, folder: join(tree, 'new'), work }
  const beside = async (
    name: string,
    program: string,
    swarm: (init: SwarmInit) => Promise<Finished>,
  ): Promise<void> => {
    if (!values.beside || !isThere(program)) return
    const start = net.bytes(space, uplink)
    const seconds = await swarm(init)
    report(name, seconds, net.bytes(space, uplink).sent - start.sent, {})
  }
  await beside('aria2', 'aria2c', aria2Swarm)
  await beside('syncthing', 'syncthing', syncthingSwarm)
}

const work = mkdtempSync(join(tmpdir(), 'shoal-swarm-'))
try {
  using net = new Network('sw')
  await main(work, net)
} finally {
  rmSync(work, { recursive: true, force: true })
}
