import { Option } from 'commander'
import type { TargetSettings } from '../../../protocol/control/index.ts'
import { DEFAULTS } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { channel, directory, duration, timeOption, whole } from '../values.ts'
import { targetLines } from './target-list.ts'

interface Options {
  readonly strategy: TargetSettings['strategy']
  readonly grace: number
  readonly keep: number
}

export const targetAdd: AddCommand = (parent, { action }) => {
  define(
    parent,
    'add <channel> <root>',
    "apply a channel's releases to a directory of this host",
    'target add web /srv/web --grace 30m',
  )
    .addOption(
      new Option('--strategy <strategy>', 'how a release becomes visible')
        .choices(['in-place', 'swap', 'generations'])
        .default(DEFAULTS.strategy),
    )
    .addOption(
      timeOption(
        '--grace <duration>',
        'replaced files stay linked out of sight for so long',
        duration,
        DEFAULTS.graceMs,
      ),
    )
    .option('--keep <count>', 'older releases kept for rollback', whole(0, 1000), DEFAULTS.keep)
    .action(
      action(
        async (context, name: string, root: string, options: Options) => {
          const settings = {
            channel: channel(name),
            root: directory(root, context.io.cwd),
            strategy: options.strategy,
            graceMs: options.grace,
            keep: options.keep,
          }
          const control = await context.control()
          const row = await control.call('targetAdd', settings, { signal: context.signal })
          context.print(row, () => targetLines([row]))
        },
        { createsHome: true },
      ),
    )
}
