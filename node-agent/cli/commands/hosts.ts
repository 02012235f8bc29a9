import { type AddCommand, define } from '../command.ts'
import { foundHosts, queryOf } from '../host-query.ts'
import { printable, table } from '../text.ts'
import { hostsKeep, hostsQuarantine, hostsRevoke } from './hosts-access.ts'

export const hosts: AddCommand = (parent, host) => {
  const list = define(
    parent,
    'hosts [query]',
    'members of the mesh, as this node knows them; `is:failed site:oslo` finds some',
    'hosts is:failed,drifted',
  ).action(
    host.action(async (context, text?: string) => {
      const query = queryOf(text)
      const control = await context.control()
      const { signal } = context
      const found = query === undefined ? undefined : await foundHosts(control, { query, channel: null }, signal)
      const all = await control.call('hosts', {}, { signal })
      const rows = found === undefined ? all : all.filter((row) => found.has(row.host))
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
  for (const add of [hostsRevoke, hostsKeep, hostsQuarantine]) add(list, host)
}
