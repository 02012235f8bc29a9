import type { HostLine } from '../../protocol/control/window.ts'
import { toCsv } from './csv.ts'
import { download } from './download.ts'
import { countOf } from './format.ts'
import { HOST_COLUMNS, toCells } from './host-rows.ts'
import type { Toast } from './toasts.ts'

/** Hands hosts to the browser as a file. */
export function writeHosts(
  lines: readonly HostLine[],
  kind: 'csv' | 'json',
  toast: (toast: Omit<Toast, 'id'>) => void,
): void {
  if (kind === 'csv') download('hosts.csv', 'text/csv', toCsv(HOST_COLUMNS, lines.map(toCells)))
  else download('hosts.json', 'application/json', `${JSON.stringify(lines, null, 2)}\n`)
  toast({ tone: 'good', text: `${countOf(lines.length, 'host')} written to hosts.${kind}` })
}
