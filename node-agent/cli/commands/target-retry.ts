import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { channel, host } from '../values.ts'

interface Options {
  readonly host?: string
}

export const targetRetry: AddCommand = (parent, { action }) => {
  define(
    parent,
    'retry <channel>',
    'try a release again that a host rolled back because it was not healthy',
    'target retry web',
  )
    .option('--host <name>', 'that host, as a publisher of the channel; by default this one', host)
    .action(
      action(async (context, name: string, options: Options) => {
        const control = await context.control()
        const { signal } = context
        if (options.host !== undefined) {
          const request = { channel: channel(name), host: options.host }
          const asked = await control.call('retryHost', request, { signal })
          const text = `${printable(asked.host)} tries ${asked.channel}@${asked.sequence} again as soon as it hears of it\n`
          return context.print(asked, () => text)
        }
        const row = await control.call('targetRetry', { channel: channel(name) }, { signal })
        context.print(row, () => `${row.channel} at ${printable(row.root)} follows its head again\n`)
      }),
    )
}
