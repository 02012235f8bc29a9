import { type ReactElement, useState } from 'react'
import type { PreviewWarning } from '../../../protocol/control/window.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { Icon } from '../../components/icon.tsx'
import { countOf } from '../../state/format.ts'
import { exactGlob } from '../../state/preview.ts'
import { showText } from '../../state/text.ts'

/** Warnings shown before the rest is asked for. */
const FIRST = 3

interface Line {
  readonly severity: PreviewWarning['severity']
  readonly path: string | null
  readonly text: string
}

/** A line for each path that a warning names, and one for those that it only counts. */
function linesOf({ severity, text, count, paths }: PreviewWarning): readonly Line[] {
  if (count === 0) return [{ severity, path: null, text }]
  const named = paths.map(({ path, why }) => ({ severity, path, text: `${text} (${why})` }))
  const more = count - paths.length
  return more === 0 ? named : [...named, { severity, path: null, text: `${countOf(more, 'more path')}: ${text}` }]
}

/** What the publisher probably did not mean; what has a path can be left out. */
export function Warnings({
  warnings,
  left,
  onLeave,
}: {
  readonly warnings: readonly PreviewWarning[]
  readonly left: readonly string[]
  readonly onLeave: (path: string) => void
}): ReactElement | null {
  const [all, setAll] = useState(false)
  if (warnings.length === 0) return null
  const lines = warnings.flatMap(linesOf)
  const shown = all ? lines : lines.slice(0, FIRST)
  return (
    <section className="warnings" aria-label={countOf(lines.length, 'warning')}>
      <ul>
        {shown.map((warning, place) => (
          <li key={place} className="row">
            <span className="held row">
              <Icon name="warn" size={14} />
            </span>
            <span className="grow break">
              {warning.severity === 'stops' && <strong>It stops the release: </strong>}
              {warning.path !== null && <code>{showText(displayPath(warning.path), { max: 160 })}</code>}{' '}
              {showText(warning.text, { max: 400 })}
            </span>
            {warning.path !== null &&
              (left.includes(exactGlob(warning.path)) ? (
                <span className="quiet small">left out</span>
              ) : (
                <button type="button" className="button small" onClick={() => onLeave(warning.path ?? '')}>
                  Leave out
                </button>
              ))}
          </li>
        ))}
      </ul>
      {lines.length > shown.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {countOf(lines.length - shown.length, 'more warning')}
        </button>
      )}
    </section>
  )
}
