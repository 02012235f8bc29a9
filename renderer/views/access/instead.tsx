import type { ReactElement } from 'react'
import type { Problem } from '../../state/feed.ts'

/** When keys of this home have signed another root of the same version: signing a second one is said so by a person. */
export function Instead({
  problem,
  value,
  onChange,
}: {
  readonly problem: Problem | undefined
  readonly value: boolean
  readonly onChange: (value: boolean) => void
}): ReactElement | null {
  if (!value && problem?.code !== 'SIGNED_ANOTHER') return null
  return (
    <label className="check">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />
      Sign this one instead: the other one is given up, and its holders must be told
    </label>
  )
}
