import { type ReactElement, useState } from 'react'
import type { PreviewWarning } from '../../../protocol/control/window.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { Icon } from '../../components/icon.tsx'
import { countOf } from '../../state/format.ts'
import { exactGlob } from '../../state/preview.ts'
import { showText } from '../../state/text.ts'

/** Warnings shown before the rest is asked for. */
const FIRST = 3

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
  const shown = all ? warnings : warnings.slice(0, FIRST)
  return (
    <section className="warnings" aria-label={countOf(warnings.length, 'warning')}>
      <ul>
        {shown.map((warning, place) => (
          <li key={place} className="row">
            <span className="held row">
              <Icon name="warn" size={14} />
            </span>
            <span className="grow break">
              {warning.path !== null && <code>{showText(displayPath(warning.path), { max: 160 })}</code>}{' '}
              {showText(warning.text, { max: 300 })}
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
      {warnings.length > shown.length && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {countOf(warnings.length - shown.length, 'more warning')}
        </button>
      )}
    </section>
  )
}
