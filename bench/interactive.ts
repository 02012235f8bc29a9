/**
 * An interactive session beside a transfer: round trips of pings over a thin line while nothing, one plain TCP stream, rsync, and a release cross it. Needs root (network
 * namespaces) and a packet-level emulator, see bench/support/thin-line.ts.
 *
 *     node bench/interactive.ts --emulator PROGRAM [--kbit 2000] [--delay 20] [--loss 0] [--queue 128] [--seconds 30] [--congestion cubic] [--unpaced] [--json]
 *
 * --delay is one-way, --queue in KiB at each end of the line, --seconds how long the line takes for the content at its full rate.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Network } from '../test/support/namespaces.ts'
import { ThinLine } from './support/thin-line.ts'

const { values } = parseArgs({
  options: {
    emulator: { type: 'string' },
    kbit: { type: 'string', default: '2000' },
    delay: { type: 'string', default: '20' },
    loss: { type: 'string', default: '0' },
    queue: { type: 'string', default: '128' },
    seconds: { type: 'string', default: '30' },
    congestion: { type: 'string' },
    unpaced: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const BYTES = Math.round((Number(values.kbit) * 1000 * Number(values.seconds)) / 8)
const IDLE_MS = 5_000

/** What a session saw beside one kind of transfer. */
interface Beside {
  readonly transfer: string
  /** Of the pings, in ms. */
  readonly p50: number
  readonly p95: number
  readonly worst: number
  readonly lost: number
  /** Share of the line's rate that was used while the middle of the content came, headers included; NaN when nothing was sent. */
  readonly used: number
  /** From the command to its end. */
  readonly seconds: number
}

async function main(work: string, net: Network, emulator: string): Promise<void> {
  const { kbit, delay: delayMs, loss: lossPercent, queue: queueKiB, congestion } = values
  const line = await ThinLine.open(net, work, { emulator, kbit, delayMs, lossPercent, queueKiB, congestion })
  const results: Beside[] = []
  const beside = async (transfer: string, during: () => Promise<unknown>): Promise<void> => {
    const startMs = performance.now()
    let rate = Number.NaN
    const times = (await line.ping(async () => (rate = await line.rate(BYTES, during)))).toSorted((a, b) => a - b)
    const seconds = (performance.now() - startMs) / 1000
    const came = times.filter((ms) => Number.isFinite(ms))
    const at = (share: number): number => came[Math.min(came.length - 1, Math.floor(share * came.length))] ?? Number.NaN
    const lost = 1 - came.length / times.length
    const used = (rate * 8) / (Number(kbit) * 1000)
    results.push({ transfer, p50: at(0.5), p95: at(0.95), worst: at(1), lost, used, seconds })
    await sleep(2_000)
  }
  try {
    const content = randomBytes(BYTES)
    await beside('none', () => sleep(IDLE_MS))
    await beside('tcp', () => line.raw(BYTES))
    await beside('rsync', () => line.rsync(content))
    const mesh = await line.mesh(values.unpaced ? 'pace = false\n' : '')
    await beside('shoal', async () => {
      mesh.publish('new', content)
      await mesh.wait(2)
    })
    if (values.json) process.stdout.write(`${JSON.stringify({ ...values, bytes: BYTES, results })}\n`)
    else for (const result of results) process.stdout.write(`${textOf(result)}\n`)
  } finally {
    await line.close()
  }
}

const textOf = ({ transfer, p50, p95, worst, lost, used, seconds }: Beside): string => {
  const [half, most, max] = [p50, p95, worst].map((ms) => `${ms.toFixed(0)} ms`.padStart(8))
  return `${transfer.padEnd(6)} ping p50 ${half} p95 ${most} worst ${max} lost ${(100 * lost).toFixed(0)} %   ${used.toFixed(2)} of the line used, ${seconds.toFixed(1)} s`
}

if (values.emulator === undefined) {
  process.stderr.write('--emulator PROGRAM is needed\n')
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'shoal-interactive-'))
try {
  using net = new Network('ia')
  await main(work, net, values.emulator)
} finally {
  rmSync(work, { recursive: true, force: true })
}
