import type { ReactElement } from 'react'
import type { HostsUpdate } from '../../../protocol/control/window.ts'
import { ShapeMark } from '../../components/state-mark.tsx'
import { formatCount } from '../../state/format.ts'
import { MARK_ORDER, MARKS } from '../../state/mark.ts'
import { type FacetValue, hasValue, toggleValue } from '../../state/query-edit.ts'
import { showText } from '../../state/text.ts'

/** Values of one facet that are shown; the rest is found by typing. */
const SHOWN = 12

/** What the found hosts have in common: each value narrows the query, or takes itself out of it again. */
export function HostFacets({
  update,
  query,
  onChange,
}: {
  readonly update: HostsUpdate | undefined
  readonly query: string
  readonly onChange: (query: string) => void
}): ReactElement {
  const row = (facet: FacetValue, text: string, count: number, mark?: ReactElement): ReactElement => {
    const on = hasValue(query, facet)
    return (
      <li key={text}>
        <button type="button" className="facet" aria-pressed={on} onClick={() => onChange(toggleValue(query, facet))}>
          {mark}
          <span className="clip grow">{showText(text, { max: 60 })}</span>
          <span className="quiet">{formatCount(count)}</span>
        </button>
      </li>
    )
  }
  const counts = update?.counts
  return (
    <aside className="facets panel" aria-label="Facets">
      <h2>State</h2>
      <ul>
        {counts !== undefined &&
          MARK_ORDER.filter((state) => counts[state] > 0 || hasValue(query, { key: 'is', value: state })).map((state) =>
            row(
              { key: 'is', value: state },
              MARKS[state].word,
              counts[state],
              <span className={`row ${MARKS[state].tone}`}>
                <ShapeMark shape={MARKS[state].shape} />
              </span>,
            ),
          )}
      </ul>
      <h2>Site</h2>
      <ul>
        {(update?.sites ?? [])
          .toSorted((a, b) => b.hosts - a.hosts)
          .slice(0, SHOWN)
          .map(({ site, hosts }) => row({ key: 'site', value: site }, site, hosts))}
      </ul>
      <h2>Release</h2>
      <ul>
        {(update?.releases ?? [])
          .slice(0, SHOWN)
          .map(({ channel, sequence, hosts }) =>
            row({ key: 'release', value: sequence }, `${channel}@${sequence === 0 ? 'none' : sequence}`, hosts),
          )}
      </ul>
    </aside>
  )
}
