import { ShoalError } from '../../../protocol/errors/index.ts'
import type { StatusDocument } from '../../../protocol/status/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { onlyHosts, queryOf } from '../host-query.ts'
import { statusLines } from '../status-text.ts'

interface Options {
  readonly watch?: boolean
  readonly peers?: boolean
  readonly hosts?: string
}

export const status: AddCommand = (parent, { action }) => {
  define(parent, 'status', 'this node and the fleet that it knows', 'status --watch')
    .option('--watch', 'again after every change, until interrupted')
    .option('--peers', 'with the connected members, and how releases came to their hosts')
    .option('--hosts <query>', 'only these hosts: is:failed -site:oslo', queryOf)
    .action(
      action(async (context, options: Options) => {
        const control = await context.control()
        const shown = (document: StatusDocument): Promise<StatusDocument> =>
          onlyHosts(control, document, options.hosts, context.signal)
        if (options.watch !== true) {
          const document = await shown(await control.call('status', {}, { signal: context.signal }))
          return context.print(document, () => statusLines(document, options))
        }
        if (!control.live) {
          throw new ShoalError(
            'AGENT_UNREACHABLE',
            'no agent runs on this home, so nothing changes; shoal status shows what it knew',
          )
        }
        await watch(context, options, control.stream('watchStatus', {}, { signal: context.signal }), shown)
      }),
    )
}

/** Being interrupted is how watching ends: that is no failure. */
async function watch(
  context: CommandContext,
  options: Options,
  documents: AsyncIterable<StatusDocument>,
  shown: (document: StatusDocument) => Promise<StatusDocument>,
): Promise<void> {
  const { io, signal } = context
  try {
    for await (const whole of documents) {
      const document = await shown(whole)
      const lines = (): string => statusLines(document, options)
      context.print(document, () => (io.stdout.isTty ? `\u001b[H\u001b[2J${lines()}` : `${lines()}\n`))
    }
  } catch (err) {
    if (!signal.aborted) throw err
  }
}
