import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { channel } from '../values.ts'

export const targetRetry: AddCommand = (parent, { action }) => {
  define(
    parent,
    'retry <channel>',
    'try a release again that this host rolled back because it was not healthy',
    'target retry web',
  ).action(
    action(async (context, name: string) => {
      const control = await context.control()
      const row = await control.call('targetRetry', { channel: channel(name) }, { signal: context.signal })
      context.print(row, () => `${row.channel} at ${printable(row.root)} follows its head again\n`)
    }),
  )
}
