import type { ReactElement } from 'react'
import type { PreviewReach, PreviewSite } from '../../../protocol/control/window.ts'
import { SimpleTable } from '../../components/simple-table.tsx'
import { WaveEditor } from '../../components/wave-editor.tsx'
import { Bytes } from '../../components/values.tsx'
import { countOf, formatBytes, formatDuration } from '../../state/format.ts'
import { useAnswer } from '../../state/hooks.ts'
import { reachText } from '../../state/publish.ts'
import { showText } from '../../state/text.ts'
import { waveProblem, waveSpec } from '../../state/waves.ts'
import { ProcessList } from '../hosts/process-list.tsx'
import type { StepProps } from './types.ts'

/** Whom it reaches and in which order, what crosses each uplink, and what it will disturb. */
export function HowStep({ draft, preview, onChange, onNext, onBack }: StepProps): ReactElement {
  const reach = preview.value?.result?.reach
  const specs = draft.waves.map(waveSpec)
  const wrong = draft.waves.some((wave, place) => waveProblem(wave, draft.waves.slice(0, place)) !== undefined)
  const waves = useAnswer(`waves ${draft.channel} ${JSON.stringify(specs)}`, (client, signal) =>
    client.call('previewWaves', { channel: draft.channel, waves: specs }, { signal }),
  )
  return (
    <>
      <div className="row wrap changes-head">
        <p className="grow">{reach !== undefined && reachText(reach.sites)}</p>
        <div className="row">
          <button type="button" className="button" onClick={onBack}>
            Back
          </button>
          <button
            type="button"
            className="button primary"
            disabled={wrong || waves.phase === 'failed'}
            onClick={onNext}
          >
            Next: sign
          </button>
        </div>
      </div>
      <div className="columns">
        <section className="panel" aria-labelledby="how-waves">
          <header>
            <h2 id="how-waves">Who first</h2>
          </header>
          <div className="body">
            <WaveEditor waves={draft.waves} onChange={(next) => onChange({ waves: next })} preview={waves} />
          </div>
        </section>
        {reach !== undefined && <Reach reach={reach} />}
      </div>
    </>
  )
}

const BASIS = {
  deltas: 'by what deltas saved before',
  chunks: 'new content, before deltas',
  whole: 'all content',
} as const satisfies Record<PreviewSite['basis'], string>

function Reach({ reach }: { readonly reach: PreviewReach }): ReactElement {
  return (
    <div className="stack">
      <section className="panel" aria-labelledby="how-bytes">
        <header>
          <h2 id="how-bytes">Over each uplink, once</h2>
          <span className="quiet small">
            {formatBytes(reach.sites.reduce((sum, site) => sum + site.bytes, 0))} in all, estimated
          </span>
        </header>
        {reach.sites.length === 0 ? (
          <p className="quiet pad">No host has this channel as a target yet.</p>
        ) : (
          <SimpleTable
            label="Bytes by site"
            rows={reach.sites}
            keyOf={(site) => site.site}
            columns={[
              {
                title: 'Site',
                render: (site) => (
                  <>
                    {site.site}
                    {site.exceeds !== null && <p className="held small">{showText(site.exceeds, { max: 200 })}</p>}
                  </>
                ),
              },
              {
                title: 'Hosts',
                numeric: true,
                render: (site) => (
                  <>
                    {site.hosts}
                    {site.offline > 0 && <span className="quiet"> ({site.offline} away)</span>}
                  </>
                ),
              },
              {
                title: 'Bytes',
                numeric: true,
                render: (site) => (
                  <>
                    <Bytes value={site.bytes} />
                    <p className="quiet small">{BASIS[site.basis]}</p>
                  </>
                ),
              },
            ]}
          />
        )}
      </section>
      <section className="panel" aria-labelledby="how-live">
        <header>
          <h2 id="how-live">On the live trees</h2>
        </header>
        <div className="body stack tight">
          <p>
            {reach.windowMs === null
              ? 'No commit of these hosts is known: the window cannot be told.'
              : `Predicted window: up to ${formatDuration(reach.windowMs)} (${reach.windowBasis ?? ''}).`}
          </p>
          <p>
            {reach.staleBefore === 0
              ? 'No host had stale processes after releases that changed the same paths.'
              : `${countOf(reach.staleBefore, 'host')} had stale processes after releases that changed the same paths.`}
          </p>
          {reach.atRisk === null ? (
            <p className="quiet">This host has no target of the channel, so its own processes say nothing.</p>
          ) : reach.atRisk.length === 0 ? (
            <p className="quiet">No process of this host uses what is replaced.</p>
          ) : (
            <ProcessList
              title="of this host would run on what is replaced"
              processes={reach.atRisk}
              nowMs={Date.now()}
            />
          )}
        </div>
      </section>
    </div>
  )
}
