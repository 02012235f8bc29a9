import type { ReactElement } from 'react'
import type { RolloutUpdate } from '../../../protocol/control/window.ts'
import { Bytes, Foreign, Moment } from '../../components/values.tsx'
import { formatBytes, formatShare } from '../../state/format.ts'
import { sourcesOf, stepText } from '../../state/rollout.ts'
import { signersText } from '../../state/signers.ts'

/** Where the bytes came from, as hosts report it, and what people did with the rollout. */
export function Sources({ update, nowMs }: { readonly update: RolloutUpdate; readonly nowMs: number }): ReactElement {
  const lines = sourcesOf(update.bytes)
  const total = lines.reduce((sum, line) => sum + line.bytes, 0)
  return (
    <div className="stack">
      <section className="panel" aria-labelledby="rollout-bytes">
        <header>
          <h2 id="rollout-bytes">Where the bytes came from</h2>
          <span className="quiet small">{formatBytes(total)} in all</span>
        </header>
        <div className="body stack tight">
          {lines.map((line) => (
            <div key={line.text} className="source-line">
              <span>{line.text}</span>
              <span className="num">
                <Bytes value={line.bytes} />
              </span>
              <span className="num quiet">{formatShare(line.bytes, total)}</span>
              <span className="bar" aria-hidden="true">
                {line.bytes > 0 && (
                  <span className={line.tone} style={{ inlineSize: `${(100 * line.bytes) / total}%` }} />
                )}
              </span>
            </div>
          ))}
          <p className="quiet small">
            <Bytes value={update.bytes.reused} /> were there already and reused; <Bytes value={update.bytes.wasted} />{' '}
            were received in vain.
          </p>
        </div>
      </section>
      <section className="panel" aria-labelledby="rollout-steps">
        <header>
          <h2 id="rollout-steps">What was done with it</h2>
        </header>
        {update.steps.length === 0 ? (
          <p className="quiet pad">Nobody paused, opened or approved anything.</p>
        ) : (
          <ul className="list">
            {update.steps.map((step) => (
              <li key={`${step.atMs} ${step.what}`}>
                <div className="row spread">
                  <span className="grow">
                    {stepText(step)}
                    {step.text !== '' && (
                      <>
                        : <Foreign text={step.text} max={200} />
                      </>
                    )}
                  </span>
                  <span className="quiet small">
                    <Moment atMs={step.atMs} nowMs={nowMs} />
                  </span>
                </div>
                <p className="quiet small clip">by {signersText(step.by)}</p>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
