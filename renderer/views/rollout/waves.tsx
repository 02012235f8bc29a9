import type { ReactElement } from 'react'
import type { GateView, RolloutUpdate, WaveView } from '../../../protocol/control/window.ts'
import { Icon } from '../../components/icon.tsx'
import { ShapeMark } from '../../components/state-mark.tsx'
import { Moment } from '../../components/values.tsx'
import { formatCount } from '../../state/format.ts'
import { hostsHref } from '../../state/route.ts'
import { waveName } from '../../state/rollout.ts'
import { showText } from '../../state/text.ts'
import type { Shape, Tone } from '../../state/mark.ts'

const LOOKS: Readonly<
  Record<WaveView['state'], { readonly word: string; readonly shape: Shape; readonly tone: Tone }>
> = {
  done: { word: 'done', shape: 'disc', tone: 'good' },
  open: { word: 'open', shape: 'half', tone: 'busy' },
  next: { word: 'next', shape: 'ring', tone: 'wait' },
  later: { word: 'later', shape: 'ring', tone: 'wait' },
  paused: { word: 'paused', shape: 'bars', tone: 'held' },
}

/** The waves in order, with the gates between them. */
export function Waves({ update, nowMs }: { readonly update: RolloutUpdate; readonly nowMs: number }): ReactElement {
  if (update.superseded) return <p className="quiet">No host begins it any more.</p>
  if (update.waves.length === 0) return <p className="quiet">It goes to every host at once: there are no waves.</p>
  return (
    <ol className="waves" aria-label="Waves">
      {update.waves.map((wave, place) => (
        <li key={wave.number} className="wave-step">
          <div className={`panel wave ${wave.state}`} aria-current={wave.state === 'open' ? 'step' : undefined}>
            <div className="row spread">
              <h2 className="break">
                <span className="quiet">{wave.number}</span> {showText(waveName(wave), { max: 60 })}
              </h2>
              <span className="mark">
                <span className={`row ${LOOKS[wave.state].tone}`}>
                  <ShapeMark shape={LOOKS[wave.state].shape} />
                </span>
                {LOOKS[wave.state].word}
              </span>
            </div>
            <p>
              <a href={hostsHref(`${wave.query} is:current`.trim(), update.channel)}>{formatCount(wave.converged)}</a>
              <span className="quiet"> of </span>
              <a href={hostsHref(wave.query, update.channel)}>{formatCount(wave.hosts)}</a>
              <span className="quiet"> proved</span>
              {wave.failed > 0 && (
                <>
                  {' · '}
                  <a
                    className="bad"
                    href={hostsHref(`${wave.query} is:failed,rolled-back,drifted`.trim(), update.channel)}
                  >
                    {formatCount(wave.failed)} failed
                  </a>
                </>
              )}
            </p>
            <p className="quiet small">
              {wave.number > (update.summary?.wave ?? 0) ? (
                'not open yet'
              ) : wave.openedMs === null ? (
                'open'
              ) : (
                <>
                  open since <Moment atMs={wave.openedMs} nowMs={nowMs} />
                </>
              )}
            </p>
          </div>
          {place < update.waves.length - 1 && <Gates gates={wave.gates} nowMs={nowMs} />}
        </li>
      ))}
    </ol>
  )
}

function Gates({ gates, nowMs }: { readonly gates: readonly GateView[]; readonly nowMs: number }): ReactElement {
  return (
    <ul className="gates" aria-label="Gates before the next wave">
      {gates.map((gate) => (
        <li key={gate.kind} className={gate.met ? 'good' : 'held'}>
          <Icon
            name={
              gate.met ? 'check' : gate.kind === 'time' ? 'clock' : gate.kind === 'approval' ? 'access' : 'rollouts'
            }
            size={12}
          />
          <span>
            {showText(gate.text, { max: 100 })}
            <span className="visually-hidden">{gate.met ? ', met' : ', not met yet'}</span>
            {gate.metByMs !== null && !gate.met && (
              <>
                {' '}
                by <Moment atMs={gate.metByMs} nowMs={nowMs} />
              </>
            )}
          </span>
        </li>
      ))}
      {gates.length === 0 && <li className="quiet">no gate</li>}
    </ul>
  )
}
