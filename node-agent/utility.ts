import { homedir } from 'node:os'
import { parseRequest, portLink, type PortLike, serveLink, windowLink } from '../protocol/control/index.ts'
import { isShoalError, ShoalError } from '../protocol/index.ts'
import { createAgent } from './agent.ts'
import { loadConfig, prepareHome, resolveHome } from './config/index.ts'
import { createLogger, keepHeapSmall, systemClock } from './lifecycle/index.ts'
import { openOffline } from './offline.ts'

/** The agent as the desktop app runs it: a utility process that serves the control API on ports which Electron's main process hands over. */

keepHeapSmall()

interface PortMessage {
  readonly data: unknown
  readonly ports: readonly ElectronPort[]
}

/** Electron's MessagePortMain: an event emitter, not an event target. */
interface ElectronPort {
  postMessage(message: unknown): void
  on(type: 'message' | 'close', listener: (event: object) => void): void
  start(): void
  close(): void
}

interface ParentPort {
  on(type: 'message', listener: (message: PortMessage) => void): void
}

const isParentPort = (value: unknown): value is ParentPort =>
  typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'

const parentPort: unknown = Reflect.get(process, 'parentPort')
if (!isParentPort(parentPort)) {
  throw new ShoalError('USAGE', 'this entry runs inside the desktop app only; use `shoal agent`')
}

const asPortLike = (port: ElectronPort): PortLike => ({
  postMessage: (message) => port.postMessage(message),
  addEventListener: (type, listener) => {
    if (type !== 'messageerror') port.on(type, listener)
  },
  start: () => port.start(),
  close: () => port.close(),
})

const home = prepareHome(
  resolveHome({
    flag: argument('--home'),
    env: process.env,
    uid: process.getuid?.() ?? 0,
    cwd: process.cwd(),
    userHome: homedir(),
  }),
  { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  true,
)
const log = createLogger({ level: 'info', json: true, clock: systemClock, write: (line) => process.stderr.write(line) })
const init = { home, config: await loadConfig(home), clock: systemClock, log }

/** Value of `NAME VALUE` among the arguments. */
function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** A home without a mesh has nothing to run yet: its control API works all the same, so that the window can say so. */
async function open() {
  const agent = createAgent({ ...init, listen: [], bootstrap: [] })
  try {
    await agent.start()
    return { handlers: agent.handlers, close: () => agent.stop() }
  } catch (err) {
    await agent.stop()
    if (!isShoalError(err, 'NO_MESH')) throw err
    return openOffline(init)
  }
}

const opened = await open()
const onUnexpected = (name: string, err: unknown): void =>
  log.error('control-call-failed', { name, error: err instanceof Error ? err.message : String(err) })

parentPort.on('message', ({ data, ports }) => {
  for (const port of ports) {
    serveLink({ handlers: opened.handlers, parse: parseRequest, onUnexpected }, windowLink(portLink(asPortLike(port))))
  }
  if (data === 'stop') void opened.close().finally(() => process.exit(0))
})
