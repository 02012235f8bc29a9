import { type ReactElement, useMemo } from 'react'
import { countOf } from '../state/format.ts'
import { showText } from '../state/text.ts'
import { diffTexts } from '../state/text-diff.ts'

/** Lines shown at most: a page that is read. */
const SHOWN_LINES = 2_000
const LINE_CHARS = 400

const SIGNS = { same: ' ', added: '+', removed: '−' } as const

/** The difference of two texts, line by line. */
export function DiffView({
  before,
  after,
}: {
  readonly before: string | null
  readonly after: string | null
}): ReactElement {
  const diff = useMemo(() => diffTexts(before ?? '', after ?? ''), [before, after])
  const blocks = diff.blocks
  let shown = 0
  return (
    <div
      className="diff"
      tabIndex={0}
      role="region"
      aria-label={`Text: ${countOf(diff.added, 'line')} added, ${diff.removed} removed`}
    >
      {blocks.map((block, place) => {
        if (block.kind === 'gap')
          return (
            <p key={place} className="diff-gap">
              {countOf(block.lines, 'line')} the same
            </p>
          )
        const lines = block.lines.slice(0, Math.max(0, SHOWN_LINES - shown))
        shown += block.lines.length
        return (
          <div key={place}>
            {lines.map((line) => (
              <div key={`${line.before} ${line.after}`} className={`diff-line ${line.what}`}>
                <span className="diff-number">{line.before}</span>
                <span className="diff-number">{line.after}</span>
                <span className="diff-sign">{SIGNS[line.what]}</span>
                <code>{showText(line.text, { max: LINE_CHARS, lines: true })}</code>
              </div>
            ))}
          </div>
        )
      })}
      {blocks.every((block) => block.kind === 'gap') && <p className="quiet pad">The text is the same.</p>}
      {shown > SHOWN_LINES && <p className="diff-gap">{countOf(shown - SHOWN_LINES, 'more line')} of difference</p>}
    </div>
  )
}
