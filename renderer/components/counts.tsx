import type { ReactElement } from 'react'
import type { ConditionCounts, HostCondition } from '../../protocol/control/window.ts'
import { formatCount } from '../state/format.ts'
import { MARK_ORDER, MARKS } from '../state/mark.ts'
import { ShapeMark } from './state-mark.tsx'

/** From good to bad, as parts of one line. */
const BAR_ORDER = MARK_ORDER.toReversed()

/** Hosts by state as one bar; what it says is said again in words beside it. */
export function CountsBar({ counts }: { readonly counts: ConditionCounts }): ReactElement {
  const shown = BAR_ORDER.filter((state) => counts[state] > 0)
  const label = shown.map((state) => `${formatCount(counts[state])} ${MARKS[state].word}`).join(', ')
  return (
    <div className="bar" role="img" aria-label={label || 'no hosts'}>
      {shown.map((state) => (
        <span key={state} className={MARKS[state].tone} style={{ flex: `${counts[state]} 0 0` }} />
      ))}
    </div>
  )
}

/** Hosts by state in words; each leads to those hosts. States with nobody are left out, but for `always`. */
export function CountsLegend({
  counts,
  hrefOf,
  always = [],
}: {
  readonly counts: ConditionCounts
  readonly hrefOf: (state: HostCondition) => string
  readonly always?: readonly HostCondition[]
}): ReactElement {
  return (
    <div className="legend">
      {MARK_ORDER.filter((state) => counts[state] > 0 || always.includes(state)).map((state) => (
        <a key={state} href={hrefOf(state)} title={MARKS[state].meaning}>
          <span className={`${MARKS[state].tone} row`}>
            <ShapeMark shape={MARKS[state].shape} />
          </span>
          <span>
            <span className="strong">{formatCount(counts[state])}</span> {MARKS[state].word}
          </span>
        </a>
      ))}
    </div>
  )
}
