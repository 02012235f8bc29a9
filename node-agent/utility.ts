import { homedir } from 'node:os'
import { type FromAgent, parseToAgent } from '../protocol/console/index.ts'
import { emitterPort, portLink, windowLink } from '../protocol/control/index.ts'
import { toWire } from '../protocol/index.ts'
import { createAgent } from './agent.ts'
import { loadConfig, prepareHome, resolveHome } from './config/index.ts'
import { DesktopAgent, parentPortOf } from './desktop/index.ts'
import { createLogger, keepHeapSmall, systemClock } from './lifecycle/index.ts'
import { openOffline } from './offline.ts'

/** The agent as the desktop app runs it: a utility process that serves the control API on ports which Electron's main process hands over. */

keepHeapSmall()

const parentPort = parentPortOf(Reflect.get(process, 'parentPort'))
const tell = (message: FromAgent): void => parentPort.postMessage(message)
const log = createLogger({ level: 'info', json: true, clock: systemClock, write: (line) => process.stderr.write(line) })

/** Value of `NAME VALUE` among the arguments. */
function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

async function prepare(): Promise<DesktopAgent> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const wanted = { flag: argument('--home'), env: process.env, uid, cwd: process.cwd(), userHome: homedir() }
  const home = prepareHome(resolveHome(wanted), { uid, gid }, true)
  const init = { home, config: await loadConfig(home), clock: systemClock, log }
  return new DesktopAgent({
    openAgent: async () => {
      const agent = createAgent({ ...init, listen: [], bootstrap: [] })
      try {
        await agent.start()
      } catch (err) {
        await agent.stop()
        throw err
      }
      void agent.failure.then(fail)
      return { handlers: agent.handlers, folders: agent.folders, close: () => agent.stop() }
    },
    openOffline: () => openOffline(init),
    tell,
    onFailure: fail,
    log,
  })
}

/** Says why, and ends: the supervisor starts it again. */
function fail(err: unknown): void {
  const { code, message } = toWire(err)
  log.error('agent-failed', { code, error: err instanceof Error ? err.message : String(err) })
  tell({ kind: 'failed', code, message })
  // What was told leaves first.
  setImmediate(() => process.exit(1))
}

try {
  const agent = await prepare()
  await agent.start()
  parentPort.on('message', ({ data, ports: [port] }) => {
    const told = parseToAgent(data)
    if (told?.kind === 'serve' && port !== undefined) {
      const link = portLink(emitterPort(port))
      agent.serve(told.role, told.role === 'window' ? windowLink(link) : link)
    }
    if (told?.kind === 'grant') void agent.grant(told.request, told.path)
    if (told?.kind === 'stop') void agent.stop().finally(() => process.exit(0))
  })
} catch (err) {
  fail(err)
}
