import { ShoalError } from '../../../protocol/errors/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import type { Agent } from '../seams.ts'
import { addresses, endpoint } from '../values.ts'

interface Options {
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly metrics?: { readonly host: string; readonly port: number }
}

export const agent: AddCommand = (parent, { action }) => {
  define(parent, 'agent', 'run the daemon in the foreground; SIGTERM stops it', 'agent --listen /ip4/0.0.0.0/tcp/4001')
    .option('--listen <multiaddr>', 'listen here; may be repeated', addresses)
    .option('--bootstrap <multiaddr>', 'dial this member first; may be repeated', addresses)
    .option('--metrics <address:port>', 'serve Prometheus metrics on http://ADDRESS:PORT/metrics', endpoint)
    .action(action(run, { level: 'info' }))
}

async function run(context: CommandContext, options: Options): Promise<void> {
  const init = await context.homeInit()
  const { createAgent } = await context.seams.agent()
  const running = createAgent({ ...init, listen: options.listen ?? [], bootstrap: options.bootstrap ?? [] })
  let metrics: AsyncDisposable | undefined
  try {
    if (!(await startUnlessStopped(running, context.signal))) return
    if (options.metrics !== undefined) {
      const { serveMetrics } = await import('../metrics.ts')
      metrics = await serveMetrics({ handlers: running.handlers, log: context.log }, options.metrics)
    }
    const ready = { event: 'ready', peerId: running.peerId(), addresses: running.addresses() }
    context.print(
      ready,
      () => `ready  ${ready.peerId}\n${ready.addresses.map((address) => `       ${address}\n`).join('')}`,
    )
    const failure = await Promise.race([stopped(context.signal), running.failure])
    if (failure !== undefined) throw failure
    context.log.info('agent-stopping')
  } finally {
    await metrics?.[Symbol.asyncDispose]()
    await stopWithin(context, running)
  }
}

const stopped = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

/** False when the signal came first: stop() is safe during start(), and what start() then says no longer matters. */
async function startUnlessStopped(running: Agent, signal: AbortSignal): Promise<boolean> {
  const starting = running.start().then(() => true)
  const first = await Promise.race([starting, stopped(signal).then(() => false)])
  if (!first) {
    await running.stop()
    await starting.catch(() => undefined)
  }
  return first
}

async function stopWithin(context: CommandContext, running: Agent): Promise<void> {
  // Loaded late: nothing else here needs the wire's schemas, and help must not wait for them.
  const { LIMITS } = await import('../../../protocol/wire/index.ts')
  const timer = new AbortController()
  const late = context.clock.sleep(2 * LIMITS.stopMs, { signal: timer.signal, unref: true }).then(
    () => {
      throw new ShoalError(
        'INTERNAL',
        'the agent did not stop in time; the journal finishes the rest at the next start',
      )
    },
    () => undefined,
  )
  try {
    await Promise.race([running.stop(), late])
  } finally {
    timer.abort()
  }
}
