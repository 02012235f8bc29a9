/**
 * A release over a long thin line that loses packets, beside one plain TCP stream and rsync over the same line. Needs root (network namespaces) and a packet-level
 * emulator, see bench/support/thin-line.ts.
 *
 *     node bench/lossy.ts --emulator PROGRAM [--kb 1500] [--kbit 512] [--delay 300] [--loss 2] [--queue 64] [--congestion cubic] [--unpaced] [--rounds 1] [--outage 60] [--json]
 *
 * With --outage SECONDS, the line is dead for so long after a third of the content, and the host has another address afterwards.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Network } from '../test/support/namespaces.ts'
import { inside, NEAR, type Mesh, ThinLine } from './support/thin-line.ts'

const { values } = parseArgs({
  options: {
    emulator: { type: 'string' },
    kb: { type: 'string', default: '1500' },
    kbit: { type: 'string', default: '512' },
    delay: { type: 'string', default: '300' },
    loss: { type: 'string', default: '2' },
    queue: { type: 'string', default: '64' },
    congestion: { type: 'string' },
    unpaced: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '1' },
    outage: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const BYTES = Number(values.kb) * 1000
const OUTAGE_MS = Number(values.outage) * 1000
const MOVED = '10.99.0.3'

/** One release, and what else brought as many bytes. */
interface Round {
  readonly seconds: number
  /** Bytes that crossed the line, as a share of the content's. */
  readonly crossed: number
  readonly tcpSeconds?: number
  readonly rsyncSeconds?: number
  readonly secondsAfterOutage?: number
}

async function main(work: string, net: Network, emulator: string): Promise<void> {
  const { kbit, delay: delayMs, loss: lossPercent, queue: queueKiB, congestion } = values
  const line = await ThinLine.open(net, work, { emulator, kbit, delayMs, lossPercent, queueKiB, congestion })
  try {
    const mesh = await line.mesh(values.unpaced ? 'pace = false\n' : '')
    const rounds: Round[] = []
    for (let n = 0; n < Number(values.rounds); n++) {
      const content = randomBytes(BYTES)
      const others = OUTAGE_MS > 0 ? {} : { tcpSeconds: await line.raw(BYTES), rsyncSeconds: await line.rsync(content) }
      rounds.push({ ...(await release(line, mesh, n, content)), ...others })
      if (!values.json) process.stdout.write(`${textOf(rounds.at(-1) ?? { seconds: 0, crossed: 0 })}\n`)
    }
    if (values.json) process.stdout.write(`${JSON.stringify({ ...values, bytes: BYTES, rounds })}\n`)
  } finally {
    await line.close()
  }
}

async function release(line: ThinLine, mesh: Mesh, n: number, content: Uint8Array): Promise<Round> {
  const before = line.received()
  mesh.publish(`new${n}`, content)
  const startMs = performance.now()
  let backMs = startMs
  if (OUTAGE_MS > 0) {
    while (line.received() - before < BYTES / 3) await sleep(200)
    line.link.kill('SIGUSR1')
    await sleep(OUTAGE_MS)
    // In this order: an address of the same net that was added before would go with the first.
    inside(line.near, 'ip', 'addr', 'del', `${NEAR}/24`, 'dev', 'pl0')
    inside(line.near, 'ip', 'addr', 'add', `${MOVED}/24`, 'dev', 'pl0')
    line.link.kill('SIGUSR1')
    backMs = performance.now()
  }
  await mesh.wait(n + 2)
  const endMs = performance.now()
  const crossed = (line.received() - before) / BYTES
  const after = OUTAGE_MS > 0 ? { secondsAfterOutage: (endMs - backMs) / 1000 } : {}
  return { seconds: (endMs - startMs) / 1000, crossed, ...after }
}

const textOf = ({ seconds, crossed, tcpSeconds, rsyncSeconds, secondsAfterOutage }: Round): string => {
  const after = secondsAfterOutage === undefined ? '' : `, ${secondsAfterOutage.toFixed(1)} s of it after the outage`
  const beside =
    tcpSeconds === undefined || rsyncSeconds === undefined
      ? ''
      : `; one TCP stream ${tcpSeconds.toFixed(1)} s, rsync ${rsyncSeconds.toFixed(1)} s`
  return `${seconds.toFixed(1)} s${after}; ${crossed.toFixed(2)} of the content's bytes crossed the line${beside}`
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
