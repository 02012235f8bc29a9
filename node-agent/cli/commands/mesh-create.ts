import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'

export const meshCreate: AddCommand = (parent, { action }) => {
  define(
    parent,
    'create <name>',
    'make root, publisher and enroller keys in this home',
    'mesh create "Acme production"',
  ).action(
    action(
      async (context, name: string) => {
        const control = await context.control()
        const made = await control.call('meshCreate', { name }, { signal: context.signal })
        context.print(
          made,
          () => `mesh  ${made.mesh}  ${printable(made.name)}\nroot  ${made.rootFingerprint}\npeer  ${made.peerId}\n`,
        )
      },
      { createsHome: true },
    ),
  )
}
