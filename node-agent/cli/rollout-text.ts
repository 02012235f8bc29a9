import type { RolloutView, WaveReach, WaveView } from '../../protocol/status/index.ts'
import { plural, printable } from './text.ts'

/** `; wave 1 of 3`, and that it is paused; nothing for a release without waves. */
export function openWords({ waves, open, paused }: RolloutView): string {
  const wave = waves.length === 1 ? '' : `; wave ${open} of ${waves.length}`
  return paused === null ? wave : `${wave}; PAUSED${paused.fromWave === 1 ? '' : ` from wave ${paused.fromWave} on`}`
}

/** Waves, their gates, who paused or promoted, and what comes next: a line each. */
export function rolloutLines({ waves, paused, promoted, next }: RolloutView): string {
  const said = ({ by, at, message }: { readonly by: string; readonly at: string; readonly message: string }): string =>
    `by publisher ${printable(by.slice(0, 8))} at ${printable(at)}${message === '' ? '' : `: ${printable(message)}`}`
  const lines = [
    ...(waves.length === 1 ? [] : waves.flatMap(waveLines)),
    ...(paused === null ? [] : [`paused from wave ${paused.fromWave} on ${said(paused)}`]),
    ...(promoted === null ? [] : [`promoted to wave ${promoted.wave} ${said(promoted)}`]),
    ...(next === null
      ? []
      : [`next: ${printable(next.text)}${next.at === null ? '' : `; at ${printable(next.at)} by itself`}`]),
  ]
  return lines.map((line) => `  ${line}\n`).join('')
}

function waveLines({ number, select, open, hosts, counts, gates }: WaveView): readonly string[] {
  const standing = Object.entries(counts).filter(([, count]) => count > 0)
  const shown = standing.map(([word, count]) => `${count} ${word}`).join(', ')
  return [
    `wave ${number}  ${open ? 'open' : 'waits'}  ${printable(select)}: ${plural(hosts, 'host')}${shown === '' ? '' : `, ${shown}`}`,
    ...gates.map(({ passed, text }) => `        ${passed ? 'holds' : 'not yet'}: ${printable(text)}`),
  ]
}

const SHOWN_NAMES = 5

/** How many hosts each wave reaches now. */
export const reachLines = (waves: readonly WaveReach[]): string =>
  waves
    .map(({ number, select, hosts, names }) => {
      const more = hosts > SHOWN_NAMES ? ', …' : ''
      const who = hosts === 0 ? '' : ` (${names.slice(0, SHOWN_NAMES).map(printable).join(', ')}${more})`
      return `wave ${number}  ${printable(select)}: ${plural(hosts, 'host')}${who}\n`
    })
    .join('')
