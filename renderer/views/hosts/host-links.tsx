import type { ReactElement } from 'react'
import type { HostUpdate } from '../../../protocol/control/window.ts'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Known } from '../../components/values.tsx'
import { countOf, formatDuration } from '../../state/format.ts'
import { measuredText } from '../../state/network.ts'
import { showText } from '../../state/text.ts'

/** Which sites a host reaches, by its own words. */
export function HostLinks({ update }: { readonly update: HostUpdate }): ReactElement {
  const { neighbours, links } = update
  return (
    <section aria-label="Peers">
      <h3>Peers, as it says</h3>
      {neighbours === null ? (
        <p className="quiet">
          {update.heardMs === null ? 'It never said a word.' : 'Its agent does not tell its links.'}
        </p>
      ) : (
        <p className="quiet">
          {neighbours === 0 ? 'No neighbour' : countOf(neighbours, 'neighbour')} at its own site
          {links.length === 0 && ', and no connection to another'}.
        </p>
      )}
      {links.length > 0 && (
        <SimpleTable
          label="Other sites that it reaches"
          tight
          rows={links}
          keyOf={({ site }) => site}
          columns={[
            { title: 'Other site', render: ({ site }) => showText(site, { max: 40 }) },
            {
              title: 'Way',
              render: ({ relayed, peers, more }) => (
                <>
                  <span className={relayed ? 'held' : undefined}>{relayed ? 'relayed' : 'direct'}</span>
                  <span className="quiet">
                    {' '}
                    × {peers}
                    {more && ' or more'}
                  </span>
                </>
              ),
            },
            {
              title: 'Round trip',
              numeric: true,
              render: ({ roundTripMs }) => <Known value={roundTripMs} format={formatDuration} />,
            },
            {
              title: 'Measured',
              numeric: true,
              render: ({ rate }) => (rate === null ? <span className="quiet">–</span> : measuredText(rate)),
            },
          ]}
        />
      )}
    </section>
  )
}
