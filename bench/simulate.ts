/**
 * A release that goes through a mesh of thousands of simulated hosts: the planner of real hosts on simulated lines.
 *
 *     node bench/simulate.ts [--sites 2000] [--hosts 5] [--chunks 64] [--uplink-kbit 2000] [--publisher-kbit 10000] [--seed 1] [--json]
 *
 * Prints when hosts have everything, in simulated time, what crossed the uplinks, and how long the simulation took.
 */
import { parseArgs } from 'node:util'
import { AVERAGE_CHUNK_BYTES } from '../protocol/index.ts'
import { Simulation } from '../test/support/simulation/simulation.ts'

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '2000' },
    hosts: { type: 'string', default: '5' },
    chunks: { type: 'string', default: '64' },
    'uplink-kbit': { type: 'string', default: '2000' },
    'publisher-kbit': { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const [hosts, chunks, seed] = [Number(values.hosts), Number(values.chunks), Number(values.seed)]
const [uplinkRate, publisherRate] = [Number(values['uplink-kbit']) * 125, Number(values['publisher-kbit']) * 125]
const DAY_MS = 86_400_000

const startMs = performance.now()
const mesh = new Simulation({
  seed,
  chunks,
  chunkBytes: AVERAGE_CHUNK_BYTES,
  sites: [
    { hosts: 1, uplinkRate: publisherRate, delayMs: 20 },
    ...Array.from({ length: Number(values.sites) }, () => ({ hosts, uplinkRate, delayMs: 40 })),
  ],
  tickMs: 1000,
})
const complete = mesh.run(DAY_MS)
const done = mesh.hosts
  .flatMap((host) => (host === mesh.publisher || host.doneAtMs === undefined ? [] : [host.doneAtMs / 1000]))
  .toSorted((a, b) => a - b)
const copies = mesh.sites
  .slice(1)
  .map(({ uplink }) => mesh.copies(uplink.down))
  .toSorted((a, b) => a - b)
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
const result = {
  hosts: mesh.hosts.length - 1,
  complete,
  oneCopySeconds: (chunks * AVERAGE_CHUNK_BYTES) / uplinkRate,
  halfSeconds: at(done, 0.5),
  lastSeconds: at(done, 1),
  uplinkCopies: { median: at(copies, 0.5), p95: at(copies, 0.95), most: at(copies, 1) },
  publisherCopies: mesh.egress(),
  tookSeconds: (performance.now() - startMs) / 1000,
}
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else {
  const { uplinkCopies, halfSeconds, lastSeconds, oneCopySeconds, publisherCopies, tookSeconds } = result
  process.stdout.write(
    `${done.length} of ${result.hosts} hosts have it: half after ${halfSeconds.toFixed(0)} s, all after ${lastSeconds.toFixed(0)} s (one copy takes an uplink ${oneCopySeconds.toFixed(0)} s); ` +
      `copies over an uplink: median ${uplinkCopies.median.toFixed(3)}, p95 ${uplinkCopies.p95.toFixed(3)}, most ${uplinkCopies.most.toFixed(3)}; ` +
      `publisher sent ${publisherCopies.toFixed(2)}; simulated in ${tookSeconds.toFixed(0)} s\n`,
  )
}
