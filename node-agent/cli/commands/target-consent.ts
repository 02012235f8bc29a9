import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { channel } from '../values.ts'

export const targetConsent: AddCommand = (parent, { action }) => {
  define(
    parent,
    'consent <channel>',
    'fetch the release that a budget holds on this host now, whatever it costs; later releases are held again',
    'target consent web',
  ).action(
    action(async (context, name: string) => {
      const control = await context.control()
      const { release } = await control.call('targetConsent', { channel: channel(name) }, { signal: context.signal })
      context.print({ release }, () => `${printable(release)} is fetched, whatever it costs\n`)
    }),
  )
}
