import { dirname, join } from 'node:path'
import { isShoalError, ShoalError } from '../../../protocol/errors/index.ts'
import type { Link } from '../../../protocol/control/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { ownAgent } from '../own-agent.ts'
import type { OfflineHome } from '../seams.ts'
import { lifetime, whole } from '../values.ts'

interface Options {
  readonly port: number
  readonly idle?: number
}

export const web: AddCommand = (parent, { action }) => {
  define(parent, 'web', 'the console in a browser on this machine', 'web --port 8080')
    .option('--port <port>', 'port on loopback; 0 for any', whole(0, 65_535), 0)
    .option('--idle <duration>', 'end when nobody asked anything for so long; 1h by default', lifetime)
    .action(action(run))
}

/** Serves until it is interrupted or idle: both are a good end. */
async function run(context: CommandContext, { port, idle }: Options): Promise<void> {
  const { io, clock, log, signal } = context
  const { home } = await context.homeInit()
  const { builtConsole, createWebServer, WEB_LIMITS } = await import('../../web/index.ts')
  const root = join(dirname(io.program), '..', '..')
  const folder = await builtConsole({ root, node: io.node, note: context.note, signal })
  const idleMs = idle ?? WEB_LIMITS.idleMs
  await using agent = await agentOf(context, home)
  const server = createWebServer({ connect: agent.connect, clock, log }, { folder, port, idleMs })
  await server.start()
  try {
    const { url } = server
    context.print(
      { event: 'ready', url },
      () => `${url}\nOpen it in a browser on this machine. The address can be used once.\n`,
    )
    await Promise.race([server.idle, aborted(signal)])
    if (!signal.aborted) context.note('nobody used the console for long; it ends')
  } finally {
    await server.stop()
  }
}

/** Where windows are connected to: the agent that runs on the home, else one of this process, else the home without a mesh. */
async function agentOf(context: CommandContext, home: string) {
  const { connectSocket, socketLink } = await import('../../control/index.ts')
  const running = await connectSocket(home)
  running?.destroy()
  const own = running === undefined ? await openOwn(context) : undefined
  const connect = async (): Promise<Link> => {
    const socket = await connectSocket(home)
    if (socket === undefined) throw new ShoalError('AGENT_UNREACHABLE', 'the agent of this home is not running')
    return socketLink(socket)
  }
  return { connect: own?.connect ?? connect, [Symbol.asyncDispose]: async () => own?.close() }
}

interface OwnAgent {
  /** Undefined when it is reached through the home's socket, as any other. */
  readonly connect: (() => Promise<Link>) | undefined
  close(): Promise<void>
}

async function openOwn(context: CommandContext): Promise<OwnAgent> {
  try {
    return { ...(await ownAgent(context, {})), connect: undefined }
  } catch (err) {
    if (!isShoalError(err, 'NO_MESH')) throw err
    return serveOffline(context, await (await context.seams.offline()).openOffline(await context.homeInit()))
  }
}

/** A home without a mesh, so that a window can say so, make one, or join. */
async function serveOffline({ log }: CommandContext, offline: OfflineHome): Promise<OwnAgent> {
  const { createControlServer } = await import('../../control/index.ts')
  const { portLink } = await import('../../../protocol/control/index.ts')
  const server = createControlServer({ handlers: offline.handlers, log }, { home: undefined })
  await server.start()
  return {
    connect: async () => {
      const { port1, port2 } = new MessageChannel()
      server.serve(portLink(port1))
      return portLink(port2)
    },
    close: async () => {
      await server.stop()
      await offline.close()
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
