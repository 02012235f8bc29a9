import type { DriftRow, VerifiedTarget } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { formatSize } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { plural, printable } from '../text.ts'
import { channel } from '../values.ts'

interface Options {
  readonly channel?: string
  readonly deep?: boolean
}

export const verify: AddCommand = (parent, { action }) => {
  define(
    parent,
    'verify',
    "compare this host's live trees with their manifests; exit 1 on drift",
    'verify --channel web --deep',
  )
    .option('--channel <name>', 'only this channel', channel)
    .option('--deep', 'read every file, not only those whose size or times changed')
    .action(
      action(async (context, options: Options) => {
        const request = { channel: options.channel ?? null, deep: options.deep === true }
        const control = await context.control()
        const events = control.stream('verify', request, { signal: context.signal })
        const drift: DriftRow[] = []
        let step = await events.next()
        for (; step.done !== true; step = await events.next()) {
          const event = step.value
          if (event.kind === 'drift') note(context, drift, event)
          else
            context.progress.show(
              event.channel,
              `verify ${event.channel}: ${share(event.files, event.totalFiles)}, ${formatSize(event.bytes)}`,
            )
        }
        const targets = step.value
        context.print(
          {
            targets,
            drift: drift.map(({ channel, path, what, detail }) => ({ channel, path: displayPath(path), what, detail })),
          },
          () => targets.map(targetLine).join('') || 'no targets to verify\n',
        )
        const drifted = targets.filter((target) => target.drifted > 0)
        if (drifted.length > 0) {
          const where = drifted.map(
            (target) => `${plural(target.drifted, 'path')} in ${target.channel} (${target.root})`,
          )
          throw new ShoalError('DRIFT_FOUND', `${where.join(', ')} not as published; nothing was changed`)
        }
      }),
    )
}

const share = (done: number, total: number | null): string =>
  total === null ? `${done} files` : `${done} of ${total} files`

/** Drift is shown as it is found, and kept only for the document of --json. */
function note(context: CommandContext, drift: DriftRow[], row: DriftRow): void {
  if (context.json) {
    drift.push(row)
    return
  }
  context.progress.clear()
  const cells = [row.what.padEnd(10), row.channel, displayPath(row.path), printable(row.detail)]
  context.io.stdout.write(`${cells.join('  ').trimEnd()}\n`)
}

const targetLine = (target: VerifiedTarget): string => {
  const where = `${target.channel}@${target.sequence}  ${printable(target.root)}`
  if (target.manifest === null)
    return `empty       ${target.channel}  ${printable(target.root)}  nothing was committed here yet\n`
  return target.drifted === 0
    ? `as published  ${where}  ${plural(target.entries, 'entry').replace(/entrys$/, 'entries')}, ${target.manifest}\n`
    : `drifted     ${where}  ${plural(target.drifted, 'path')}\n`
}
