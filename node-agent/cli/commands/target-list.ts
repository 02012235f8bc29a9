import type { TargetRow } from '../../../protocol/control/index.ts'
import { formatDuration } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { printable, table } from '../text.ts'

export const targetLines = (rows: readonly TargetRow[]): string =>
  table(
    [
      { title: 'CHANNEL' },
      { title: 'STRATEGY' },
      { title: 'GRACE', right: true },
      { title: 'KEEP', right: true },
      { title: 'SET BY' },
      { title: 'ROOT' },
    ],
    rows.map((row) => [
      row.channel,
      row.strategy,
      formatDuration(row.graceMs),
      String(row.keep),
      row.source,
      printable(row.root),
    ]),
  )

export const targetList: AddCommand = (parent, { action }) => {
  define(parent, 'list', 'what this host applies where', 'target list --json').action(
    action(async (context) => {
      const control = await context.control()
      const rows = await control.call('targetList', {}, { signal: context.signal })
      context.print(rows, () => (rows.length === 0 ? 'no targets; see shoal target add --help\n' : targetLines(rows)))
    }),
  )
}
