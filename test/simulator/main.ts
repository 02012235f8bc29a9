/**
 * The console over a simulated mesh, in a browser: the real control API, views, web server and window; only the hosts are made up.
 *
 *     npm run demo:console -- [--hosts 10000] [--sites 24] [--seed 7] [--port 0] [--at 2026-06-12T13:52:00Z]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connectSocket, socketLink } from '../../node-agent/control/index.ts'
import { createLogger, systemClock } from '../../node-agent/lifecycle/index.ts'
import { builtConsole, createWebServer } from '../../node-agent/web/index.ts'
import { isShoalError, ShoalError } from '../../protocol/index.ts'
import { startSimulator } from './simulator.ts'

const ROOT = join(import.meta.dirname, '../..')

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    sites: { type: 'string', default: '24' },
    seed: { type: 'string', default: '7' },
    port: { type: 'string', default: '0' },
    changes: { type: 'string', default: '0' },
    at: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const whole = (name: keyof typeof values, least: number, most: number): number => {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new ShoalError('USAGE', `--${name} is a whole number from ${least} to ${most}`)
}

const note = (line: string): void => void process.stderr.write(`${line}\n`)

async function run(signal: AbortSignal): Promise<void> {
  const hosts = whole('hosts', 40, 100_000)
  const sites = whole('sites', 1, Math.min(1000, hosts))
  const init = { hosts, sites, seed: whole('seed', 0, 2 ** 31), changes: whole('changes', 0, 4) }
  const atMs = values.at === undefined ? undefined : Date.parse(values.at)
  if (Number.isNaN(atMs)) throw new ShoalError('USAGE', '--at is a moment as in 2026-06-12T13:52:00Z')
  const port = whole('port', 0, 65_535)
  const folder = await builtConsole({ root: ROOT, node: process.execPath, note, signal })
  await using simulator = await startSimulator({ ...init, atMs, note, signal })
  const connect = async () => {
    const socket = await connectSocket(simulator.home)
    if (socket === undefined) throw new ShoalError('AGENT_UNREACHABLE', 'the simulation has ended')
    return socketLink(socket)
  }
  const log = createLogger({ level: 'warn', json: false, clock: systemClock, write: note })
  const server = createWebServer(
    { connect, clock: systemClock, log },
    { folder, port, idleMs: Number.MAX_SAFE_INTEGER },
  )
  await server.start()
  try {
    const { url } = server
    if (values.json)
      console.log(
        JSON.stringify({ event: 'ready', url, home: simulator.home, builds: simulator.builds, simulated: true }),
      )
    else
      console.log(
        `${url}\nOpen it in a browser on this machine. The address can be used once.\n\nThis is a SIMULATION: ${hosts} hosts in ${sites} sites that do not exist. What you do to them happens in this process alone.\nFolders to publish: ${simulator.builds}\nThe command line sees the same mesh: npx shoal --home ${simulator.home} status\nCtrl-C ends it and leaves nothing behind.`,
      )
    const failed = await Promise.race([simulator.failure, aborted(signal)])
    if (failed !== undefined) throw failed
  } finally {
    await server.stop()
  }
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort())
try {
  await run(stopping.signal)
} catch (err) {
  if (!stopping.signal.aborted) {
    note(isShoalError(err) ? `simulator: ${err.code}: ${err.message}` : String(err instanceof Error ? err.stack : err))
    process.exitCode = isShoalError(err, 'USAGE') ? 2 : 1
  }
}
