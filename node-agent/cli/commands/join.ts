import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'

export const join: AddCommand = (parent, { action }) => {
  define(parent, 'join <ticket>', "make this host's key and bind it to a ticket's grant", 'join shoal1…').action(
    action(
      async (context, ticket: string) => {
        const control = await context.control()
        const joined = await control.call('join', { ticket: ticket.trim() }, { signal: context.signal })
        context.print(
          joined,
          () => `joined ${printable(joined.name)} as ${joined.host} at ${joined.site}\npeer   ${joined.peerId}\n`,
        )
      },
      { createsHome: true },
    ),
  )
}
