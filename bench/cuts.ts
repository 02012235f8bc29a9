/**
 * A release over a long thin line that is cut again and again, or whose receiver is. Needs root (network namespaces) and a packet-level emulator, see bench/support/thin-line.ts.
 *
 *     node bench/cuts.ts --emulator PROGRAM [--kb 2500] [--kbit 512] [--delay 300] [--loss 2] [--up 20 --down 40] [--kills 2] [--json]
 *
 * The line is up and down for so many seconds in turn; with --kills N it stays up, and the receiving agent is killed N times on the way and started again.
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
    kb: { type: 'string', default: '2500' },
    kbit: { type: 'string', default: '512' },
    delay: { type: 'string', default: '300' },
    loss: { type: 'string', default: '2' },
    up: { type: 'string', default: '20' },
    down: { type: 'string', default: '40' },
    kills: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})
const [BYTES, KILLS] = [Number(values.kb) * 1000, Number(values.kills)]
const [UP_MS, DOWN_MS] = [Number(values.up) * 1000, Number(values.down) * 1000]

/** Turns the line off and on again until told to stop, and leaves it on. @returns how often it was cut */
async function flap({ link }: ThinLine, signal: AbortSignal): Promise<number> {
  let cuts = 0
  for (let up = true; !(signal.aborted && up); up = !up) {
    await sleep(up ? UP_MS : DOWN_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted && up) break
    link.kill('SIGUSR1')
    if (up) cuts++
  }
  return cuts
}

async function main(work: string, net: Network, emulator: string): Promise<void> {
  const { kbit, delay: delayMs, loss: lossPercent } = values
  const shape = { emulator, kbit, delayMs, lossPercent, queueKiB: '64', congestion: undefined }
  const line = await ThinLine.open(net, work, shape)
  try {
    const mesh = await line.mesh()
    const [received, sent] = [line.received(), line.sent()]
    mesh.publish('new', randomBytes(BYTES))
    const startMs = performance.now()
    const over = new AbortController()
    const flapping = KILLS === 0 ? flap(line, over.signal) : Promise.resolve(0)
    for (let n = 1; n <= KILLS; n++) {
      while (line.received() - received < (BYTES * n) / (KILLS + 1)) await sleep(200)
      await mesh.restart()
    }
    await mesh.wait(2)
    const seconds = (performance.now() - startMs) / 1000
    over.abort()
    const cuts = KILLS === 0 ? await flapping : KILLS
    const [crossed, left] = [(line.received() - received) / BYTES, (line.sent() - sent) / BYTES]
    if (values.json) process.stdout.write(`${JSON.stringify({ bytes: BYTES, seconds, cuts, crossed, sent: left })}\n`)
    else {
      const text = `${seconds.toFixed(1)} s with ${cuts} cuts; ${left.toFixed(3)} of the content's bytes were sent, ${crossed.toFixed(3)} crossed the line`
      process.stdout.write(`${text}\n`)
    }
  } finally {
    await line.close()
  }
}

if (values.emulator === undefined) {
  process.stderr.write('--emulator PROGRAM is needed\n')
  process.exit(2)
}
const work = mkdtempSync(join(tmpdir(), 'shoal-cuts-'))
try {
  using net = new Network('ct')
  await main(work, net, values.emulator)
} finally {
  rmSync(work, { recursive: true, force: true })
}
