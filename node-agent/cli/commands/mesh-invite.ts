import { parseHostName, parseSiteName } from '../../../protocol/ids/index.ts'
import { DEFAULTS, formatDuration } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { label, lifetime, timeOption } from '../values.ts'

interface Options {
  readonly site: string
  readonly label?: Readonly<Record<string, string>>
  readonly expires: number
}

export const meshInvite: AddCommand = (parent, { action }) => {
  define(
    parent,
    'invite <host>',
    'print a one-time ticket that lets one host in',
    'mesh invite oslo-1 --site oslo --label role=web',
  )
    .requiredOption('--site <site>', "the host's LAN")
    .option('--label <key=value>', 'describes the host; may be repeated', label)
    .addOption(timeOption('--expires <duration>', 'time to use the ticket', lifetime, DEFAULTS.inviteLifetimeMs))
    .action(
      action(async (context, name: string, options: Options) => {
        const host = parseHostName(name)
        const site = parseSiteName(options.site)
        const control = await context.control()
        const request = { host, site, labels: options.label ?? {}, lifetimeMs: options.expires }
        const invitation = await control.call('meshInvite', request, { signal: context.signal })
        context.print(invitation, () => `${invitation.ticket}\n`)
        if (!context.json && context.io.stdout.isTty) {
          context.note(`Valid for ${formatDuration(options.expires)}, for one host. On ${host}: shoal join TICKET`)
        }
      }),
    )
}
