/**
 * Hosts that were off for eight releases: bytes on their lines against a host that goes from the same old release to the newest, which nothing was published between. Then the
 * same with the publisher gone, from a neighbour. Needs root (network namespaces, tbf).
 *
 *     node bench/away.ts [--releases 8] [--hosts 4] [--mb 8] [--mbit 20] [--json]
 *
 * Every release changes a twentieth of the files in place and adds one of 2 % of the tree; the hosts are of two sites and return together. Every frame counts.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Network } from '../test/support/namespaces.ts'
import { type BenchHost, BenchMesh, CHANNEL, PUBLISHER_ADDRESS } from './support/bench-mesh.ts'

const { values } = parseArgs({
  options: {
    releases: { type: 'string', default: '8' },
    hosts: { type: 'string', default: '4' },
    mb: { type: 'string', default: '8' },
    mbit: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const [RELEASES, HOSTS, BYTES] = [Number(values.releases), Number(values.hosts), Number(values.mb) * 1e6]
const FILES = 40
const KNOWN = [`/ip4/${PUBLISHER_ADDRESS}/tcp/4001`, '/ip4/10.77.0.2/tcp/4001']

/** The trees of all releases, oldest first. */
function makeTrees(work: string): readonly string[] {
  const trees = [join(work, 'tree1')]
  mkdirSync(join(work, 'tree1'))
  for (let n = 0; n < FILES; n++) writeFileSync(join(work, 'tree1', `f${n}`), randomBytes(BYTES / FILES))
  for (let r = 2; r <= RELEASES + 1; r++) {
    const tree = join(work, `tree${r}`)
    cpSync(trees.at(-1) ?? '', tree, { recursive: true, preserveTimestamps: true })
    for (const n of [2 * r, 2 * r + 1]) {
      const file = join(tree, `f${n % FILES}`)
      const bytes = readFileSync(file)
      randomBytes(1_000).copy(bytes, Math.floor(bytes.length / 2))
      writeFileSync(file, bytes)
    }
    writeFileSync(join(tree, `new${r}`), randomBytes(BYTES / 50))
    trees.push(tree)
  }
  return trees
}

interface Returned {
  /** Bytes on a host's line, both ways, on average. */
  readonly perHost: number
  readonly egress: number
  readonly seconds: number
}

/** Publishes the first of `trees`, has hosts away while the rest is published, and lets them return. */
async function comeBack(label: string, trees: readonly string[], publisherGone: boolean): Promise<Returned> {
  const work = mkdtempSync(join(tmpdir(), 'shoal-away-'))
  using net = new Network(label)
  try {
    const line = { megabits: Number(values.mbit) }
    await using mesh = await BenchMesh.open(work, net, line)
    const enrol = (name: string, address: string, site: string): BenchHost =>
      mesh.enrol(name, { address, site, line, known: KNOWN })
    const bytesOf = ({ space, end }: BenchHost) => net.bytes(space, end)
    const sentBytes = (): number => net.bytes(mesh.space, mesh.uplink).sent
    const stays = enrol('stays', '10.77.0.2', 'site0')
    await stays.start()
    const hosts = Array.from({ length: HOSTS }, (_none, n) => enrol(`host${n}`, `10.77.1.${n + 1}`, `site${n % 2}`))
    const before = await Promise.all(hosts.map((host) => host.start()))
    const publish = (tree: string, proved: number): void => {
      mesh.publish(tree)
      mesh.waitFor(proved, '5m')
    }
    publish(trees[0] ?? '', HOSTS + 1)
    await sleep(3_000)
    for (const agent of before) agent.kill('SIGTERM')
    await sleep(3_000)
    for (const tree of trees.slice(1)) publish(tree, 1)
    if (publisherGone) mesh.publisher.kill('SIGTERM')
    await sleep(3_000)
    const [was, sent, startMs] = [hosts.map(bytesOf), sentBytes(), performance.now()]
    await Promise.all(hosts.map((host) => host.start()))
    net.shoal(stays.space, stays.home, 'wait', '--channel', CHANNEL, '--hosts', String(HOSTS + 1), '--timeout', '10m')
    const seconds = (performance.now() - startMs) / 1000
    const moved = hosts.map((host, i) => {
      const [is, then] = [bytesOf(host), was[i]]
      return is.received + is.sent - (then?.received ?? 0) - (then?.sent ?? 0)
    })
    const perHost = moved.reduce((sum, bytes) => sum + bytes, 0) / HOSTS
    return { perHost, egress: sentBytes() - sent, seconds }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const source = mkdtempSync(join(tmpdir(), 'shoal-trees-'))
try {
  const trees = makeTrees(source)
  const direct = await comeBack('awd', [trees[0] ?? '', trees.at(-1) ?? ''], false)
  for (const [how, gone] of [
    ['publisher there', false],
    ['publisher gone', true],
  ] as const) {
    const away = await comeBack('awy', trees, gone)
    const ratio = away.perHost / direct.perHost
    if (values.json) process.stdout.write(`${JSON.stringify({ how, ratio, direct, away })}\n`)
    else {
      const [bytes, egress] = [Math.round(away.perHost), (away.egress / away.perHost).toFixed(2)]
      const text = `${how}: ${bytes} bytes a host, ${ratio.toFixed(3)} of going directly; ${egress} of that out of the publisher for ${HOSTS} hosts; ${away.seconds.toFixed(1)} s`
      process.stdout.write(`${text}\n`)
    }
  }
} finally {
  rmSync(source, { recursive: true, force: true })
}
