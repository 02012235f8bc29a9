import type { DriftRow, KeptRow, RetainedRow, VerifiedTarget } from '../../../protocol/control/index.ts'
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
        const rows: Row[] = []
        let step = await events.next()
        for (; step.done !== true; step = await events.next()) {
          const event = step.value
          if (event.kind !== 'progress') note(context, rows, event)
          else
            context.progress.show(
              event.channel,
              `verify ${event.channel}: ${share(event.files, event.totalFiles)}, ${formatSize(event.bytes)}`,
            )
        }
        const targets = step.value
        context.print(
          { targets, ...documentOf(rows) },
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

type Row = DriftRow | KeptRow | RetainedRow

/** The rows in the form of --json: no kinds, byte strings made harmless to print. */
function documentOf(rows: readonly Row[]) {
  const shown = rows.map((row) => ({
    ...row,
    ...('path' in row ? { path: displayPath(row.path) } : {}),
    ...('at' in row ? { at: displayPath(row.at) } : {}),
  }))
  const of = (wanted: Row['kind']) => shown.filter(({ kind }) => kind === wanted).map(({ kind: _kind, ...row }) => row)
  return { drift: of('drift'), kept: of('kept'), retained: of('retained') }
}

/** Rows are shown as they are found, and kept only for the document of --json. */
function note(context: CommandContext, rows: Row[], row: Row): void {
  if (context.json) {
    rows.push(row)
    return
  }
  context.progress.clear()
  context.io.stdout.write(`${cellsOf(row).join('  ').trimEnd()}\n`)
}

function cellsOf(row: Row): readonly string[] {
  if (row.kind === 'drift') return [row.what.padEnd(10), row.channel, displayPath(row.path), printable(row.detail)]
  const first = [row.kind.padEnd(10), row.channel]
  if (row.kind === 'kept') {
    const what = `${formatSize(row.bytes)}, changed ${printable(row.changed)}, replaced by release ${row.sequence}; the copy: ${displayPath(row.at)}`
    return [...first, displayPath(row.path), what]
  }
  const what = row.whole ? `the tree of release ${row.sequence}` : `what release ${row.sequence} replaced`
  return [...first, `${what}, since ${printable(row.since)}: ${displayPath(row.at)}`]
}

const targetLine = (target: VerifiedTarget): string => {
  const where = `${target.channel}@${target.sequence}  ${printable(target.root)}`
  if (target.manifest === null)
    return `empty       ${target.channel}  ${printable(target.root)}  nothing was committed here yet\n`
  return target.drifted === 0
    ? `as published  ${where}  ${plural(target.entries, 'entry').replace(/entrys$/, 'entries')}, ${target.manifest}\n`
    : `drifted     ${where}  ${plural(target.drifted, 'path')}\n`
}
