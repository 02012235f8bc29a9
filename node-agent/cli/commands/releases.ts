import { formatSize } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { printable, table } from '../text.ts'
import { channel } from '../values.ts'

interface Options {
  readonly channel: string
}

export const releases: AddCommand = (parent, { action }) => {
  define(parent, 'releases', "a channel's history as this node knows it", 'releases --channel web')
    .requiredOption('--channel <name>', 'the channel', channel)
    .action(
      action(async (context, options: Options) => {
        const control = await context.control()
        const rows = await control.call('releases', { channel: options.channel }, { signal: context.signal })
        context.print(rows, () =>
          table(
            [
              { title: 'RELEASE' },
              { title: 'PUBLISHED' },
              { title: 'ENTRIES', right: true },
              { title: 'SIZE', right: true },
              { title: 'MANIFEST' },
              { title: 'MESSAGE' },
            ],
            rows.map((row) => [
              `${row.channel}@${row.sequence}`,
              row.publishedAt,
              String(row.entries),
              formatSize(row.bytes),
              row.manifest.slice(0, 19),
              printable(row.message),
            ]),
          ),
        )
      }),
    )
}
