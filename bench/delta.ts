/**
 * Bytes on the interface, both directions and everything counted, to bring a host from one release to the next: Shoal between two agents, and
 * `rsync -az --zc=zstd` from a daemon, on the same pair in the same run; beside them what casync (seeded) and an ostree static delta weigh. Needs root
 * (a network namespace of its own) and rsync.
 *
 *     node bench/delta.ts --pairs DIR [--only NAME,NAME] [--json]
 *
 * DIR holds NAME/old and NAME/new. Loopback frames carry headers of Ethernet size, so the figures are what an uplink would see without loss.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { casyncCost, ostreeCost, type PeerCost } from './support/peers.ts'

const { values } = parseArgs({
  options: { pairs: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean', default: false } },
})
const MAIN = fileURLToPath(new URL('../node-agent/main.ts', import.meta.url))
const NAMESPACE = `shoal-bench-${process.pid}`
const inside = ['netns', 'exec', NAMESPACE]
/** Clock ticks a second of /proc/PID/stat. */
const TICKS = 100

interface Result {
  readonly pair: string
  readonly shoalBytes: number
  readonly rsyncBytes: number
  readonly publisherCpuSeconds: number
  readonly hostCpuSeconds: number
  readonly rsyncCpuSeconds: number
  readonly publisherPeakMiB: number
  readonly hostPeakMiB: number
  /** As the sizes of the files that they fetch; null where they are not installed. */
  readonly casync: PeerCost | null
  readonly ostree: PeerCost | null
  /** The host's tree compared with the source by rsync -aHAXn: lines, none when they are equal. */
  readonly differences: number
}

function shoal(home: string, ...args: readonly string[]): string {
  const ran = spawnSync('ip', [...inside, process.execPath, MAIN, '--home', home, ...args], { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`shoal ${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

async function agent(home: string): Promise<ChildProcess> {
  const args = [
    ...inside,
    process.execPath,
    MAIN,
    '--home',
    home,
    'agent',
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
    '--json',
  ]
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((ready) => child.stdout?.once('data', ready))
  return child
}

/** Bytes that crossed the namespace's loopback so far: every frame is received once. */
function wireBytes(): number {
  const line = execFileSync('ip', [...inside, 'cat', '/proc/net/dev'], { encoding: 'utf8' })
    .split('\n')
    .find((l) => l.includes('lo:'))
  return Number(line?.replace(/.*lo:/, '').trim().split(/\s+/)[0])
}

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
const peakMiB = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

async function measure(pair: string, folder: string, work: string): Promise<Result> {
  const [admin, host, tree] = [join(work, 'admin'), join(work, 'host'), join(work, 'tree')]
  for (const home of [admin, host]) {
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(join(home, 'config.toml'), 'mdns = false\n')
  }
  shoal(admin, 'mesh', 'create', 'bench')
  const publisher = await agent(admin)
  shoal(host, 'join', shoal(admin, 'mesh', 'invite', 'host', '--site', 'away').trim().split('\n').at(-1) ?? '')
  shoal(host, 'target', 'add', 'web', tree)
  const follower = await agent(host)
  const [p, f] = [publisher.pid ?? 0, follower.pid ?? 0]
  const release = async (version: string): Promise<void> => {
    shoal(admin, 'publish', join(folder, version), '--channel', 'web')
    shoal(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '20m')
    await sleep(1000)
  }
  try {
    await release('old')
    const before = { wire: wireBytes(), publisher: cpuSeconds(p), host: cpuSeconds(f) }
    for (const pid of [p, f]) writeFileSync(`/proc/${pid}/clear_refs`, '5')
    await release('new')
    const shoalBytes = wireBytes() - before.wire
    const { stdout } = spawnSync(
      'rsync',
      ['-aHAXn', '--delete', '--itemize-changes', '--exclude=/.shoal', `${join(folder, 'new')}/`, `${tree}/`],
      { encoding: 'utf8' },
    )
    const differences = stdout.split('\n').filter((line) => line !== '').length
    const rsync = rsyncOnce(folder, work)
    return {
      pair,
      shoalBytes,
      ...rsync,
      casync: casyncCost(folder, work),
      ostree: ostreeCost(folder, work),
      publisherCpuSeconds: cpuSeconds(p) - before.publisher,
      hostCpuSeconds: cpuSeconds(f) - before.host,
      publisherPeakMiB: peakMiB(p),
      hostPeakMiB: peakMiB(f),
      differences,
    }
  } finally {
    for (const child of [publisher, follower]) {
      child.kill('SIGTERM')
      await new Promise((ended) => child.once('exit', ended))
    }
  }
}

/** The same pair by rsync from a daemon in the same namespace; both ends' CPU time. */
function rsyncOnce(folder: string, work: string): { readonly rsyncBytes: number; readonly rsyncCpuSeconds: number } {
  const [copy, conf] = [join(work, 'copy'), join(work, 'rsyncd.conf')]
  execFileSync('cp', ['-a', join(folder, 'old'), copy])
  writeFileSync(conf, `use chroot = no\nuid = 0\ngid = 0\n[new]\npath = ${join(folder, 'new')}\n`)
  // A socket as its input would make it answer there, as under inetd.
  const daemon = spawn(
    'ip',
    [...inside, 'rsync', '--daemon', '--no-detach', `--config=${conf}`, '--port=18730', '--address=127.0.0.1'],
    { stdio: 'ignore' },
  )
  execFileSync('sleep', ['1'])
  const before = wireBytes()
  const ran = spawnSync(
    'bash',
    [
      '-c',
      `TIMEFORMAT='%U %S'; time ip netns exec ${NAMESPACE} rsync -az --zc=zstd --delete rsync://127.0.0.1:18730/new/ '${copy}/'`,
    ],
    { encoding: 'utf8' },
  )
  if (ran.status !== 0) throw new Error(`rsync: ${ran.stderr}`)
  const rsyncBytes = wireBytes() - before
  const [user = 0, system = 0] = ran.stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  daemon.kill('SIGTERM')
  return { rsyncBytes, rsyncCpuSeconds: user + system }
}

const results: Result[] = []
const pairs = values.pairs ?? ''
if (pairs === '') throw new Error('give --pairs DIR')
execFileSync('ip', ['netns', 'add', NAMESPACE])
try {
  execFileSync('ip', [...inside, 'ip', 'link', 'set', 'lo', 'up'])
  for (const pair of values.only?.split(',') ?? readdirSync(pairs)) {
    const work = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    try {
      const result = await measure(pair, join(pairs, pair), work)
      results.push(result)
      if (!values.json) report(result)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }
} finally {
  execFileSync('ip', ['netns', 'del', NAMESPACE])
}
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`)

function report(r: Result): void {
  const ratio = (r.shoalBytes / r.rsyncBytes).toFixed(3)
  process.stdout.write(
    `${r.pair}: shoal ${r.shoalBytes} B, rsync ${r.rsyncBytes} B, ratio ${ratio}; CPU publisher ${r.publisherCpuSeconds.toFixed(1)} s, host ${r.hostCpuSeconds.toFixed(1)} s, ` +
      `rsync receiver ${r.rsyncCpuSeconds.toFixed(1)} s; casync ${peer(r.casync)}; ostree ${peer(r.ostree)}; peak publisher ${r.publisherPeakMiB.toFixed(0)} MiB, host ${r.hostPeakMiB.toFixed(0)} MiB; differences ${r.differences}\n`,
  )
}

function peer(cost: PeerCost | null): string {
  return cost === null ? 'not installed' : `${cost.bytes} B, publisher CPU ${cost.publisherCpuSeconds.toFixed(1)} s`
}
