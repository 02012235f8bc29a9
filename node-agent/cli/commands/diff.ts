import { resolve } from 'node:path'
import type { DiffRow } from '../../../protocol/control/index.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { formatSize } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { plural, printable } from '../text.ts'
import { channel } from '../values.ts'

export const diff: AddCommand = (parent, { action }) => {
  define(parent, 'diff <dir>', 'what publishing would change', 'diff ./site --channel web')
    .requiredOption('--channel <name>', 'the channel', channel)
    .action(
      action(async (context, dir: string, options: { readonly channel: string }) => {
        const control = await context.control()
        const request = { dir: resolve(dir), channel: options.channel }
        const events = control.stream('diff', request, { signal: context.signal })
        const rows: DiffRow[] = []
        let step = await events.next()
        for (; step.done !== true; step = await events.next()) {
          const event = step.value
          if (event.kind === 'rows') rows.push(...event.rows)
          else context.progress.show('read', `read  ${plural(event.files, 'file')}, ${formatSize(event.bytes)}`)
        }
        context.progress.clear()
        const { value: result } = step
        const shown = rows.map((row) => ({
          ...row,
          path: displayPath(row.path),
          from: row.from === null ? null : displayPath(row.from),
        }))
        context.print({ ...result, rows: shown }, () => {
          const { added, changed, removed, renamed, newBytes, risky, warnings, sequence } = result
          const counts = `${added} added, ${changed} changed, ${removed} removed, ${renamed} renamed`
          const against = sequence === 0 ? 'the channel has no release yet' : `against ${result.channel}@${sequence}`
          const summary = `${counts}, ${risky} to look at; ${formatSize(newBytes)} of new content; ${against}\n`
          return [...rows.map(lineOf), summary, ...warnings.map((text) => `warning: ${printable(text)}\n`)].join('')
        })
      }),
    )
}

const RISKS = {
  escaping: 'leads out of the tree',
  dangling: 'leads nowhere',
  setuid: 'runs as its owner or group',
} as const

function lineOf({ what, path, from, size, risk }: DiffRow): string {
  const bytes = size === null ? '' : `  ${formatSize(size)}`
  const origin = from === null ? '' : `  was ${displayPath(from)}`
  return `${what.padEnd(8)} ${displayPath(path)}${bytes}${origin}${risk === null ? '' : `  ! ${RISKS[risk]}`}\n`
}
