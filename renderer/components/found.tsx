import type { ReactElement } from 'react'
import { formatCount } from '../state/format.ts'

/** How many were found, and of how many. */
export function Found({
  matching,
  total,
}: {
  readonly matching: number | undefined
  readonly total: number | undefined
}): ReactElement {
  return (
    <p className="nowrap tool-text">
      <span className="strong">{matching === undefined ? '…' : formatCount(matching)}</span>
      <span className="quiet"> of {total === undefined ? '…' : formatCount(total)}</span>
    </p>
  )
}
