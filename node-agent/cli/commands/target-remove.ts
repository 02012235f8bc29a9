import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { channel } from '../values.ts'

export const targetRemove: AddCommand = (parent, { action }) => {
  define(
    parent,
    'remove <channel>',
    "no longer apply a channel's releases; the tree stays as it is",
    'target remove web',
  ).action(
    action(async (context, name: string) => {
      const request = { channel: channel(name) }
      const control = await context.control()
      const row = await control.call('targetRemove', request, { signal: context.signal })
      context.print(row, () => `${row.channel} is no longer applied; ${printable(row.root)} stays as it is\n`)
    }),
  )
}
