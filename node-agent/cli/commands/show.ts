import type { EntryRow, ReleaseRow } from '../../../protocol/control/index.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { formatSize } from '../../config/index.ts'
import { safeJson } from '../../lifecycle/index.ts'
import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { release } from '../values.ts'

const LETTERS = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h' } as const

/** `-rwxr-xr-x`, with s and t where setuid, setgid and sticky are set. */
export function modeText({ kind, mode }: Pick<EntryRow, 'kind' | 'mode'>): string {
  if (mode === null) return `${LETTERS[kind]}${'·'.repeat(9)}`
  const special = [0o4000, 0o2000, 0o1000] as const
  const groups = special.map((bit, i) => {
    const bits = (mode >> (6 - 3 * i)) & 7
    const on = (mode & bit) !== 0
    const letter = i === 2 ? 't' : 's'
    const last = on ? ((bits & 1) !== 0 ? letter : letter.toUpperCase()) : (bits & 1) !== 0 ? 'x' : '-'
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`
  })
  return LETTERS[kind] + groups.join('')
}

const entryLine = (row: EntryRow): string =>
  [
    modeText(row),
    `${row.uid ?? '-'}:${row.gid ?? '-'}`.padEnd(11),
    (row.size === null ? '' : formatSize(row.size)).padStart(8),
    row.mtime?.slice(0, 19).concat('Z') ?? ' '.repeat(20),
    displayPath(row.path) + (row.target === null ? '' : ` -> ${displayPath(row.target)}`),
  ].join('  ')

const releaseLines = (row: ReleaseRow): string =>
  [
    `release   ${row.channel}@${row.sequence}`,
    `manifest  ${row.manifest}`,
    `published ${row.publishedAt}, expires ${row.expires}`,
    `tree      ${row.entries} entries, ${formatSize(row.bytes)}`,
    ...(row.message === '' ? [] : [`message   ${printable(row.message)}`]),
    '',
  ].join('\n')

/** In JSON a byte string stands as text with `\xNN` for what is not UTF-8, reversibly: a backslash in a name is doubled. */
const entryDocument = (row: EntryRow): unknown => ({
  ...row,
  path: displayPath(row.path),
  target: row.target === null ? null : displayPath(row.target),
})

export const show: AddCommand = (parent, { action }) => {
  define(parent, 'show <channel[@sequence]>', "one release's entries", 'show web@2').action(
    action(async (context, text: string) => {
      const request = release(text)
      const control = await context.control()
      const { io, json, signal } = context
      const pages = control.stream('show', request, { signal })
      // Written page by page: a release may have a million entries.
      let separator = '{"entries":[\n'
      for (;;) {
        const page = await pages.next()
        if (page.done === true) {
          const { value } = page
          if (json) io.stdout.write(`${separator === ',\n' ? '' : separator}\n],"release":${safeJson(value)}}\n`)
          else io.stdout.write(releaseLines(value))
          return
        }
        const lines = page.value.map((row) => (json ? safeJson(entryDocument(row)) : `${entryLine(row)}\n`))
        io.stdout.write(json ? separator + lines.join(',\n') : lines.join(''))
        separator = ',\n'
      }
    }),
  )
}
