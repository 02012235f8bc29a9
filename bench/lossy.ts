/**
 * A release over a long thin line that loses packets, beside one plain TCP stream and rsync over the same line. Needs root (network namespaces) and a packet-level
 * emulator between two namespaces that understands: -a NS -b NS -d MS -l PERCENT -r KBIT -q KIB, prints `ready`, and toggles an outage upon SIGUSR1.
 *
 *     node bench/lossy.ts --emulator PROGRAM [--kb 1500] [--kbit 512] [--delay 300] [--loss 2] [--outage 60] [--json]
 *
 * With --outage SECONDS, the line is dead for so long after a third of the content, and the host has another address afterwards.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
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
    emulator: { type: 'string' },
    kb: { type: 'string', default: '1500' },
    kbit: { type: 'string', default: '512' },
    delay: { type: 'string', default: '300' },
    loss: { type: 'string', default: '2' },
    outage: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const BYTES = Number(values.kb) * 1000
const OUTAGE_MS = Number(values.outage) * 1000
const RAW = new URL('support/raw-tcp.ts', import.meta.url).pathname
const [FAR, NEAR, MOVED] = ['10.99.0.1', '10.99.0.2', '10.99.0.3']

const inside = (space: string, ...command: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', space, ...command], { encoding: 'utf8' })
const begin = async (space: string, ...command: readonly string[]): Promise<ChildProcess> => {
  const child = spawn('ip', ['netns', 'exec', space, ...command], { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((ready) => child.stdout?.once('data', ready))
  return child
}

async function main(work: string, net: Network, emulator: string): Promise<void> {
  const [space, own] = [net.add('pub', 'host'), net.add('host', 'host')]
  const line = ['-d', values.delay, '-l', values.loss, '-r', values.kbit, '-q', '64']
  const link = spawn(emulator, ['-a', space, '-b', own, ...line], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((ready) => link.stdout.once('data', ready))
  const agents: ChildProcess[] = [link]
  try {
    const content = randomBytes(BYTES)
    const tree = join(work, 'tree')
    mkdirSync(tree)
    const plain = async (): Promise<number> => {
      const server = await begin(space, process.execPath, RAW, 'serve', FAR, '9000', String(BYTES))
      const seconds = Number(inside(own, process.execPath, RAW, 'fetch', FAR, '9000'))
      server.kill('SIGKILL')
      return seconds
    }
    const synced = async (): Promise<number> => {
      const source = join(work, 'source')
      mkdirSync(source, { recursive: true })
      writeFileSync(join(source, 'new'), content)
      writeFileSync(join(work, 'rsyncd.conf'), `use chroot = no\nuid = 0\ngid = 0\n[tree]\npath = ${source}\n`)
      const daemon = [
        'rsync',
        '--daemon',
        '--no-detach',
        `--address=${FAR}`,
        '--port=8730',
        `--config=${work}/rsyncd.conf`,
      ]
      const server = spawn('ip', ['netns', 'exec', space, ...daemon], { stdio: 'ignore' })
      await sleep(500)
      const startMs = performance.now()
      inside(own, 'rsync', '-a', `rsync://${FAR}:8730/tree/`, join(work, 'copy'))
      server.kill('SIGKILL')
      return (performance.now() - startMs) / 1000
    }
    const rawSeconds = OUTAGE_MS > 0 ? undefined : await plain()
    const rsyncSeconds = OUTAGE_MS > 0 ? undefined : await synced()
    const [admin, home] = [homeAt(work, 'admin'), homeAt(work, 'host')]
    net.shoal(space, admin, 'mesh', 'create', 'bench')
    const ticket = net.shoal(space, admin, 'mesh', 'invite', 'host', '--site', 'oslo').trim().split('\n').at(-1) ?? ''
    net.shoal(own, home, 'join', ticket)
    net.shoal(own, home, 'target', 'add', 'web', join(work, 'live'))
    agents.push(await net.agent(space, admin, FAR), await net.agent(own, home, '0.0.0.0', [`/ip4/${FAR}/tcp/4001`]))
    writeFileSync(join(tree, 'first'), 'first\n')
    net.shoal(space, admin, 'publish', tree, '--channel', 'web')
    net.shoal(space, admin, 'wait', '--channel', 'web', '--timeout', '5m')
    await sleep(5_000)
    writeFileSync(join(tree, 'new'), content)
    const received = (): number => net.bytes(own, 'pl0').received
    const before = received()
    net.shoal(space, admin, 'publish', tree, '--channel', 'web')
    const startMs = performance.now()
    let backMs = startMs
    if (OUTAGE_MS > 0) {
      while (received() - before < BYTES / 3) await sleep(200)
      link.kill('SIGUSR1')
      await sleep(OUTAGE_MS)
      inside(own, 'ip', 'addr', 'add', `${MOVED}/24`, 'dev', 'pl0')
      inside(own, 'ip', 'addr', 'del', `${NEAR}/24`, 'dev', 'pl0')
      link.kill('SIGUSR1')
      backMs = performance.now()
    }
    // Asked of the host: nothing crosses the line for it.
    net.shoal(own, home, 'wait', '--channel', 'web', '--sequence', '2', '--timeout', '30m')
    const endMs = performance.now()
    const result = {
      bytes: BYTES,
      ...(rawSeconds === undefined ? {} : { rawSeconds, rsyncSeconds }),
      seconds: (endMs - startMs) / 1000,
      ...(OUTAGE_MS > 0 && { secondsAfterOutage: (endMs - backMs) / 1000 }),
      crossed: (received() - before) / BYTES,
    }
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
    else {
      const beside =
        rawSeconds === undefined
          ? ''
          : `; one TCP stream ${rawSeconds.toFixed(1)} s, rsync ${(rsyncSeconds ?? 0).toFixed(1)} s`
      const after = OUTAGE_MS > 0 ? `, ${((endMs - backMs) / 1000).toFixed(1)} s of it after the outage` : ''
      process.stdout.write(
        `${result.seconds.toFixed(1)} s${after}; ${result.crossed.toFixed(2)} of the content's bytes crossed the line${beside}\n`,
      )
    }
  } finally {
    for (const child of agents) child.kill('SIGKILL')
    await sleep(500)
  }
}

if (values.emulator === undefined) {
  process.stderr.write('--emulator PROGRAM is needed\n')
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'shoal-lossy-'))
try {
  using net = new Network('ly')
  await main(work, net, values.emulator)
} finally {
  rmSync(work, { recursive: true, force: true })
}
