import { type AddCommand, define } from '../command.ts'
import { printable, table } from '../text.ts'
import { refuse } from './not-built.ts'

export const hosts: AddCommand = (parent, host) => {
  const list = define(parent, 'hosts', 'members of the mesh, as this node knows them', 'hosts --json').action(
    host.action(async (context) => {
      const control = await context.control()
      const rows = await control.call('hosts', {}, { signal: context.signal })
      context.print(rows, () =>
        table(
          [
            { title: 'HOST' },
            { title: 'SITE' },
            { title: 'REPORTED' },
            { title: 'CHANNELS' },
            { title: 'LABELS' },
            { title: 'PEER' },
          ],
          rows.map((row) => [
            row.host,
            row.site,
            row.reportedAt ?? 'never',
            row.channels.join(' '),
            Object.entries(row.labels)
              .map(([key, value]) => `${key}=${printable(value)}`)
              .join(' '),
            row.peerId,
          ]),
        ),
      )
    }),
  )
  refuse(list, host, 'revoke <host>', 'take a host out of the mesh', 'hosts revoke oslo-1')
}
